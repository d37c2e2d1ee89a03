//! Every trained parameter must move the loss: a walk from the loss against the edges along which gradients flow.

use crate::elaborate::Elaborator;
use crate::model::{LayerId, LayerKind, ParamId, ValueRef};
use crate::op::ParamKind;
use netc_grammar::Diagnostic;
use petgraph::Direction;
use petgraph::visit::EdgeRef;
use std::collections::BTreeSet;

/// Operators whose results carry no gradient to their inputs.
const STOPS: &[&str] = &["detach"];

impl Elaborator<'_, '_> {
    /// Reports trained parameters without a differentiable path to the loss, once per layer.
    pub fn differentiable_paths(&mut self, loss: ValueRef, frozen: &BTreeSet<ParamId>) {
        if self.reports.has_errors() {
            return;
        }
        let mut reached = vec![false; self.graph.node_count()];
        let mut params: BTreeSet<ParamId> = frozen.clone();
        let mut stack = vec![loss.layer];
        reached[loss.layer.index()] = true;
        while let Some(id) = stack.pop() {
            let layer = &self.graph[id];
            params.extend(layer.params.iter().map(|&(_, id)| id));
            match &layer.kind {
                LayerKind::Param(id) => drop(params.insert(*id)),
                LayerKind::Apply(op) if STOPS.contains(&op.name()) => continue,
                _ => {}
            }
            for edge in self.graph.edges_directed(id, Direction::Incoming) {
                let source = edge.source();
                if edge.weight().ty.dtype.is_float() && !std::mem::replace(&mut reached[source.index()], true) {
                    stack.push(source);
                }
            }
        }
        let mut reported = BTreeSet::new();
        for index in 0..self.graph.node_count() {
            let id = LayerId::new(index);
            let unmoved = |&&(_, param): &&(&'static str, ParamId)| {
                self.params[param.0 as usize].kind == ParamKind::Trainable && !params.contains(&param)
            };
            if let Some(&(_, param)) = self.graph[id].params.iter().find(unmoved) {
                self.report_unmoved(param, &mut reported);
            }
        }
        for index in 0..self.params.len() as u32 {
            let id = ParamId(index);
            if self.params[index as usize].kind == ParamKind::Trainable && !params.contains(&id) {
                self.report_unmoved(id, &mut reported);
            }
        }
    }

    fn report_unmoved(&mut self, id: ParamId, reported: &mut BTreeSet<netc_grammar::Span>) {
        let param = &self.params[id.0 as usize];
        let (span, path) = (param.span, param.path.clone());
        if reported.insert(span) {
            self.report(
                Diagnostic::error("E0505", format!("`{path}` is trained, but the loss does not depend on it"))
                    .at(span, "no gradient gets here")
                    .help(
                        "use its result in the loss, remove it, or say that it is not trained: `trainable = false`, \
                         or `freeze = [ … ]` in the recipe",
                    ),
            );
        }
    }
}
