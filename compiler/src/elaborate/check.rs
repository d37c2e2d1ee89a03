//! Assertions: statements of `check` sections as conditions over the summary's figures.

mod figure;
mod quantity;
mod refuse;

use super::Elaborator;
use crate::model::Assertion;
use crate::model::recipe::{Comparison, Condition, Quantity};
use crate::op::value::Value;
use netc_grammar::ast::{CheckStatementKind, Definition, Expr, ExprKind, InfixOp, ItemKind, Let, Pattern};
use netc_grammar::quote;
use refuse::Reported;
use std::collections::BTreeMap;

type Lets = BTreeMap<String, Quantity>;

impl<'a> Elaborator<'a, '_> {
    /// The assertions about a network in the order of the text, and what their `let`s compute of figures.
    pub fn assertions(&mut self, network: &'a Definition) -> (Vec<Assertion>, Vec<Quantity>) {
        let program = self.program;
        let only = program.networks.len() == 1;
        let (mut assertions, mut named) = (Vec::new(), Vec::new());
        for item in program.files.first().into_iter().flat_map(|ast| &ast.items) {
            let ItemKind::Check(check) = &item.kind else { continue };
            let ours = match &check.network {
                Some(name) => name.text == network.name.text,
                None => only,
            };
            if !ours || self.halted {
                continue;
            }
            let mut lets = Lets::new();
            for statement in &check.statements {
                match &statement.kind {
                    // Without a value or a condition there is an error, and so no model.
                    CheckStatementKind::Let(binding) => match self.name_quantity(binding, &mut lets, &mut named) {
                        Ok(()) | Err(Reported { .. }) => {}
                    },
                    CheckStatementKind::Assert(expr) => {
                        let Ok(condition) = self.assertion(expr, &lets) else { continue };
                        let source = self.sources.get(expr.span.file);
                        let text = source.map_or_else(String::new, |source| quote(source, expr));
                        assertions.push(Assertion { text, condition, span: expr.span });
                    }
                    CheckStatementKind::Bad(_) => {}
                }
            }
        }
        (assertions, named)
    }

    /// `let total = params + macs;`. What is computed of figures is kept in `named`, once for all who use the name.
    fn name_quantity(&mut self, binding: &'a Let, lets: &mut Lets, named: &mut Vec<Quantity>) -> Result<(), Reported> {
        let quantity = self.quantity(&binding.value, lets)?;
        let Pattern::Name(name) = &binding.pattern else {
            return Err(self.refuse(binding.value.span, "a figure is one value", "name each: `let a = params;`"));
        };
        let kept = match quantity {
            Quantity::Infixed(..) | Quantity::Negative(_) | Quantity::Function(..) => {
                named.push(quantity);
                Quantity::Named(named.len() - 1)
            }
            plain => plain,
        };
        lets.insert(name.text.clone(), kept);
        Ok(())
    }

    fn assertion(&mut self, expr: &'a Expr, lets: &Lets) -> Result<Condition, Reported> {
        let comparison = |op| match op {
            InfixOp::Equal => Some(Comparison::Equal),
            InfixOp::NotEqual => Some(Comparison::NotEqual),
            InfixOp::Less => Some(Comparison::Less),
            InfixOp::LessEqual => Some(Comparison::LessEqual),
            InfixOp::Greater => Some(Comparison::Greater),
            InfixOp::GreaterEqual => Some(Comparison::GreaterEqual),
            _ => None,
        };
        if let ExprKind::Infixed { first, rest } = &expr.unparenthesized().kind
            && let [infix] = rest.as_slice()
            && let Some(comparison) = comparison(infix.op)
        {
            let (left, right) = (self.quantity(first, lets), self.quantity(&infix.value, lets));
            let (left, right) = (left?, right?);
            if is_list(&left) != is_list(&right) {
                let help = "write `y.shape == [10]`";
                return Err(self.refuse(expr.span, "a shape and a number cannot be compared", help));
            }
            let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
            if is_list(&left) && ordered {
                let help = "compare `y.shape[0]` instead";
                return Err(self.refuse(expr.span, "shapes are equal or not, never larger", help));
            }
            return Ok(Condition { left, comparison, right });
        }
        let joined = match &expr.unparenthesized().kind {
            ExprKind::Infixed { rest, .. } => rest.iter().any(|infix| infix.op == InfixOp::And),
            _ => false,
        };
        let help = if joined { "write two assertions: `a <= 1; b <= 2;`" } else { "for example `params <= 500_000`" };
        Err(self.refuse(expr.span, "an assertion compares two figures", help))
    }
}

fn is_list(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Shape(_) | Quantity::Literal(Value::List(_)))
}
