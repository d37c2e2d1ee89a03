//! The loss and the metrics of a recipe.

use super::Setting;
use crate::elaborate::Elaborator;
use crate::elaborate::scope::Val;
use crate::model::recipe::Metric;
use crate::model::{LayerId, ValueRef};
use crate::op::value::Value;
use crate::ops::metric;
use crate::types::{DType, TensorType};
use netc_grammar::ast::{Expr, ExprKind};
use netc_grammar::{Diagnostic, Span};
use petgraph::Direction;

impl<'a> Elaborator<'a, '_> {
    /// The scalar that is minimised.
    pub fn loss(&mut self, setting: Option<Setting<'a>>, train: Span, broken: bool) -> Option<ValueRef> {
        let Some((expr, _)) = setting else {
            if !broken {
                self.report(
                    Diagnostic::error("E0502", "this recipe has no loss")
                        .at(train, "")
                        .help("say what is minimised: `loss = mse(y, target);`"),
                );
            }
            return None;
        };
        let value = self.expression(expr);
        self.scalar(value, expr.span, "the loss")
    }

    /// A single number over the whole batch.
    fn scalar(&mut self, value: Val, span: Span, what: &str) -> Option<ValueRef> {
        let tensor = match value {
            Val::Unknown => return None,
            Val::Tensor(tensor) => tensor,
            other => {
                let found = self.describe(&other);
                let help = match &other {
                    Val::Const(Value::Text(name)) => {
                        format!("write it without quotes, with what it compares: `{name}(y, target)`")
                    }
                    _ => "compute it from outputs and targets: `mse(y, target)`".to_string(),
                };
                self.report(
                    Diagnostic::error("E0504", format!("{what} must depend on the network, but is {found}"))
                        .at(span, "")
                        .help(help),
                );
                return None;
            }
        };
        let ty = self.ty(tensor);
        if ty.shape.rank() == 0 && !ty.shape.is_batched() && ty.dtype == DType::F32 {
            return Some(tensor);
        }
        let batch = if ty.shape.is_batched() { " for each sample" } else { "" };
        let message = format!("{what} must be one number, but is {ty}{batch}");
        let help = "take its mean: `mean((y - target)^2)` goes over samples and elements";
        self.report(Diagnostic::error("E0504", message).at(span, "").help(help));
        None
    }

    /// `[accuracy(logits, label), error: mse(y, target)]`
    pub fn metrics(&mut self, setting: Option<Setting<'a>>) -> Vec<Metric> {
        let Some((expr, _)) = setting else { return Vec::new() };
        let items: Vec<&'a Expr> = match &expr.unparenthesized().kind {
            ExprKind::List(items) => items.iter().collect(),
            _ => vec![expr],
        };
        let mut metrics: Vec<Metric> = Vec::new();
        for item in items {
            let (label, item) = match &item.unparenthesized().kind {
                ExprKind::Labelled { label, value } => (Some(label.text.as_str()), value.as_ref()),
                _ => (None, item),
            };
            let call = match &item.unparenthesized().kind {
                ExprKind::Call(call) => call.callee.single().map(|name| (name.text.as_str(), call)),
                _ => None,
            };
            let entry = call.and_then(|(name, call)| Some((metric::lookup(name)?, call)));
            let value = match entry {
                Some((found, call)) => self.call_operator(&found.entry, call, None, None),
                None => self.expression(item),
            };
            let Some(value) = self.scalar(value, item.span, "a metric") else { continue };
            let name = label.or(call.map(|(name, _)| name)).unwrap_or("metric").to_string();
            let taken = |name: &str| metrics.iter().any(|metric| metric.name == name);
            let unique = if taken(&name) {
                let numbered = (2..).map(|count| format!("{name}_{count}")).find(|name| !taken(name));
                numbered.unwrap_or(name)
            } else {
                name
            };
            let count_per_sample =
                entry.map_or(1, |(found, _)| (found.count_per_sample)(&self.input_types(value.layer)));
            metrics.push(Metric {
                name: unique,
                value,
                count_per_sample,
                is_mean: entry.is_none(),
                larger_is_better: entry.is_some_and(|(found, _)| found.larger_is_better),
            });
        }
        metrics
    }

    fn input_types(&self, layer: LayerId) -> Vec<TensorType> {
        let mut inputs: Vec<(usize, TensorType)> = self
            .graph
            .edges_directed(layer, Direction::Incoming)
            .map(|edge| (edge.weight().input, edge.weight().ty.clone()))
            .collect();
        inputs.sort_by_key(|(position, _)| *position);
        inputs.into_iter().map(|(_, ty)| ty).collect()
    }
}
