//! Expressions: values known before the run are computed, tensors become layers.

use super::arithmetic::{self, Fault};
use super::scope::{Binding, Val};
use super::statement::Flow;
use super::{EVALUATION, EXPRESSION_DEPTH, Elaborator, LIST_DEPTH, LIST_ELEMENTS};
use crate::op::value::Value;
use netc_grammar::ast::{Body, Expr, ExprKind, For};
use netc_grammar::{Diagnostic, Span};

impl<'a> Elaborator<'a, '_> {
    /// The value of an expression; `Unknown` where it failed, which was reported.
    pub fn expression(&mut self, expr: &'a Expr) -> Val {
        if self.halted {
            return Val::Unknown;
        }
        self.work(1, expr.span);
        self.depth += 1;
        let value = if self.depth > EXPRESSION_DEPTH {
            self.halted = true;
            self.report(
                Diagnostic::error("E0211", format!("more than {EXPRESSION_DEPTH} expressions inside each other"))
                    .at(expr.span, "counted over all calls of blocks that are open here")
                    .help("give parts a name with `let`, or end the recursion earlier"),
            );
            Val::Unknown
        } else {
            self.expression_kind(expr.unparenthesized())
        };
        self.depth -= 1;
        value
    }

    fn expression_kind(&mut self, expr: &'a Expr) -> Val {
        match &expr.kind {
            // The parser puts 0 for a number that it refuses.
            ExprKind::Number(_) if self.reports.has("E0110", expr.span) => Val::Unknown,
            ExprKind::Number(number) => self.computed(arithmetic::number(*number), expr.span),
            ExprKind::Bool(value) => Val::Const(Value::Bool(*value)),
            ExprKind::String(text) => Val::Const(Value::Text(text.clone())),
            ExprKind::Name(name) => self.name(&name.text, name.span),
            ExprKind::Access { base, path } => self.access(base, path, expr.span),
            ExprKind::Call(call) => self.plain(|this| this.call(call, None, None)),
            ExprKind::Labelled { label, value } => self.plain(|this| this.labelled(label, value)),
            ExprKind::List(items) => {
                let items: Vec<Val> = items.iter().map(|item| self.expression(item)).collect();
                self.list(items, expr.span)
            }
            ExprKind::Tuple(items) => self.plain(|this| {
                let items: Vec<Val> = items.iter().map(|item| this.expression(item)).collect();
                if this.count(items.len(), expr.span) { Val::Many(items.into()) } else { Val::Unknown }
            }),
            ExprKind::Map(_) => {
                self.report(
                    Diagnostic::error("E0303", "a map has no meaning here")
                        .at(expr.span, "")
                        .help("maps stand only in `start = safetensors(…, map = { … })`"),
                );
                Val::Unknown
            }
            ExprKind::Paren(inner) => self.expression(inner),
            ExprKind::If(branch) => {
                let flow = self.branch(branch);
                self.value_of(flow, branch.span)
            }
            ExprKind::For(turns) => self.plain(|this| this.turns_of(turns)),
            ExprKind::Body(body) => {
                let flow = self.body(body);
                self.value_of(flow, body.span)
            }
            ExprKind::Prefixed { prefixes, value } => self.plain(|this| this.prefixed(prefixes, value, expr.span)),
            ExprKind::Infixed { first, rest } => self.plain(|this| this.infixed(first, rest)),
            ExprKind::Chain(chain) => self.plain(|this| this.chain(chain)),
        }
    }

    /// Evaluates where no argument's words hold.
    fn plain(&mut self, evaluate: impl FnOnce(&mut Self) -> Val) -> Val {
        let words = std::mem::take(&mut self.words);
        let value = evaluate(self);
        self.words = words;
        value
    }

    /// A name: a word of the argument that is being read, else a value. Unknown names were reported before.
    fn name(&mut self, name: &str, span: Span) -> Val {
        if self.words.contains(&name) {
            return Val::Const(Value::Word(name.to_string()));
        }
        let value = match self.frame().find(name) {
            Some(Binding::Value(value)) => value.clone(),
            Some(Binding::Shared(_)) | None => Val::Unknown,
        };
        match &value {
            Val::Const(Value::Text(text)) => self.work(text.len() / 64, span),
            Val::Const(list @ Value::List(_)) => self.work(extent(list).1, span),
            _ => {}
        }
        value
    }

    /// Takes from the budget of evaluated expressions.
    pub fn work(&mut self, steps: usize, span: Span) {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > EVALUATION && !self.halted {
            self.halted = true;
            self.report(
                Diagnostic::error("E0212", format!("more than {EVALUATION} expressions are evaluated"))
                    .at(span, "the budget is used up here")
                    .help("make loops shorter, or compute outside of them what does not change"),
            );
        }
    }

    fn value_of(&mut self, flow: Flow, span: Span) -> Val {
        match flow {
            Flow::Value(value) | Flow::Return(value) => value,
            Flow::Undecided => Val::Unknown,
            Flow::Next => {
                self.report(
                    Diagnostic::error("E0215", "this has no value")
                        .at(span, "no expression ends the braces that are taken")
                        .help("end each branch with an expression without `;`, and add `else`"),
                );
                Val::Unknown
            }
        }
    }

    /// A compile-time result, or its fault as a diagnostic.
    pub fn computed(&mut self, result: Result<Value, Fault>, span: Span) -> Val {
        match result {
            Ok(value) => Val::Const(value),
            Err(fault) => {
                let help = fault.help.unwrap_or_else(|| {
                    "integers have 64 bits and are checked; with a point (`2.0`) a number is a float".to_string()
                });
                self.report(Diagnostic::error("E0406", fault.message).at(span, "").help(help));
                Val::Unknown
            }
        }
    }

    /// A list: compile-time if all its items are.
    pub fn list(&mut self, items: Vec<Val>, span: Span) -> Val {
        if items.iter().any(|item| matches!(item, Val::Unknown)) {
            return Val::Unknown;
        }
        if items.iter().all(|item| matches!(item, Val::Const(_))) {
            let constant = |item| if let Val::Const(value) = item { Some(value) } else { None };
            let list = Value::List(items.into_iter().filter_map(constant).collect());
            let (depth, elements) = extent(&list);
            if depth > LIST_DEPTH {
                self.report(
                    Diagnostic::error("E0406", format!("lists are nested more than {LIST_DEPTH} deep"))
                        .at(span, "")
                        .help("a tensor has at most 8 axes, so given weights never need more"),
                );
                return Val::Unknown;
            }
            return if self.count(elements, span) { Val::Const(list) } else { Val::Unknown };
        }
        if items.iter().any(|item| matches!(item, Val::Many(_))) {
            self.report(
                Diagnostic::error("E0303", "several results cannot stand in a list")
                    .at(span, "")
                    .help("take them apart first: `let (a, b) = …;`"),
            );
            return Val::Unknown;
        }
        if self.count(items.len(), span) { Val::Many(items.into()) } else { Val::Unknown }
    }

    /// Takes from the budget of list elements; `false` when it is used up.
    fn count(&mut self, elements: usize, span: Span) -> bool {
        self.listed = self.listed.saturating_add(elements);
        if self.listed > LIST_ELEMENTS && !self.halted {
            self.halted = true;
            self.report(
                Diagnostic::error("E0212", format!("the lists of this file have more than {LIST_ELEMENTS} elements"))
                    .at(span, "the budget is used up here")
                    .help("keep large tables in a data file"),
            );
        }
        !self.halted
    }

    /// `for` as a value: the list of the values of its turns.
    fn turns_of(&mut self, turns: &'a For<Body>) -> Val {
        let Some(items) = self.loop_items(&turns.list) else { return Val::Unknown };
        let mut values = Vec::new();
        for item in items {
            if !self.spend(turns.span) {
                return Val::Unknown;
            }
            self.frame().open();
            self.bind_pattern(&turns.pattern, Val::Const(item), turns.list.span);
            let flow = self.body(&turns.body);
            self.frame().close();
            values.push(self.value_of(flow, turns.body.span));
        }
        self.list(values, turns.span)
    }

    /// What a value is, in words: "a tensor [3, 8, 8]".
    pub fn describe(&self, value: &Val) -> String {
        match value {
            Val::Unknown => "an unknown value".to_string(),
            Val::Const(value) => {
                let shown = value.to_string();
                if shown.chars().count() > 40 {
                    value.kind().to_string()
                } else {
                    format!("{} `{shown}`", value.kind())
                }
            }
            Val::Tensor(tensor) => format!("a tensor {}", self.graph[tensor.layer].outputs[tensor.output]),
            Val::Many(items) => match items.len() {
                1 => "one result".to_string(),
                n => format!("{n} results"),
            },
        }
    }
}

/// Depth and number of elements; the items of a list were counted before, so its depth is small.
fn extent(value: &Value) -> (usize, usize) {
    let Value::List(items) = value else { return (0, 1) };
    let mut total = (0, 1);
    for item in items {
        let (depth, elements) = extent(item);
        total = (total.0.max(depth), total.1 + elements);
    }
    (total.0 + 1, total.1)
}
