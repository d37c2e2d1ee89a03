//! Assertions: statements of `check` sections as conditions over the summary's figures.

use super::Elaborator;
use super::scope::{Binding, Val};
use crate::model::recipe::{Comparison, Condition, Quantity};
use crate::model::{Assertion, ValueRef};
use crate::op::value::Value;
use netc_grammar::ast::{Access, Call, CheckStatementKind, Definition, Expr, ExprKind, InfixOp, ItemKind, Pattern};
use netc_grammar::{Diagnostic, Span, did_you_mean, quote};
use std::collections::BTreeMap;

/// Figures that a name stands for.
const FIGURES: &[&str] =
    &["params", "trainable", "macs", "macs.backward", "flops", "flops.backward", "memory.predict", "memory.train"];

type Lets = BTreeMap<String, Quantity>;

impl<'a> Elaborator<'a, '_> {
    /// The assertions about a network, in the order of the text.
    pub fn assertions(&mut self, network: &'a Definition) -> Vec<Assertion> {
        let program = self.program;
        let only = program.networks.len() == 1;
        let mut assertions = Vec::new();
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
                    CheckStatementKind::Let(binding) => {
                        if let Some(quantity) = self.quantity(&binding.value, &lets)
                            && let Pattern::Name(name) = &binding.pattern
                        {
                            lets.insert(name.text.clone(), quantity);
                        }
                    }
                    CheckStatementKind::Assert(expr) => {
                        if let Some(condition) = self.assertion(expr, &lets) {
                            let source = self.sources.get(expr.span.file);
                            let text = source.map_or_else(String::new, |source| quote(source, expr));
                            assertions.push(Assertion { text, condition, span: expr.span });
                        }
                    }
                    CheckStatementKind::Bad(_) => {}
                }
            }
        }
        assertions
    }

    fn assertion(&mut self, expr: &'a Expr, lets: &Lets) -> Option<Condition> {
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
                self.refuse(expr.span, "a shape and a number cannot be compared", "write `y.shape == [10]`");
                return None;
            }
            let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
            if is_list(&left) && ordered {
                self.refuse(expr.span, "shapes are equal or not, never larger", "compare `y.shape[0]` instead");
                return None;
            }
            return Some(Condition { left, comparison, right });
        }
        self.refuse(expr.span, "an assertion compares two figures", "for example `params <= 500_000`");
        None
    }

    fn refuse(&mut self, span: Span, message: &str, help: &str) {
        self.report(Diagnostic::error("E0507", message).at(span, "").help(help));
    }

    fn quantity(&mut self, expr: &'a Expr, lets: &Lets) -> Option<Quantity> {
        let expr = expr.unparenthesized();
        match &expr.kind {
            ExprKind::Name(name) => {
                if let Some(quantity) = lets.get(&name.text) {
                    return Some(quantity.clone());
                }
                self.figure(&name.text, expr.span)
            }
            ExprKind::Call(call) => self.memory(call, expr),
            ExprKind::Access { base, path } => self.figure_of(base, path, expr),
            ExprKind::Infixed { first, rest } => {
                let mut left = self.quantity(first, lets)?;
                for infix in rest {
                    let right = self.quantity(&infix.value, lets)?;
                    let op = match infix.op {
                        InfixOp::Add => '+',
                        InfixOp::Subtract => '-',
                        InfixOp::Multiply => '*',
                        InfixOp::Divide => '/',
                        _ => return self.literal(expr),
                    };
                    left = match (left, right) {
                        (Quantity::Literal(left), Quantity::Literal(right)) => {
                            let result = super::arithmetic::infix(infix.op, &left, &right);
                            match self.computed(result, expr.span) {
                                Val::Const(value) => Quantity::Literal(value),
                                _ => return None,
                            }
                        }
                        (left, right) => Quantity::Arithmetic(op, Box::new(left), Box::new(right)),
                    };
                }
                Some(left)
            }
            _ => self.literal(expr),
        }
    }

    fn literal(&mut self, expr: &'a Expr) -> Option<Quantity> {
        match self.expression(expr) {
            Val::Const(value @ (Value::Int(_) | Value::Float(_) | Value::List(_))) => Some(Quantity::Literal(value)),
            Val::Unknown => None,
            other => {
                let found = self.describe(&other);
                self.refuse(
                    expr.span,
                    &format!("an assertion compares numbers and shapes, not {found}"),
                    "for example `y.shape == [10]`",
                );
                None
            }
        }
    }

    fn figure(&mut self, name: &str, span: Span) -> Option<Quantity> {
        let quantity = match name {
            "params" => Quantity::Params,
            "trainable" => Quantity::Trainable,
            "macs" => Quantity::Macs,
            "flops" => Quantity::Flops,
            _ => match self.frame().find(name) {
                Some(Binding::Value(Val::Const(value))) => Quantity::Literal(value.clone()),
                Some(Binding::Value(Val::Unknown)) => return None,
                _ => {
                    let help = match did_you_mean(name, FIGURES.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "figures are {}, and of a value `.shape` and `.receptive_field`",
                            FIGURES.join(", ")
                        ),
                    };
                    self.refuse(span, &format!("there is no figure `{name}`"), &help);
                    return None;
                }
            },
        };
        Some(quantity)
    }

    /// `memory.train(batch = 64)`
    fn memory(&mut self, call: &'a Call, expr: &'a Expr) -> Option<Quantity> {
        let names: Vec<&str> = call.callee.segments.iter().map(|segment| segment.text.as_str()).collect();
        let ["memory", which @ ("predict" | "train")] = names.as_slice() else { return self.literal(expr) };
        let [argument] = call.arguments.as_slice() else {
            self.refuse(expr.span, "memory depends on the batch", &format!("write `memory.{which}(batch = 64)`"));
            return None;
        };
        if argument.name.as_ref().is_some_and(|name| name.text != "batch") {
            self.refuse(argument.span, "memory takes the batch", &format!("write `memory.{which}(batch = 64)`"));
            return None;
        }
        let batch = self.whole(Some((&argument.value, argument.span)), "batch", 1, 1)? as usize;
        Some(if *which == "train" { Quantity::MemoryTrain(batch) } else { Quantity::MemoryPredict(batch) })
    }

    /// `macs.backward`, `features.receptive_field`, `y.shape`, `layer1.0.conv1.shape`
    fn figure_of(&mut self, base: &'a Expr, path: &'a [Access], expr: &'a Expr) -> Option<Quantity> {
        let ExprKind::Name(name) = &base.kind else { return self.literal(expr) };
        let mut members = Vec::new();
        for step in path {
            match step {
                Access::Member(member) => members.push(member),
                Access::Index { .. } => break,
            }
        }
        match (name.text.as_str(), members.iter().map(|member| member.text.as_str()).collect::<Vec<_>>().as_slice()) {
            ("macs", ["forward"]) => return Some(Quantity::Macs),
            ("macs", ["backward"]) => return Some(Quantity::MacsBackward),
            ("flops", ["forward"]) => return Some(Quantity::Flops),
            ("flops", ["backward"]) => return Some(Quantity::FlopsBackward),
            ("memory", [which @ ("predict" | "train")]) => {
                let batch = 1;
                return Some(if *which == "train" {
                    Quantity::MemoryTrain(batch)
                } else {
                    Quantity::MemoryPredict(batch)
                });
            }
            _ => {}
        }
        let Some(last) = members.last().copied() else { return self.literal(expr) };
        let indexed = members.len() < path.len();
        if !matches!(last.text.as_str(), "shape" | "receptive_field") || indexed {
            return self.literal(expr);
        }
        let text: Vec<&str> = std::iter::once(name.text.as_str())
            .chain(members[..members.len() - 1].iter().map(|member| member.text.as_str()))
            .collect();
        let value = self.named_value(&text.join("."), expr.span)?;
        Some(if last.text == "shape" { Quantity::Shape(value) } else { Quantity::ReceptiveField(value) })
    }

    /// A value by its name, or by the path of its label.
    fn named_value(&mut self, path: &str, span: Span) -> Option<ValueRef> {
        match self.frame().find(path) {
            Some(Binding::Value(Val::Tensor(tensor))) => return Some(*tensor),
            Some(Binding::Value(Val::Unknown)) => return None,
            _ => {}
        }
        if let Some(value) = self.labelled_value(path) {
            return Some(value);
        }
        if !self.reports.has_errors() {
            let near = did_you_mean(path, self.labels.keys().take(10_000).map(String::as_str));
            let help = near
                .map_or("give it a name with `let` or a label".to_string(), |near| format!("did you mean `{near}`?"));
            self.refuse(span, &format!("there is no value `{path}`"), &help);
        }
        None
    }
}

fn is_list(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Shape(_) | Quantity::Literal(Value::List(_)))
}
