//! Files, items and their heads.
use super::layout::Doc;
use super::{CommaList, Entry, Printer};
use crate::Span;
use crate::ast::{Ast, Attribute, Definition, Ident, Item, ItemKind, Parameter, ParameterType};

impl Printer<'_> {
    pub(super) fn file(&mut self, ast: &Ast) -> Doc {
        let mut parts = Vec::new();
        let mut previous: Option<(u32, bool, bool)> = None;
        for item in &ast.items {
            let start = first_offset(&item.attributes, item.span);
            let mut entries = Vec::new();
            self.comment_entries(start, &mut entries);
            let document = self.item(item);
            entries.push(Entry { start, end: item.span.end, document, is_comment: false });
            let is_import = matches!(item.kind, ItemKind::Import(_));
            for entry in entries {
                self.top_level(entry, is_import, &mut previous, &mut parts);
            }
            parts.push(self.trailing_comments(item.span.end, ';'));
        }
        let mut entries = Vec::new();
        self.comment_entries(u32::MAX, &mut entries);
        for entry in entries {
            self.top_level(entry, false, &mut previous, &mut parts);
        }
        Doc::concat(parts)
    }

    /// Adds an item or a comment; items stand apart, except imports.
    fn top_level(&self, entry: Entry, is_import: bool, previous: &mut Option<(u32, bool, bool)>, parts: &mut Vec<Doc>) {
        if let Some((end, was_comment, was_import)) = *previous {
            let apart = self.breaks(end, entry.start) > 1;
            let together = was_comment || (was_import && is_import && !entry.is_comment);
            parts.push(if apart || !together { Doc::Blank } else { Doc::Hard });
        }
        *previous = Some((entry.end, entry.is_comment, is_import && !entry.is_comment));
        parts.push(entry.document);
    }

    fn item(&mut self, item: &Item) -> Doc {
        let mut parts = Vec::new();
        for attribute in &item.attributes {
            parts.push(attribute_doc(attribute));
            parts.push(Doc::Hard);
        }
        match &item.kind {
            ItemKind::Import(import) => {
                parts.extend([Doc::text("import "), Doc::Raw(self.raw(import.span)), Doc::text(";")]);
            }
            ItemKind::Network(definition) => parts.push(self.definition("network", definition)),
            ItemKind::Block(definition) => parts.push(self.definition("block", definition)),
            ItemKind::Train(train) => {
                parts.push(self.head("train", train.network.as_ref()));
                parts.push(self.train_body(train));
            }
            ItemKind::Check(check) => {
                parts.push(self.head("check", check.network.as_ref()));
                parts.push(self.check_body(check));
            }
            ItemKind::Bad(_) => {}
        }
        Doc::concat(parts)
    }

    fn head(&mut self, keyword: &str, network: Option<&Ident>) -> Doc {
        match network {
            Some(name) => {
                let name = self.ident(name);
                Doc::concat(vec![Doc::text(format!("{keyword} ")), name, Doc::text(" ")])
            }
            None => Doc::text(format!("{keyword} ")),
        }
    }

    fn definition(&mut self, keyword: &str, definition: &Definition) -> Doc {
        let mut parts = vec![Doc::text(format!("{keyword} ")), self.ident(&definition.name)];
        if let (Some(first), Some(last)) = (definition.parameters.first(), definition.parameters.last()) {
            let spans = definition.parameters.iter().map(|parameter| parameter.span);
            let body = definition.body.span.start;
            let mut breaks = self.gaps(definition.name.span.end, spans, body);
            if let Some(before_body) = breaks.last_mut() {
                *before_body = self.is_broken(last.span.end, self.closing_before(last.span.end, body));
            }
            let after_doc = self.comments.get(self.next).is_some_and(|comment| comment.span.start < first.span.start);
            if let Some(first_gap) = breaks.first_mut().filter(|_| after_doc) {
                *first_gap = true;
            }
            let items = definition.parameters.iter().map(|parameter| self.parameter(parameter)).collect();
            let closing = self.closing_before(last.span.end, body);
            let list = CommaList { open: "(", close: ")", padded: false, items, breaks, dense: false, closing };
            parts.push(self.comma_list(list));
        }
        parts.push(Doc::text(" "));
        parts.push(self.body(&definition.body));
        Doc::concat(parts)
    }

    /// Offset of the last `)` between two offsets.
    fn closing_before(&self, start: u32, end: u32) -> u32 {
        let text = self.source.text().get(start as usize..end as usize).unwrap_or("");
        text.rfind(')').and_then(|at| u32::try_from(at).ok()).map_or(end, |at| start + at)
    }

    fn parameter(&mut self, parameter: &Parameter) -> (Doc, Doc) {
        let mut parts = vec![self.ident(&parameter.name)];
        if let Some(ty) = parameter.ty {
            let word = match ty {
                ParameterType::Int => "int",
                ParameterType::Float => "float",
                ParameterType::Bool => "bool",
                ParameterType::String => "string",
                ParameterType::List => "list",
            };
            parts.push(Doc::text(format!(": {word}")));
        }
        if let Some(default) = &parameter.default {
            parts.push(Doc::text(" = "));
            parts.push(self.expression(default));
        }
        (Doc::concat(parts), self.trailing_comments(parameter.span.end, ','))
    }

    /// The source under a span as it is, with LF for line breaks.
    pub(super) fn raw(&self, span: Span) -> String {
        self.source.slice(span).replace("\r\n", "\n")
    }
}

/// `#[allow(W0203)]`
pub(super) fn attribute_doc(attribute: &Attribute) -> Doc {
    let words: Vec<_> = attribute.arguments.iter().map(|word| word.text.as_str()).collect();
    Doc::text(format!("#[{}({})]", attribute.name.text, words.join(", ")))
}

/// Where a node starts, its attributes included.
pub(super) fn first_offset(attributes: &[Attribute], span: Span) -> u32 {
    attributes.first().map_or(span.start, |attribute| attribute.span.start)
}
