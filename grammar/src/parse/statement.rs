//! Statements, before it is known whether they may stand where they stand.
use super::definition::Place;
use super::{Builder, Rule};
use crate::ast::{Attribute, Declaration, Expr, ExprKind, Ident, Let, Pattern, Stage, StatementKind};
use crate::{Diagnostic, Span};
use pest::iterators::Pair;

/// A statement of any place.
pub(super) struct Any {
    pub attributes: Vec<Attribute>,
    pub docs: Vec<String>,
    pub kind: AnyKind,
    pub span: Span,
    /// Whether it ends in `;`.
    pub terminated: bool,
}

/// The kinds of statements of all places.
pub(super) enum AnyKind {
    Plain(StatementKind),
    Target(Declaration),
    Setting { key: Ident, value: Expr },
}

impl Builder<'_> {
    /// The statements of a `body`, `train_body` or `braces` pair.
    pub(super) fn any_statements(&mut self, pair: Pair<'_, Rule>, place: Place) -> Vec<Any> {
        let parts = pair.into_inner();
        let mut statements = Vec::with_capacity(parts.len());
        for part in parts {
            match part.as_rule() {
                Rule::statement => statements.push(self.statement(part, place)),
                Rule::bad | Rule::bad_setting => statements.push(self.bad_statement(&part)),
                _ => {}
            }
        }
        statements
    }

    fn statement(&mut self, pair: Pair<'_, Rule>, place: Place) -> Any {
        let docs = self.docs(pair.as_span().start());
        let mut span = self.span(&pair);
        let mut attributes = Vec::new();
        let mut kind = AnyKind::Plain(StatementKind::Bad(Vec::new()));
        let mut terminated = false;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::attribute {
                attributes.extend(self.attribute(part));
                continue;
            }
            span.start = self.span(&part).start;
            terminated = self.source.slice(self.span(&part)).ends_with(';');
            kind = self.statement_kind(part, place);
        }
        if let Some(what) = unended(&kind).filter(|_| !terminated && !self.is_fault(span)) {
            let message = format!("expected `;` after {what}");
            let diagnostic = Diagnostic::error("E0101", message).at(span.after(), "expected `;` here");
            self.report(diagnostic.help("add `;`"));
        }
        Any { attributes, docs, kind, span, terminated }
    }

    fn statement_kind(&mut self, pair: Pair<'_, Rule>, place: Place) -> AnyKind {
        let rule = pair.as_rule();
        let span = self.span(&pair);
        let mut name = None;
        let mut pattern = None;
        let mut ty = None;
        let mut value = None;
        let mut stage = None;
        let mut stages = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.ident(&part)),
                Rule::pattern => pattern = Some(self.pattern(part)),
                Rule::tensor_type => ty = Some(self.tensor_type(part)),
                Rule::expression => value = Some(self.expression(part, place)),
                Rule::if_value => value = Some(self.if_value(part, place)),
                Rule::stage => stages.push(self.stage(part, place)),
                Rule::if_stage | Rule::for_stage | Rule::fragment | Rule::call => {
                    let span = self.span(&part);
                    stage = Some(Stage { label: None, kind: self.stage_kind(part, place), span });
                }
                _ => {}
            }
        }
        let kind = match (rule, name, value) {
            (Rule::input | Rule::target | Rule::param, Some(name), init) => {
                let Some(ty) = ty else { return AnyKind::Plain(StatementKind::Bad(vec![name])) };
                let declaration = Declaration { name, ty };
                match rule {
                    Rule::input => StatementKind::Input(declaration),
                    Rule::target => return AnyKind::Target(declaration),
                    _ => StatementKind::Param { declaration, init },
                }
            }
            (Rule::layer, Some(name), _) => match stage {
                Some(value) => StatementKind::Layer { name, value },
                None => StatementKind::Bad(vec![name]),
            },
            (Rule::output, Some(name), Some(value)) => StatementKind::Output { name, value },
            (Rule::setting, Some(key), Some(value)) => return AnyKind::Setting { key, value },
            (Rule::return_statement, _, Some(value)) => StatementKind::Return(value),
            (Rule::if_statement, _, Some(head)) => match head.kind {
                ExprKind::If(branches) if stages.is_empty() => StatementKind::If(branches),
                kind => {
                    let head = Expr { kind, span: head.span };
                    StatementKind::Value(self.chain(head, stages))
                }
            },
            (Rule::value, _, Some(value)) => StatementKind::Value(value),
            (_, _, value) => match (pattern, value) {
                (Some(pattern), Some(value)) => StatementKind::Let(Let { pattern, value }),
                _ => StatementKind::Bad(self.defined_names(span)),
            },
        };
        AnyKind::Plain(kind)
    }

    /// `x`, `(a, b)`
    pub(super) fn pattern(&mut self, pair: Pair<'_, Rule>) -> Pattern {
        let span = self.span(&pair);
        let tuple = pair.as_str().starts_with('(');
        let mut names: Vec<_> = pair.into_inner().map(|name| self.ident(&name)).collect();
        match names.pop() {
            Some(name) if !tuple => Pattern::Name(name),
            last => {
                names.extend(last);
                Pattern::Tuple { names, span }
            }
        }
    }
}

/// What to call a statement that must end in `;`; nothing for those whose end depends on their place.
fn unended(kind: &AnyKind) -> Option<&'static str> {
    let chained = |value: &Expr| matches!(value.kind, ExprKind::Chain(_));
    match kind {
        AnyKind::Target(_) | AnyKind::Plain(StatementKind::Input(_) | StatementKind::Param { .. }) => {
            Some("this declaration")
        }
        AnyKind::Plain(StatementKind::Layer { .. }) => Some("this layer"),
        AnyKind::Plain(StatementKind::Let(Let { value, .. }) | StatementKind::Output { value, .. }) => {
            Some(if chained(value) { "this layer" } else { "this value" })
        }
        AnyKind::Plain(StatementKind::Return(value)) => Some(if chained(value) { "this layer" } else { "`return`" }),
        AnyKind::Setting { value, .. } => Some(if chained(value) { "this layer" } else { "this setting" }),
        AnyKind::Plain(StatementKind::If(_) | StatementKind::Value(_) | StatementKind::Bad(_)) => None,
    }
}
