//! Descriptions in a recipe: `sgd(rate = 0.1)`, `early(watch = val_loss)`, where a bare name may be a word.

use crate::elaborate::Elaborator;
use crate::elaborate::call::CallSpans;
use crate::elaborate::scope::{Binding, Val};
use crate::op::declare::Given;
use crate::op::value::{Call, Value};
use netc_grammar::Diagnostic;
use netc_grammar::ast::{Access, Arg, Expr, ExprKind};

/// A name with arguments and their places.
pub struct Described {
    /// What is called.
    pub name: String,
    /// Its arguments.
    pub given: Vec<Given>,
    /// Where they stand.
    pub spans: CallSpans,
}

impl<'a> Elaborator<'a, '_> {
    /// `cosine` or `cosine(warmup = 1 epochs)`. `names` says whether names of the network have their values.
    pub fn described(&mut self, expr: &'a Expr, names: bool) -> Option<Described> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => Some(Described {
                name: name.text.clone(),
                given: Vec::new(),
                spans: CallSpans { call: expr.span, ..CallSpans::default() },
            }),
            ExprKind::Call(call) if call.callee.single().is_some() => {
                let name = call.callee.single().map(|name| name.text.clone()).unwrap_or_default();
                let mut described =
                    Described { name, given: Vec::new(), spans: CallSpans { call: call.span, ..CallSpans::default() } };
                let mut failed = false;
                for Arg { name, value, span } in &call.arguments {
                    match self.word_or_value(value, names) {
                        Some(value) => {
                            described.given.push(Given { name: name.as_ref().map(|name| name.text.clone()), value });
                            described.spans.given.push(*span);
                        }
                        None => failed = true,
                    }
                }
                (!failed).then_some(described)
            }
            _ => {
                let value = self.expression(expr);
                if !matches!(value, Val::Unknown) {
                    let found = self.describe(&value);
                    self.report(
                        Diagnostic::error("E0506", format!("this must be a name with arguments, not {found}"))
                            .at(expr.span, "")
                            .help("for example `sgd(rate = 0.1)`"),
                    );
                }
                None
            }
        }
    }

    /// A value; bare names that are no compile-time values stand for themselves.
    pub fn word_or_value(&mut self, expr: &'a Expr, names: bool) -> Option<Value> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => match self.frame().find(&name.text) {
                Some(Binding::Value(Val::Const(value))) if names => Some(value.clone()),
                _ => Some(Value::Word(name.text.clone())),
            },
            ExprKind::Access { base, path } => match &base.kind {
                // A path of labels, as in `freeze = [layer1.0]`.
                ExprKind::Name(name) if path.iter().all(|step| matches!(step, Access::Member(_))) => {
                    let mut text = name.text.clone();
                    for step in path {
                        if let Access::Member(member) = step {
                            text = format!("{text}.{}", member.text);
                        }
                    }
                    Some(Value::Word(text))
                }
                _ => self.argument(expr, None),
            },
            ExprKind::List(items) => items
                .iter()
                .map(|item| self.word_or_value(item, names))
                .collect::<Option<Vec<Value>>>()
                .map(Value::List),
            ExprKind::Call(call) if !self.is_computed(call) => {
                let described = self.described(expr, names)?;
                let arguments = described.given.into_iter().map(|given| (given.name, given.value)).collect();
                Some(Value::Call(Box::new(Call { name: described.name, arguments })))
            }
            _ => self.argument(expr, None),
        }
    }

    fn is_computed(&self, call: &netc_grammar::ast::Call) -> bool {
        call.callee.single().is_some_and(|name| crate::elaborate::function::is_function(&name.text))
    }
}
