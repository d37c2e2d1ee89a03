//! One side of an assertion: figures, numbers and shapes, and what is computed of them.

use super::super::scope::Val;
use super::super::{Elaborator, arithmetic, function};
use super::refuse::Reported;
use super::{Lets, is_list};
use crate::model::recipe::Quantity;
use crate::op::value::Value;
use netc_grammar::Span;
use netc_grammar::ast::{Call, Expr, ExprKind, Infix, InfixOp, Precedence, Prefix, PrefixOp};

impl<'a> Elaborator<'a, '_> {
    /// A quantity. What holds no figure is computed at once, with the integers of the language.
    pub(super) fn quantity(&mut self, expr: &'a Expr, lets: &Lets) -> Result<Quantity, Reported> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => match lets.get(&name.text) {
                Some(quantity) => Ok(quantity.clone()),
                None => self.figure(&name.text, expr.span),
            },
            ExprKind::Call(call) => match call.callee.single() {
                Some(name)
                    if function::is_function(&name.text) && call.arguments.iter().all(|it| it.name.is_none()) =>
                {
                    self.function_of(&name.text, call, lets)
                }
                _ => self.memory(call, expr),
            },
            ExprKind::Access { base, path } => self.figure_of(base, path, expr),
            ExprKind::Prefixed { prefixes, value } => self.prefixed_quantity(prefixes, value, lets),
            ExprKind::Infixed { first, rest } => match rest.first().map(|infix| infix.op.precedence()) {
                Some(Precedence::Sum | Precedence::Product | Precedence::Power) => {
                    self.infixed_quantity(first, rest, expr.span, lets)
                }
                _ => self.literal(expr),
            },
            _ => self.literal(expr),
        }
    }

    /// A number or a list of numbers that is known without the figures.
    pub(super) fn literal(&mut self, expr: &'a Expr) -> Result<Quantity, Reported> {
        match self.expression(expr) {
            Val::Const(value @ (Value::Int(_) | Value::Float(_) | Value::List(_))) => Ok(Quantity::Literal(value)),
            Val::Unknown => Err(self.reported(expr.span)),
            other => {
                let found = self.describe(&other);
                let message = format!("an assertion compares numbers and shapes, not {found}");
                Err(self.refuse(expr.span, &message, "for example `y.shape == [10]`"))
            }
        }
    }

    /// `-a`, `--a`
    fn prefixed_quantity(
        &mut self,
        prefixes: &'a [Prefix],
        value: &'a Expr,
        lets: &Lets,
    ) -> Result<Quantity, Reported> {
        let mut quantity = self.quantity(value, lets)?;
        for prefix in prefixes.iter().rev() {
            let span = prefix.span.to(value.span);
            quantity = match (prefix.op, quantity) {
                (_, Quantity::Literal(value)) => self.known(arithmetic::prefix(prefix.op, &value), span)?,
                (PrefixOp::Negate, Quantity::Negative(inner)) => *inner,
                (PrefixOp::Negate, inner) => Quantity::Negative(Box::new(self.number(inner, value.span)?)),
                (PrefixOp::Not, _) => {
                    let help = "compare the other way: `a > b` instead of `!(a <= b)`";
                    return Err(self.refuse(span, "`!` needs a truth value, not a figure", help));
                }
            };
        }
        Ok(quantity)
    }

    /// `a + b - c`, `a ^ b`
    fn infixed_quantity(
        &mut self,
        first: &'a Expr,
        rest: &'a [Infix],
        span: Span,
        lets: &Lets,
    ) -> Result<Quantity, Reported> {
        let mut start = self.quantity(first, lets)?;
        let mut operands = Vec::new();
        for infix in rest {
            operands.push((infix.op, self.quantity(&infix.value, lets)?));
        }
        let literals: Option<Vec<Value>> =
            std::iter::once(&start).chain(operands.iter().map(|(_, operand)| operand)).map(known_value).collect();
        if let Some(mut values) = literals
            && rest.iter().any(|infix| infix.op == InfixOp::Power)
        {
            let Some(mut right) = values.pop() else { return Err(self.reported(span)) };
            for left in values.into_iter().rev() {
                right = self.known_number(arithmetic::infix(InfixOp::Power, &left, &right), span)?;
            }
            return Ok(Quantity::Literal(right));
        }
        let mut kept = Vec::new();
        for ((op, operand), infix) in operands.into_iter().zip(rest) {
            let from_the_left = kept.is_empty() && op != InfixOp::Power;
            match (&start, operand) {
                (Quantity::Literal(left), Quantity::Literal(right)) if from_the_left => {
                    start = self.known(arithmetic::infix(op, left, &right), first.span.to(infix.value.span))?;
                }
                (_, Quantity::Literal(value)) if op == InfixOp::Divide && arithmetic::float(&value) == Some(0.0) => {
                    let place = first.span.to(infix.value.span);
                    let fault = arithmetic::Fault::new("a figure is divided by zero").help("divide by another number");
                    return Err(self.no_result(fault, place));
                }
                (_, operand) => kept.push((op, self.number(operand, infix.value.span)?)),
            }
        }
        if kept.is_empty() {
            return Ok(start);
        }
        let start = self.number(start, first.span)?;
        Ok(Quantity::Infixed(Box::new(start), kept))
    }

    /// `max(a, b)`
    fn function_of(&mut self, name: &str, call: &'a Call, lets: &Lets) -> Result<Quantity, Reported> {
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            arguments.push(self.quantity(&argument.value, lets)?);
        }
        match arguments.iter().map(known_value).collect::<Option<Vec<Value>>>() {
            Some(values) => self.known(function::call(name, &values), call.span),
            None => Ok(Quantity::Function(name.to_string(), arguments)),
        }
    }

    /// A quantity that is one number.
    fn number(&mut self, quantity: Quantity, span: Span) -> Result<Quantity, Reported> {
        if is_list(&quantity) {
            return Err(self.refuse(span, "nothing is computed with shapes", "take an extent: `y.shape[0]`"));
        }
        Ok(quantity)
    }

    fn known(&mut self, result: Result<Value, arithmetic::Fault>, span: Span) -> Result<Quantity, Reported> {
        self.known_number(result, span).map(Quantity::Literal)
    }

    fn known_number(&mut self, result: Result<Value, arithmetic::Fault>, span: Span) -> Result<Value, Reported> {
        result.map_err(|fault| self.no_result(fault, span))
    }

    fn no_result(&mut self, fault: arithmetic::Fault, span: Span) -> Reported {
        self.computed(Err(fault), span);
        self.reported(span)
    }
}

fn known_value(quantity: &Quantity) -> Option<Value> {
    match quantity {
        Quantity::Literal(value) => Some(value.clone()),
        _ => None,
    }
}
