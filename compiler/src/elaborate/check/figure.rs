//! Figures by their names: `params`, `macs.backward`, `memory.train(batch = 64)`, `y.shape`.

use super::super::Elaborator;
use super::super::scope::{Binding, Val};
use super::refuse::Reported;
use crate::model::ValueRef;
use crate::model::recipe::Quantity;
use netc_grammar::ast::{Access, Call, Expr, ExprKind};
use netc_grammar::{Span, did_you_mean};

/// Figures that a name stands for.
const FIGURES: &[&str] =
    &["params", "trainable", "macs", "macs.backward", "flops", "flops.backward", "memory.predict", "memory.train"];

impl<'a> Elaborator<'a, '_> {
    /// The figure of a name, or the number that the network calls so.
    pub(super) fn figure(&mut self, name: &str, span: Span) -> Result<Quantity, Reported> {
        let quantity = match name {
            "params" => Quantity::Params,
            "trainable" => Quantity::Trainable,
            "macs" => Quantity::Macs,
            "flops" => Quantity::Flops,
            _ => match self.frame().find(name) {
                Some(Binding::Value(Val::Const(value))) => Quantity::Literal(value.clone()),
                Some(Binding::Value(Val::Unknown)) => return Err(self.reported(span)),
                _ => {
                    let help = match did_you_mean(name, FIGURES.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "figures are {}, and of a value `.shape` and `.receptive_field`",
                            FIGURES.join(", ")
                        ),
                    };
                    return Err(self.refuse(span, &format!("there is no figure `{name}`"), &help));
                }
            },
        };
        Ok(quantity)
    }

    /// `memory.train(batch = 64)`
    pub(super) fn memory(&mut self, call: &'a Call, expr: &'a Expr) -> Result<Quantity, Reported> {
        let names: Vec<&str> = call.callee.segments.iter().map(|segment| segment.text.as_str()).collect();
        let ["memory", which @ ("predict" | "train")] = names.as_slice() else { return self.literal(expr) };
        let [argument] = call.arguments.as_slice() else {
            let help = format!("write `memory.{which}(batch = 64)`");
            return Err(self.refuse(expr.span, "memory depends on the batch", &help));
        };
        if argument.name.as_ref().is_some_and(|name| name.text != "batch") {
            let help = format!("write `memory.{which}(batch = 64)`");
            return Err(self.refuse(argument.span, "memory takes the batch", &help));
        }
        let Some(batch) = self.whole(Some((&argument.value, argument.span)), "batch", 1, 1) else {
            return Err(self.reported(argument.span));
        };
        let batch = batch as usize;
        Ok(if *which == "train" { Quantity::MemoryTrain(batch) } else { Quantity::MemoryPredict(batch) })
    }

    /// `macs.backward`, `features.receptive_field`, `y.shape`, `layer1.0.conv1.shape`
    pub(super) fn figure_of(
        &mut self,
        base: &'a Expr,
        path: &'a [Access],
        expr: &'a Expr,
    ) -> Result<Quantity, Reported> {
        let ExprKind::Name(name) = &base.kind else { return self.literal(expr) };
        let mut members = Vec::new();
        for step in path {
            match step {
                Access::Member(member) => members.push(member),
                Access::Index { .. } => break,
            }
        }
        match (name.text.as_str(), members.iter().map(|member| member.text.as_str()).collect::<Vec<_>>().as_slice()) {
            ("macs", ["forward"]) => return Ok(Quantity::Macs),
            ("macs", ["backward"]) => return Ok(Quantity::MacsBackward),
            ("flops", ["forward"]) => return Ok(Quantity::Flops),
            ("flops", ["backward"]) => return Ok(Quantity::FlopsBackward),
            ("memory", [which @ ("predict" | "train")]) => {
                let batch = 1;
                return Ok(if *which == "train" {
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
        Ok(if last.text == "shape" { Quantity::Shape(value) } else { Quantity::ReceptiveField(value) })
    }

    /// A value by its name, or by the path of its label.
    fn named_value(&mut self, path: &str, span: Span) -> Result<ValueRef, Reported> {
        match self.frame().find(path) {
            Some(Binding::Value(Val::Tensor(tensor))) => return Ok(*tensor),
            Some(Binding::Value(Val::Unknown)) => return Err(self.reported(span)),
            _ => {}
        }
        if let Some(value) = self.labelled_value(path) {
            return Ok(value);
        }
        Err(if self.reports.has_errors() {
            self.reported(span)
        } else {
            let near = did_you_mean(path, self.labels.keys().take(10_000).map(String::as_str));
            let help = near
                .map_or("give it a name with `let` or a label".to_string(), |near| format!("did you mean `{near}`?"));
            self.refuse(span, &format!("there is no value `{path}`"), &help)
        })
    }
}
