//! What is allowed and yet suspicious in a finished model: dead layers, layers that do nothing together.

use super::report::Reports;
use crate::model::{Layer, LayerId, LayerKind, Model, Section};
use netc_grammar::Diagnostic;
use petgraph::Direction;
use petgraph::visit::EdgeRef;

/// Reports warnings on the model's graph.
pub fn inspect(model: &Model, reports: &mut Reports) {
    dead_layers(model, reports);
    for id in model.graph.node_indices() {
        pair(model, id, reports);
    }
}

/// Layers that no output, loss or metric needs.
fn dead_layers(model: &Model, reports: &mut Reports) {
    let mut alive = vec![false; model.graph.node_count()];
    let mut roots: Vec<LayerId> = model.outputs.iter().map(|output| output.value.layer).collect();
    if let Some(recipe) = &model.recipe {
        roots.push(recipe.loss.layer);
        roots.extend(recipe.metrics.iter().map(|metric| metric.value.layer));
    }
    for root in &roots {
        alive[root.index()] = true;
    }
    let mut stack = roots;
    while let Some(id) = stack.pop() {
        for source in model.graph.neighbors_directed(id, Direction::Incoming) {
            if !std::mem::replace(&mut alive[source.index()], true) {
                stack.push(source);
            }
        }
    }
    for id in model.graph.node_indices().filter(|id| !alive[id.index()]) {
        let layer = model.layer(id);
        let last = model.graph.neighbors_directed(id, Direction::Outgoing).next().is_none();
        if let LayerKind::Apply(op) = &layer.kind
            && last
            && layer.section == Section::Network
        {
            reports.add(
                Diagnostic::warning("W0205", format!("the result of `{}` reaches no output", op.name()))
                    .at(layer.span, "computed for nothing")
                    .help("use it in an output or in the loss, or remove it"),
            );
        }
    }
}

/// A layer after a layer that makes one of both useless.
fn pair(model: &Model, id: LayerId, reports: &mut Reports) {
    let second = model.layer(id);
    let LayerKind::Apply(op) = &second.kind else { return };
    let mut edges = model.graph.edges_directed(id, Direction::Incoming);
    let Some(edge) = edges.find(|edge| edge.weight().input == 0) else { return };
    let first = model.layer(edge.source());
    let LayerKind::Apply(before) = &first.kind else { return };
    let used_once = model.graph.neighbors_directed(edge.source(), Direction::Outgoing).take(2).count() == 1;
    let warning = match (before.name(), op.name()) {
        ("dense", "dense") if used_once && trained(first, model) && !shares(first, second) => {
            Diagnostic::warning("W0301", "two dense layers with nothing between them equal one")
                .at(second.span, "")
                .note(first.span, "the first one")
                .help("put an activation between them (`-> relu`), or keep one; `#[allow(W0301)]` where it is meant")
        }
        ("relu" | "sigmoid" | "softmax", "relu") => {
            let what = before.name();
            let message = format!("`relu` after `{what}` changes nothing: its input is never negative");
            Diagnostic::warning("W0302", message).at(second.span, "").note(first.span, "").help("remove one of them")
        }
        ("softmax" | "log_softmax", "cross_entropy") | ("sigmoid", "binary_cross_entropy_with_logits") => {
            let message = format!("`{}` takes logits, but gets the result of `{}`", op.name(), before.name());
            let help = if op.name() == "cross_entropy" {
                "give it the value before `softmax`, or use `nll` for logarithms and `cross_entropy_of` for probabilities"
            } else {
                "give it the value before `sigmoid`, or use `binary_cross_entropy`"
            };
            Diagnostic::warning("W0303", message).at(second.span, "").note(first.span, "").help(help)
        }
        _ => return,
    };
    reports.add(warning);
}

fn trained(layer: &Layer, model: &Model) -> bool {
    layer.params.iter().any(|&(_, id)| model.param(id).kind == crate::op::ParamKind::Trainable)
}

fn shares(first: &Layer, second: &Layer) -> bool {
    first.params.iter().any(|param| second.params.contains(param))
}
