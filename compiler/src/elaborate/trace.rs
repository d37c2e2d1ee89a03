//! Errors of shapes: at the call, with both producers, the chain of sizes that led there, and a size that would fit.

use super::Elaborator;
use super::call::CallSpans;
use crate::model::{LayerKind, ValueRef};
use crate::op::Misuse;
use netc_grammar::{Diagnostic, Span};
use petgraph::Direction;
use petgraph::visit::EdgeRef;
use std::collections::BTreeSet;

/// Layers that a chain of reasons may go back.
const TRACE: usize = 512;
/// Steps of a chain that are shown at each end.
const SHOWN: usize = 4;

impl Elaborator<'_, '_> {
    /// An operator's refusal of its inputs or arguments, as a diagnostic.
    pub fn misuse(&mut self, operator: &str, misuse: &Misuse, spans: &CallSpans, inputs: &[ValueRef]) {
        let argument = misuse.argument.and_then(|name| spans.names.iter().position(|known| *known == name));
        let place = argument.and_then(|index| spans.given.get(index)).copied();
        let code = match (misuse.argument, inputs.len()) {
            (Some(_), _) => "E0402",
            (None, 2..) => "E0301",
            (None, _) => "E0302",
        };
        let mut diagnostic =
            Diagnostic::error(code, misuse.message.clone()).at(place.unwrap_or(spans.call), operator.to_string());
        let mut shown: BTreeSet<Span> = BTreeSet::new();
        for &input in inputs {
            let layer = &self.graph[input.layer];
            if matches!(layer.kind, LayerKind::Constant(_)) || !shown.insert(layer.span) {
                continue;
            }
            let context = &self.contexts[self.layer_contexts[input.layer.index()] as usize];
            diagnostic = diagnostic.note(layer.span, format!("{}{context}", layer.outputs[input.output]));
        }
        let mut why = misuse.why.clone();
        let mut help = misuse.help.clone();
        if let [left, right] = inputs
            && let Some(axis) = self.disagreement(*left, *right)
        {
            let chains: Vec<String> =
                [*left, *right].into_iter().filter_map(|value| self.chain_of_sizes(value, axis)).collect();
            if !chains.is_empty() {
                why = Some(chains.join("; "));
            }
            if let Some(fit) = self.fitting_size(*left, *right, axis) {
                help = Some(fit);
            }
        }
        diagnostic = diagnostic.maybe_help(help);
        if let Some(why) = why {
            diagnostic = diagnostic.why(why);
        }
        self.report(diagnostic);
    }

    /// The first spatial axis on which two maps differ.
    fn disagreement(&self, left: ValueRef, right: ValueRef) -> Option<usize> {
        let (left, right) = (self.ty(left).shape.dims(), self.ty(right).shape.dims());
        if left.len() != 3 || right.len() != 3 {
            return None;
        }
        (1..3).find(|&axis| left[axis] != right[axis] && left[axis] != 1 && right[axis] != 1)
    }

    /// Extents of an axis from the nearest source to a value: each layer that changed it.
    fn sizes(&self, value: ValueRef, axis: usize) -> Vec<(ValueRef, u64)> {
        let mut sizes = Vec::new();
        let mut value = value;
        for _ in 0..TRACE {
            let dims = self.ty(value).shape.dims();
            let Some(&extent) = (dims.len() == 3).then(|| &dims[axis]) else { break };
            sizes.push((value, extent));
            let first =
                self.graph.edges_directed(value.layer, Direction::Incoming).min_by_key(|edge| edge.weight().input);
            let Some(edge) = first else { break };
            value = ValueRef { layer: edge.source(), output: edge.weight().output };
        }
        sizes.reverse();
        let mut last = None;
        sizes.retain(|&(_, extent)| last.replace(extent) != Some(extent));
        sizes
    }

    /// "input 358 → max_pool(2) → 179 → …"
    fn chain_of_sizes(&self, value: ValueRef, axis: usize) -> Option<String> {
        let sizes = self.sizes(value, axis);
        if sizes.len() < 2 {
            return None;
        }
        let step = |&(value, extent): &(ValueRef, u64)| match &self.graph[value.layer].kind {
            LayerKind::Apply(op) => {
                let arguments = op.arguments();
                let kernel = arguments.iter().find(|(name, _)| matches!(*name, "kernel" | "scale"));
                let stride = arguments.iter().find(|(name, text)| *name == "stride" && text != "none");
                let list: Vec<String> = kernel
                    .map(|(_, text)| text.clone())
                    .into_iter()
                    .chain(stride.map(|(name, text)| format!("{name} {text}")))
                    .collect();
                let list = if list.is_empty() { String::new() } else { format!("({})", list.join(", ")) };
                format!("{}{list} → {extent}", op.name())
            }
            _ => format!("{} {extent}", self.graph[value.layer].path),
        };
        let steps: Vec<String> = sizes.iter().map(step).collect();
        if steps.len() <= 2 * SHOWN {
            return Some(steps.join(" → "));
        }
        Some(format!("{} → … → {}", steps[..SHOWN].join(" → "), steps[steps.len() - SHOWN..].join(" → ")))
    }

    /// The multiple that the input's extent must be of, for sizes that are halved and doubled again.
    fn fitting_size(&self, left: ValueRef, right: ValueRef, axis: usize) -> Option<String> {
        let longer = [left, right].into_iter().map(|value| self.sizes(value, axis)).max_by_key(Vec::len)?;
        let &(source, extent) = longer.first()?;
        if !matches!(self.graph[source.layer].kind, LayerKind::Input) {
            return None;
        }
        let smallest = longer.iter().map(|&(_, extent)| extent).min()?;
        let ratio = (extent as f64 / smallest as f64).round() as u64;
        let divisor = ratio.checked_next_power_of_two()?;
        if divisor < 2 || extent % divisor == 0 || divisor > extent {
            return None;
        }
        let name = ["channels", "height", "width"][axis];
        let (below, above) = (extent / divisor * divisor, (extent / divisor + 1) * divisor);
        Some(format!(
            "give `{}` a {name} that is divisible by {divisor}: {below} or {above}",
            self.graph[source.layer].path
        ))
    }
}
