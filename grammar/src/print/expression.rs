//! Expressions.
use super::layout::Doc;
use super::{CommaList, Printer};
use crate::Span;
use crate::ast::{
    Access, Arg, Body, Call, Expr, ExprKind, For, If, Infix, InfixOp, MapEntry, Number, NumberValue, Precedence,
    Prefix, PrefixOp, Unit,
};

impl Printer<'_> {
    pub(super) fn expression(&mut self, value: &Expr) -> Doc {
        let comments = self.comments_before(value.span.start);
        let document = self.expression_kind(value);
        Doc::concat(vec![comments, document])
    }

    fn expression_kind(&mut self, value: &Expr) -> Doc {
        match &value.kind {
            ExprKind::Number(number) => Doc::text(self.number(*number, value.span)),
            ExprKind::Bool(value) => Doc::text(value.to_string()),
            ExprKind::String(_) => Doc::Raw(self.raw(value.span)),
            ExprKind::Name(name) => Doc::text(name.text.clone()),
            ExprKind::Access { base, path } => self.access(base, path),
            ExprKind::Call(call) => self.call(call),
            ExprKind::Labelled { label, value } => {
                let label = self.ident(label);
                let value = self.expression(value);
                Doc::concat(vec![label, Doc::text(": "), value])
            }
            ExprKind::List(items) => self.items("[", "]", items, value.span),
            ExprKind::Tuple(items) if items.len() == 1 => {
                let mut parts = vec![Doc::text("(")];
                parts.extend(items.iter().map(|item| self.expression(item)));
                parts.push(self.comments_before(value.span.end));
                parts.push(Doc::text(",)"));
                Doc::concat(parts)
            }
            ExprKind::Tuple(items) => self.items("(", ")", items, value.span),
            ExprKind::Map(entries) => self.map(entries, value.span),
            ExprKind::Paren(inner) => self.parentheses(inner, value.span),
            ExprKind::If(branches) => self.if_value(branches),
            ExprKind::For(turns) => self.for_value(turns),
            ExprKind::Body(body) => self.body(body),
            ExprKind::Prefixed { prefixes, value } => self.prefixed(prefixes, value),
            ExprKind::Infixed { first, rest } => self.infixed(first, rest),
            ExprKind::Chain(chain) => {
                let head = self.expression(&chain.head);
                let head = Doc::concat(vec![head, self.trailing_comments(chain.head.span.end, ' ')]);
                self.stages(Some((head, chain.head.span)), &chain.stages)
            }
        }
    }

    /// The digits as written; counts and `%` stand directly before their unit, others with a blank.
    fn number(&self, number: Number, span: Span) -> String {
        let text = self.source.slice(span);
        let digits = text.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or("");
        let letters = |letter: char| letter.is_ascii_alphabetic() || letter == '%';
        let Some(unit) = number.unit else { return digits.to_owned() };
        let numeral = digits.trim_end_matches(letters);
        let spelling = &text[text.trim_end_matches(letters).len()..];
        let numeral = match number.value {
            NumberValue::Int(_) | NumberValue::Float(_) if numeral.is_empty() => digits,
            _ => numeral,
        };
        match unit {
            Unit::Percent | Unit::Thousand | Unit::Million | Unit::Billion | Unit::Trillion => {
                format!("{numeral}{spelling}")
            }
            Unit::Bytes(_) | Unit::Epochs | Unit::Steps => format!("{numeral} {spelling}"),
        }
    }

    fn access(&mut self, base: &Expr, path: &[Access]) -> Doc {
        let mut parts = vec![self.expression(base)];
        for access in path {
            match access {
                Access::Member(name) => {
                    parts.push(self.comments_before(name.span.start));
                    parts.push(Doc::text(format!(".{}", name.text)));
                }
                Access::Index { index, .. } => {
                    parts.push(Doc::text("["));
                    parts.push(self.expression(index));
                    parts.push(Doc::text("]"));
                }
            }
        }
        Doc::concat(parts)
    }

    /// `f(x, a = 1)`; the parentheses stand even when empty.
    pub(super) fn call(&mut self, call: &Call) -> Doc {
        let callee = self.callee(call);
        let arguments = self.arguments(call);
        Doc::concat(vec![callee, arguments])
    }

    pub(super) fn callee(&mut self, call: &Call) -> Doc {
        let comments = self.comments_before(call.callee.span.end);
        let names: Vec<_> = call.callee.segments.iter().map(|segment| segment.text.as_str()).collect();
        Doc::concat(vec![comments, Doc::text(names.join("."))])
    }

    pub(super) fn arguments(&mut self, call: &Call) -> Doc {
        let closing = call.span.end.saturating_sub(1);
        if call.arguments.is_empty() {
            return Doc::concat(vec![Doc::text("("), self.comments_before(closing), Doc::text(")")]);
        }
        let open = self.offset_of("(", call.callee.span.end, call.span.end);
        let breaks = self.gaps(open, call.arguments.iter().map(|argument| argument.span), closing);
        let items = call.arguments.iter().map(|argument| self.argument(argument)).collect();
        self.comma_list(CommaList { open: "(", close: ")", padded: false, items, breaks, dense: false, closing })
    }

    fn offset_of(&self, mark: &str, start: u32, end: u32) -> u32 {
        let text = self.source.text().get(start as usize..end as usize).unwrap_or("");
        text.find(mark).and_then(|at| u32::try_from(at).ok()).map_or(start, |at| start + at)
    }

    fn argument(&mut self, argument: &Arg) -> (Doc, Doc) {
        let mut parts = Vec::new();
        if let Some(name) = &argument.name {
            parts.push(self.ident(name));
            parts.push(Doc::text(" = "));
        }
        parts.push(self.expression(&argument.value));
        (Doc::concat(parts), self.trailing_comments(argument.span.end, ','))
    }

    fn items(&mut self, open: &'static str, close: &'static str, items: &[Expr], span: Span) -> Doc {
        let closing = span.end.saturating_sub(1);
        if items.is_empty() {
            return Doc::concat(vec![Doc::text(open), self.comments_before(closing), Doc::text(close)]);
        }
        let breaks = self.gaps(span.start, items.iter().map(|item| item.span), closing);
        let dense = items.iter().all(is_plain);
        let items =
            items.iter().map(|item| (self.expression(item), self.trailing_comments(item.span.end, ','))).collect();
        self.comma_list(CommaList { open, close, padded: false, items, breaks, dense, closing })
    }

    fn map(&mut self, entries: &[MapEntry], span: Span) -> Doc {
        let closing = span.end.saturating_sub(1);
        if entries.is_empty() {
            return Doc::concat(vec![Doc::text("{"), self.comments_before(closing), Doc::text("}")]);
        }
        let breaks = self.gaps(span.start, entries.iter().map(|entry| entry.key_span.to(entry.value.span)), closing);
        let mut items = Vec::new();
        for entry in entries {
            let comments = self.comments_before(entry.key_span.start);
            let value = self.expression(&entry.value);
            let document = Doc::concat(vec![comments, Doc::Raw(self.raw(entry.key_span)), Doc::text(": "), value]);
            items.push((document, self.trailing_comments(entry.value.span.end, ',')));
        }
        self.comma_list(CommaList { open: "{", close: "}", padded: true, items, breaks, dense: false, closing })
    }

    fn parentheses(&mut self, inner: &Expr, span: Span) -> Doc {
        let closing = span.end.saturating_sub(1);
        let forced = self.is_broken(span.start, inner.span.start) || self.is_broken(inner.span.end, closing);
        let value = self.expression(inner);
        let trailing = self.trailing_comments(inner.span.end, ' ');
        let comments = self.comments_before(closing);
        let content = Doc::concat(vec![Doc::Soft, value, trailing, comments]);
        Doc::bracketed(None, forced, vec![Doc::text("("), Doc::Indent(Box::new(content)), Doc::Soft, Doc::text(")")])
    }

    /// Branches of statements. Where the source starts a line with `else`, it stands under its
    /// `if`, unless the braces before it are broken.
    pub(super) fn if_value(&mut self, branches: &If<Body>) -> Doc {
        let arms = branches.arms.iter().map(|arm| (&arm.condition, &arm.body, arm.body.span));
        let otherwise = branches.otherwise.as_ref().map(|body| (body, body.span));
        self.branches(arms, otherwise, |printer, body, group| {
            let document = printer.body(body);
            with_id(document, group)
        })
    }

    /// `if … { … } else if … { … } else { … }` for both kinds of braces.
    pub(super) fn branches<'b, B: 'b>(
        &mut self,
        arms: impl Iterator<Item = (&'b Expr, &'b B, Span)>,
        otherwise: Option<(&'b B, Span)>,
        print: impl Fn(&mut Self, &'b B, usize) -> Doc,
    ) -> Doc {
        let mark = self.new_mark();
        let mut parts = vec![Doc::Mark(mark)];
        let mut previous: Option<(Span, usize)> = None;
        let bodies = arms.map(|(condition, body, span)| (Some(condition), body, span));
        for (condition, body, span) in bodies.chain(otherwise.map(|(body, span)| (None, body, span))) {
            if let Some((before, group)) = previous {
                let next = condition.map_or(span.start, |condition| condition.span.start);
                let own_line = self.is_broken(before.end, self.offset_of("else", before.end, next));
                parts.push(if own_line { Doc::BreakToMark { group, mark } } else { Doc::text(" ") });
                parts.push(Doc::text("else "));
            }
            if let Some(condition) = condition {
                parts.push(Doc::text("if "));
                parts.push(self.expression(condition));
                parts.push(Doc::text(" "));
            }
            let group = self.new_group();
            parts.push(print(self, body, group));
            previous = Some((span, group));
        }
        Doc::concat(parts)
    }

    fn for_value(&mut self, turns: &For<Body>) -> Doc {
        let head = self.for_head(&turns.pattern, &turns.list);
        let body = self.body(&turns.body);
        Doc::concat(vec![head, body])
    }

    pub(super) fn for_head(&mut self, pattern: &crate::ast::Pattern, list: &Expr) -> Doc {
        let pattern = self.pattern(pattern);
        let list = self.expression(list);
        Doc::concat(vec![Doc::text("for "), pattern, Doc::text(" in "), list, Doc::text(" ")])
    }

    fn prefixed(&mut self, prefixes: &[Prefix], value: &Expr) -> Doc {
        let spelling = |prefix: &Prefix| match prefix.op {
            PrefixOp::Negate => '-',
            PrefixOp::Not => '!',
        };
        let value = self.expression(value);
        Doc::concat(vec![Doc::Text(prefixes.iter().map(spelling).collect()), value])
    }

    fn infixed(&mut self, first: &Expr, rest: &[Infix]) -> Doc {
        let tight = rest.iter().any(|infix| {
            let precedence: Precedence = infix.op.precedence();
            matches!(precedence, Precedence::Power | Precedence::Range)
        });
        let first_doc = self.expression(first);
        let mut end = first.span.end;
        if tight {
            let mut parts = vec![first_doc];
            for Infix { op, value, .. } in rest {
                parts.push(Doc::text(InfixOp::spelling(*op)));
                parts.push(self.expression(value));
            }
            return Doc::concat(parts);
        }
        let mut flow = Vec::new();
        let first_doc = Doc::concat(vec![first_doc, self.trailing_comments(end, ' ')]);
        for Infix { op, op_span, value } in rest {
            let breaks = self.is_broken(end, value.span.start);
            let comments = self.comments_before(op_span.start);
            let operand = self.expression(value);
            let trailing = self.trailing_comments(value.span.end, ' ');
            let operator = Doc::text(format!("{} ", op.spelling()));
            flow.push((breaks, Doc::concat(vec![comments, operator, operand, trailing])));
            end = value.span.end;
        }
        Self::flow(first_doc, flow, true)
    }
}

/// The group of a document gets a number, so that what follows can ask whether it was broken.
pub(super) fn with_id(mut document: Doc, number: usize) -> Doc {
    let group = match &mut document {
        Doc::Concat(parts) => parts.last_mut(),
        other => Some(other),
    };
    if let Some(Doc::Group { id, .. }) = group {
        *id = Some(number);
    }
    document
}

/// Whether an item is short enough to be filled into lines: a number, perhaps signed, or a name.
fn is_plain(item: &Expr) -> bool {
    match &item.kind {
        ExprKind::Number(_) | ExprKind::Name(_) | ExprKind::Bool(_) => true,
        ExprKind::Prefixed { value, .. } => matches!(value.kind, ExprKind::Number(_)),
        _ => false,
    }
}
