//! Statements and the braces around them.
use super::item::{attribute_doc, first_offset};
use super::layout::Doc;
use super::{CommaList, Entry, Printer};
use crate::Span;
use crate::ast::{
    Attribute, Body, Check, CheckStatementKind, Declaration, ElementType, Ident, Let, Pattern, StatementKind,
    TensorType, Train, TrainStatement, TrainStatementKind,
};

impl Printer<'_> {
    /// `{ … }` with statements and perhaps a result.
    pub(super) fn body(&mut self, body: &Body) -> Doc {
        let mut entries = Vec::new();
        for statement in &body.statements {
            let start = first_offset(&statement.attributes, statement.span);
            self.comment_entries(start, &mut entries);
            let document = self.statement_kind(&statement.kind);
            entries.push(self.entry(&statement.attributes, start, statement.span.end, document));
        }
        if let Some(result) = &body.result {
            self.comment_entries(result.span.start, &mut entries);
            let document = self.expression(result);
            entries.push(self.entry(&[], result.span.start, result.span.end, document));
        }
        self.braces(body.span, entries, None)
    }

    pub(super) fn check_body(&mut self, check: &Check) -> Doc {
        let mut entries = Vec::new();
        for statement in &check.statements {
            let start = first_offset(&statement.attributes, statement.span);
            self.comment_entries(start, &mut entries);
            let document = match &statement.kind {
                CheckStatementKind::Let(statement) => self.let_statement(statement),
                CheckStatementKind::Assert(value) => Doc::concat(vec![self.expression(value), Doc::text(";")]),
                CheckStatementKind::Bad(_) => Doc::text(""),
            };
            entries.push(self.entry(&statement.attributes, start, statement.span.end, document));
        }
        self.braces(check.span, entries, None)
    }

    /// Settings in a row are aligned at their `=`.
    pub(super) fn train_body(&mut self, train: &Train) -> Doc {
        let widths = self.key_widths(&train.statements);
        let mut entries = Vec::new();
        for (statement, width) in train.statements.iter().zip(widths) {
            let start = first_offset(&statement.attributes, statement.span);
            self.comment_entries(start, &mut entries);
            let document = match &statement.kind {
                TrainStatementKind::Target(declaration) => self.declaration("target", declaration, None),
                TrainStatementKind::Let(statement) => self.let_statement(statement),
                TrainStatementKind::Setting { key, value } => {
                    let padding = " ".repeat(width.saturating_sub(key.text.len()));
                    let key = self.ident(key);
                    let value = self.expression(value);
                    Doc::concat(vec![key, Doc::IfBroken(padding), Doc::text(" = "), value, Doc::text(";")])
                }
                TrainStatementKind::Bad(_) => Doc::text(""),
            };
            entries.push(self.entry(&statement.attributes, start, statement.span.end, document));
        }
        self.braces(train.span, entries, None)
    }

    /// For each statement the longest key of the run of settings that it belongs to.
    fn key_widths(&self, statements: &[TrainStatement]) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::with_capacity(statements.len());
        let mut run = 0;
        for (index, statement) in statements.iter().enumerate() {
            let TrainStatementKind::Setting { key, .. } = &statement.kind else {
                widths.push(0);
                run = index + 1;
                continue;
            };
            let earlier = index.checked_sub(1).and_then(|before| statements.get(before));
            if earlier.is_some_and(|before| self.has_blank_line(before.span.end, statement.span.start)) {
                run = index;
            }
            let width = widths.get(run).copied().unwrap_or(0).max(key.text.len());
            widths.push(width);
            if widths[run] < width {
                widths[run..].fill(width);
            }
        }
        widths
    }

    fn has_blank_line(&self, start: u32, end: u32) -> bool {
        let text = self.source.text().get(start as usize..end as usize).unwrap_or("");
        let mut lines = text.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            if lines.peek().is_some() && line.trim().is_empty() {
                return true;
            }
        }
        false
    }

    fn entry(&mut self, attributes: &[Attribute], start: u32, end: u32, document: Doc) -> Entry {
        let mut parts = Vec::new();
        for attribute in attributes {
            parts.push(attribute_doc(attribute));
            parts.push(Doc::Line);
        }
        parts.push(document);
        parts.push(self.trailing_comments(end, ';'));
        Entry { start, end, document: Doc::concat(parts), is_comment: false }
    }

    /// Lines in braces; an empty line between two stays, several become one.
    pub(super) fn braces(&mut self, span: Span, mut entries: Vec<Entry>, group: Option<usize>) -> Doc {
        let closing = span.end.saturating_sub(1);
        self.comment_entries(closing, &mut entries);
        if entries.is_empty() {
            return Doc::text("{}");
        }
        let mut inner = vec![Doc::Line];
        let mut previous: Option<u32> = None;
        for entry in entries {
            if let Some(end) = previous {
                inner.push(if self.breaks(end, entry.start) > 1 { Doc::Blank } else { Doc::Line });
            }
            previous = Some(entry.end);
            inner.push(entry.document);
        }
        let parts = vec![Doc::text("{"), Doc::Indent(Box::new(Doc::concat(inner))), Doc::Line, Doc::text("}")];
        Doc::bracketed(group, self.is_broken(span.start, span.end), parts)
    }

    fn statement_kind(&mut self, kind: &StatementKind) -> Doc {
        match kind {
            StatementKind::Input(declaration) => self.declaration("input", declaration, None),
            StatementKind::Let(statement) => self.let_statement(statement),
            StatementKind::Layer { name, value } => {
                let name = self.ident(name);
                let value = self.stage(value);
                Doc::concat(vec![Doc::text("layer "), name, Doc::text(" = "), value, Doc::text(";")])
            }
            StatementKind::Param { declaration, init } => self.declaration("param", declaration, init.as_ref()),
            StatementKind::Output { name, value } => self.binding("output", name, value),
            StatementKind::Return(value) => {
                Doc::concat(vec![Doc::text("return "), self.expression(value), Doc::text(";")])
            }
            StatementKind::If(branches) => self.if_value(branches),
            StatementKind::Value(value) => Doc::concat(vec![self.expression(value), Doc::text(";")]),
            StatementKind::Bad(_) => Doc::text(""),
        }
    }

    fn binding(&mut self, keyword: &str, name: &Ident, value: &crate::ast::Expr) -> Doc {
        let name = self.ident(name);
        let value = self.expression(value);
        Doc::concat(vec![Doc::text(format!("{keyword} ")), name, Doc::text(" = "), value, Doc::text(";")])
    }

    fn let_statement(&mut self, statement: &Let) -> Doc {
        let pattern = self.pattern(&statement.pattern);
        let value = self.expression(&statement.value);
        Doc::concat(vec![Doc::text("let "), pattern, Doc::text(" = "), value, Doc::text(";")])
    }

    fn declaration(&mut self, keyword: &str, declaration: &Declaration, init: Option<&crate::ast::Expr>) -> Doc {
        let name = self.ident(&declaration.name);
        let ty = self.tensor_type(&declaration.ty);
        let mut parts = vec![Doc::text(format!("{keyword} ")), name, Doc::text(": "), ty];
        if let Some(init) = init {
            parts.push(Doc::text(" = "));
            parts.push(self.expression(init));
        }
        parts.push(Doc::text(";"));
        Doc::concat(parts)
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern) -> Doc {
        match pattern {
            Pattern::Name(name) => self.ident(name),
            Pattern::Tuple { names, span } => {
                let closing = span.end.saturating_sub(1);
                let breaks = self.gaps(span.start, names.iter().map(|name| name.span), closing);
                let items: Vec<_> =
                    names.iter().map(|name| (self.ident(name), self.trailing_comments(name.span.end, ','))).collect();
                self.comma_list(CommaList { open: "(", close: ")", padded: false, items, breaks, dense: true, closing })
            }
        }
    }

    fn tensor_type(&mut self, ty: &TensorType) -> Doc {
        let mut parts = vec![self.comments_before(ty.span.start)];
        let word = match ty.element {
            None => "",
            Some(ElementType::F32) => "float",
            Some(ElementType::F64) => "f64",
            Some(ElementType::Bool) => "bool",
            Some(ElementType::Int) => "int",
        };
        // `f32` and `float` are the same type; the author's word stays.
        let word = if self.source.slice(ty.span).starts_with("f32") { "f32" } else { word };
        parts.push(Doc::text(word));
        if let Some(dims) = &ty.dims {
            parts.push(Doc::text("["));
            for (index, extent) in dims.iter().enumerate() {
                if index > 0 {
                    parts.push(Doc::text(", "));
                }
                if let Some(axis) = &extent.axis {
                    parts.push(self.ident(axis));
                    parts.push(Doc::text(" = "));
                }
                parts.push(self.expression(&extent.size));
            }
            parts.push(Doc::text("]"));
        }
        if let Some(range) = &ty.range {
            let (start, end) = &**range;
            parts.push(Doc::text(" in "));
            parts.push(self.expression(start));
            parts.push(Doc::text(".."));
            parts.push(self.expression(end));
        }
        Doc::concat(parts)
    }
}
