//! Operators between expressions: numbers are computed, tensors become layers.

use super::Elaborator;
use super::arithmetic::{self, Fault};
use super::scope::Val;
use crate::op::declare::Given;
use crate::op::value::Value;
use netc_grammar::ast::{Expr, Infix, InfixOp, Precedence, Prefix, PrefixOp};
use netc_grammar::{Diagnostic, Span};

impl<'a> Elaborator<'a, '_> {
    /// `-x`, `!x`, and runs of them.
    pub fn prefixed(&mut self, prefixes: &'a [Prefix], value: &'a Expr, span: Span) -> Val {
        let mut value = self.expression(value);
        if let Val::Tensor(_) = value {
            // Pairs of signs cancel, so a million of them cost one layer.
            if let Some(not) = prefixes.iter().find(|prefix| prefix.op == PrefixOp::Not) {
                return self.computed(Err(Fault::new("`!` needs a truth value, not a tensor")), not.span);
            }
            return if prefixes.len().is_multiple_of(2) {
                value
            } else {
                self.apply_named("neg", vec![(value, span)], Vec::new(), span)
            };
        }
        self.work(prefixes.len(), span);
        for prefix in prefixes.iter().rev() {
            let Val::Const(constant) = &value else { return self.no_number(&value, span) };
            let result = arithmetic::prefix(prefix.op, constant);
            value = self.computed(result, prefix.span.to(span));
            if matches!(value, Val::Unknown) {
                break;
            }
        }
        value
    }

    /// Operands with operators of one precedence between them.
    pub fn infixed(&mut self, first: &'a Expr, rest: &'a [Infix]) -> Val {
        let from_the_right = rest.first().is_some_and(|infix| infix.op.precedence() == Precedence::Power);
        if from_the_right {
            let mut operands = vec![(self.expression(first), first.span)];
            operands.extend(rest.iter().map(|infix| (self.expression(&infix.value), infix.value.span)));
            let Some(mut right) = operands.pop() else { return Val::Unknown };
            for (infix, left) in rest.iter().rev().zip(operands.into_iter().rev()) {
                let span = left.1.to(right.1);
                right = (self.binary(infix.op, left, right, span), span);
            }
            return right.0;
        }
        let mut left = (self.expression(first), first.span);
        for infix in rest {
            // `&&` and `||` look at the right side only if it matters.
            match (&left.0, infix.op) {
                (Val::Const(Value::Bool(false)), InfixOp::And) | (Val::Const(Value::Bool(true)), InfixOp::Or) => {
                    continue;
                }
                _ => {}
            }
            let right = (self.expression(&infix.value), infix.value.span);
            let span = left.1.to(right.1);
            left = (self.binary(infix.op, left, right, span), span);
        }
        left.0
    }

    fn binary(&mut self, op: InfixOp, left: (Val, Span), right: (Val, Span), span: Span) -> Val {
        match (&left.0, &right.0) {
            (Val::Unknown, _) | (_, Val::Unknown) => Val::Unknown,
            (Val::Const(x), Val::Const(y)) => {
                let result = arithmetic::infix(op, x, y);
                self.computed(result, span)
            }
            (_, Val::Const(exponent)) if op == InfixOp::Power => {
                let given = vec![(Given { name: None, value: exponent.clone() }, "exponent", right.1)];
                self.apply_named("pow", vec![left], given, span)
            }
            _ => match tensor_operator(op) {
                Some(name) => self.apply_named(name, vec![left, right], Vec::new(), span),
                None => self.computed(
                    Err(Fault::new(format!("`{}` does not work on tensors", op.spelling())).help(match op {
                        InfixOp::Power => "the exponent is a number known before the run: `x^2`",
                        _ => "compare attributes such as `x.channels`, which are known before the run",
                    })),
                    span,
                ),
            },
        }
    }

    fn no_number(&mut self, value: &Val, span: Span) -> Val {
        if !matches!(value, Val::Unknown) {
            let found = self.describe(value);
            self.report(
                Diagnostic::error("E0303", format!("this needs a number, not {found}"))
                    .at(span, "")
                    .help("take several results apart first: `let (a, b) = …;`"),
            );
        }
        Val::Unknown
    }
}

fn tensor_operator(op: InfixOp) -> Option<&'static str> {
    match op {
        InfixOp::Add => Some("add"),
        InfixOp::Subtract => Some("sub"),
        InfixOp::Multiply => Some("mul"),
        InfixOp::Divide => Some("div"),
        _ => None,
    }
}
