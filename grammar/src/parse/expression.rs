//! Expressions, except for precedence (in `operation`) and what follows an arrow (in `stage`).
use super::definition::Place;
use super::item::shorten;
use super::{Builder, Rule};
use crate::ast::{Access, Arg, Arm, Body, Call, Chain, Expr, ExprKind, For, Ident, If, MapEntry, Path, Pattern, Stage};
use crate::{Diagnostic, Span};
use pest::iterators::Pair;

impl Builder<'_> {
    /// `x -> conv2d(32) -> relu`, or its head alone.
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let mut parts = pair.into_inner();
        let terms = parts.by_ref().take_while(|part| part.as_rule() != Rule::arrow);
        let head = self.terms(terms, place);
        let stages: Vec<_> = parts.filter(|part| part.as_rule() == Rule::stage).collect();
        let stages = stages.into_iter().map(|stage| self.stage(stage, place)).collect();
        self.chain(head, stages)
    }

    /// The head led through the stages, if there are any.
    pub(super) fn chain(&mut self, head: Expr, stages: Vec<Stage>) -> Expr {
        match stages.last() {
            None => head,
            Some(last) => {
                let span = head.span.to(last.span);
                Expr { kind: ExprKind::Chain(Chain { head: Box::new(head), stages }), span }
            }
        }
    }

    /// One operand of an operation.
    pub(super) fn operand(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => ExprKind::Number(self.number(pair)),
            Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
            Rule::string => ExprKind::String(self.string(&pair)),
            Rule::if_value => return self.if_value(pair, place),
            Rule::for_value => return self.for_value(pair, place),
            Rule::labelled => return self.labelled(pair, place),
            Rule::braces => return self.braces(pair, place),
            _ => return self.bracketed(pair, place),
        };
        Expr { kind, span }
    }

    /// A name with what follows it, perhaps labelled.
    fn labelled(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let whole = self.span(&pair);
        let mut parts = pair.into_inner().peekable();
        let Some(name) = parts.next().map(|name| self.ident(&name)) else {
            return Expr { kind: ExprKind::Tuple(Vec::new()), span: whole };
        };
        if parts.next_if(|part| part.as_rule() == Rule::label_mark).is_none() {
            return self.postfixes(name_expr(name), parts, place);
        }
        let value = match parts.next() {
            Some(part) if part.as_rule() == Rule::if_value => self.if_value(part, place),
            Some(part) if part.as_rule() == Rule::for_value => self.for_value(part, place),
            Some(part) => {
                let mut inner = part.into_inner();
                let head = inner.next().map(|name| self.ident(&name)).unwrap_or_else(|| name.clone());
                self.postfixes(name_expr(head), inner, place)
            }
            None => name_expr(name.clone()),
        };
        if let ExprKind::Name(_) | ExprKind::Access { .. } = value.kind {
            let label = shorten(&name.text);
            let diagnostic = Diagnostic::error("E0115", format!("the label `{label}` names no layer"))
                .at(value.span, "a value, not a call")
                .help(format!("call something: `{label}: dense(x, 10)`; to name a value use `let`"));
            self.report(diagnostic);
        }
        Expr { span: whole, kind: ExprKind::Labelled { label: name, value: Box::new(value) } }
    }

    /// A list, parentheses or a tuple with what follows it.
    fn bracketed(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let whole = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(brackets) = parts.next() else {
            return Expr { kind: ExprKind::Tuple(Vec::new()), span: whole };
        };
        let span = self.span(&brackets);
        let is_list = brackets.as_rule() == Rule::items;
        let mut trailing = false;
        let mut items = Vec::new();
        for part in brackets.into_inner() {
            match part.as_rule() {
                Rule::expression => items.push(self.expression(part, place)),
                _ => trailing = true,
            }
        }
        let kind = match items.pop() {
            Some(item) if !is_list && !trailing && items.is_empty() => ExprKind::Paren(Box::new(item)),
            last => {
                items.extend(last);
                if is_list { ExprKind::List(items) } else { ExprKind::Tuple(items) }
            }
        };
        self.postfixes(Expr { kind, span }, parts, place)
    }

    /// `.member`, `[index]` and `(arguments)` after a base. Only a path can be called.
    fn postfixes<'i>(&mut self, base: Expr, parts: impl Iterator<Item = Pair<'i, Rule>>, place: Place) -> Expr {
        let mut value = base;
        let mut path: Vec<Access> = Vec::new();
        let mut end = value.span;
        for part in parts {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::arguments => {
                    let arguments = self.arguments(part, place);
                    value = self.call_of(value, std::mem::take(&mut path), arguments, span);
                }
                Rule::member => {
                    let name = part.into_inner().next();
                    path.extend(name.map(|name| Access::Member(self.ident(&name))));
                }
                _ => {
                    let inner = part.into_inner().next();
                    let index = inner.map(|index| Box::new(self.expression(index, place)));
                    path.extend(index.map(|index| Access::Index { index, span }));
                }
            }
            end = span;
        }
        accessed(value, path, end)
    }

    fn call_of(&mut self, base: Expr, path: Vec<Access>, arguments: Vec<Arg>, brackets: Span) -> Expr {
        let span = base.span.to(brackets);
        let callee_span = path.last().map_or(base.span, |last| base.span.to(access_span(last)));
        match callee(&base, &path, callee_span) {
            Some(callee) => Expr { kind: ExprKind::Call(Call { callee, arguments, span }), span },
            None => {
                let diagnostic = Diagnostic::error("E0115", "only a name can be called")
                    .at(callee_span, "not a name")
                    .help("operators, blocks and layers are called by name: `relu(x)` or `x -> relu`");
                self.report(diagnostic);
                accessed(base, path, brackets)
            }
        }
    }

    /// `(x, 32, kernel = 3)`
    pub(super) fn arguments(&mut self, pair: Pair<'_, Rule>, place: Place) -> Vec<Arg> {
        let parts = pair.into_inner();
        let mut arguments: Vec<Arg> = Vec::with_capacity(parts.len());
        for part in parts {
            let span = self.span(&part);
            let mut name = None;
            let mut value = None;
            for piece in part.into_inner() {
                match piece.as_rule() {
                    Rule::argument_name => name = Some(self.ident(&piece)),
                    Rule::expression => value = Some(self.expression(piece, place)),
                    _ => {}
                }
            }
            if let Some(value) = value {
                arguments.push(Arg { name, value, span });
            }
        }
        self.check_arguments(&mut arguments);
        arguments
    }

    /// Drops and reports arguments given twice and positional ones after named ones.
    fn check_arguments(&mut self, arguments: &mut Vec<Arg>) {
        let mut seen: std::collections::BTreeMap<String, Span> = std::collections::BTreeMap::new();
        let mut first_named: Option<Span> = None;
        arguments.retain(|argument| {
            let Some(name) = &argument.name else {
                let Some(named) = first_named else { return true };
                let diagnostic = Diagnostic::error("E0116", "a positional argument after a named one")
                    .at(argument.span, "has no name")
                    .note(named, "named")
                    .help("put positional arguments first, or name this one: `name = …`");
                self.diagnostics.push(diagnostic);
                return false;
            };
            first_named.get_or_insert(argument.span);
            if let Some(&earlier) = seen.get(&name.text) {
                let message = format!("the argument `{}` is given twice", shorten(&name.text));
                let diagnostic = Diagnostic::error("E0117", message)
                    .at(name.span, "again here")
                    .note(earlier, "first here")
                    .help("remove one of them");
                self.diagnostics.push(diagnostic);
                return false;
            }
            seen.insert(name.text.clone(), name.span);
            true
        });
    }

    /// A map, or statements that end in a value.
    fn braces(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let span = self.span(&pair);
        let first = pair.clone().into_inner().next().map(|part| part.as_rule());
        if matches!(first, Some(Rule::statement | Rule::bad)) {
            return Expr { kind: ExprKind::Body(self.body(pair, place)), span };
        }
        let mut entries: Vec<MapEntry> = Vec::new();
        for part in pair.into_inner() {
            let mut pieces = part.into_inner();
            if let (Some(key), Some(value)) = (pieces.next(), pieces.next()) {
                let key_span = self.span(&key);
                let key = self.string(&key);
                entries.push(MapEntry { key, key_span, value: self.expression(value, place) });
            }
        }
        Expr { kind: ExprKind::Map(entries), span }
    }

    /// `if a { x } else { y }`, braces holding statements.
    pub(super) fn if_value(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let span = self.span(&pair);
        let mut branches = If { arms: Vec::new(), otherwise: None, span };
        let mut condition = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operation => condition = Some(self.operation(part, place)),
                Rule::body => {
                    let body = self.body(part, place);
                    match condition.take() {
                        Some(condition) => branches.arms.push(Arm { condition, body }),
                        None => branches.otherwise = Some(body),
                    }
                }
                _ => {}
            }
        }
        Expr { kind: ExprKind::If(branches), span }
    }

    fn for_value(&mut self, pair: Pair<'_, Rule>, place: Place) -> Expr {
        let span = self.span(&pair);
        let mut pattern = Pattern::Tuple { names: Vec::new(), span };
        let mut list = None;
        let mut body = Body { statements: Vec::new(), result: None, span };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::pattern => pattern = self.pattern(part),
                Rule::operation => list = Some(self.operation(part, place)),
                Rule::body => body = self.body(part, place),
                _ => {}
            }
        }
        let list = list.unwrap_or(Expr { kind: ExprKind::List(Vec::new()), span });
        Expr { kind: ExprKind::For(Box::new(For { pattern, list, body, span })), span }
    }
}

fn name_expr(name: Ident) -> Expr {
    Expr { span: name.span, kind: ExprKind::Name(name) }
}

fn access_span(access: &Access) -> Span {
    match access {
        Access::Member(name) => name.span,
        Access::Index { span, .. } => *span,
    }
}

fn accessed(base: Expr, path: Vec<Access>, end: Span) -> Expr {
    if path.is_empty() {
        return base;
    }
    let span = base.span.to(end);
    Expr { kind: ExprKind::Access { base: Box::new(base), path }, span }
}

/// The path that a base with members spells, if it starts with a name and has no index.
fn callee(base: &Expr, path: &[Access], span: Span) -> Option<Path> {
    let ExprKind::Name(first) = &base.kind else { return None };
    let mut segments = vec![first.clone()];
    for access in path {
        match access {
            Access::Member(name) => segments.push(name.clone()),
            Access::Index { .. } => return None,
        }
    }
    Some(Path { segments, span })
}
