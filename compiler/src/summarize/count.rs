//! Costs summed by layer: forward from the network's primitives, backward from the gradients that a step needs.

use crate::differentiate::{Wanted, differentiate, differentiate_outputs};
use crate::expand::expand_all;
use crate::model::{LayerId, Model, Section};
use crate::pipeline::trained;
use crate::prim::cost::{Cost, cost};
use crate::prim::{Mode, Phase, PrimGraph, Role, StateId, ValueId};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The cost of each layer's own primitives, by the layer's index.
pub fn by_origin(graph: &PrimGraph) -> Vec<Cost> {
    let mut costs = vec![Cost::default(); graph.layers.len()];
    for node in &graph.nodes {
        if let Some(sum) = costs.get_mut(node.origin.0 as usize) {
            *sum += cost(graph, node);
        }
    }
    costs
}

/// The cost of the network's gradients by its trained parameters, dead values left out: from the loss where there is
/// a recipe, else from a given gradient of every output.
pub fn backward(model: &Model) -> Cost {
    let wanted: Vec<Wanted> = trained(model).iter().map(|&id| Wanted::State(StateId(id.0))).collect();
    let expanded = expand_all(model, Mode::Gradients, 1, &[]);
    let loss = expanded.graph.results.iter().find(|(role, _)| *role == Role::Loss).map(|&(_, value)| value);
    let graph = match loss {
        Some(loss) => differentiate(expanded.graph, loss, &wanted),
        None => {
            let outputs: Vec<ValueId> = model
                .outputs
                .iter()
                .filter_map(|output| expanded.values[output.value.layer.index()].get(output.value.output).copied())
                .filter(|&value| expanded.graph.ty(value).dtype.is_float())
                .collect();
            differentiate_outputs(expanded.graph, &outputs, &wanted)
        }
    };
    let mut alive = vec![false; graph.nodes.len()];
    for (role, value) in &graph.results {
        alive[value.0 as usize] = matches!(role, Role::Gradient(_));
    }
    let mut total = Cost::default();
    for index in (0..graph.nodes.len()).rev() {
        if !alive[index] {
            continue;
        }
        let node = &graph.nodes[index];
        for input in &node.inputs {
            alive[input.0 as usize] = true;
        }
        let of_network = model.layer(LayerId::new(node.origin.0 as usize)).section == Section::Network;
        if node.phase == Phase::Backward && of_network {
            total += cost(&graph, node);
        }
    }
    total
}

/// The default of an operator's argument as it would be written; `None` where it must be given.
pub fn default_of(operator: &str, index: usize) -> Option<&'static str> {
    static DEFAULTS: OnceLock<BTreeMap<&'static str, Vec<Option<String>>>> = OnceLock::new();
    let defaults = DEFAULTS.get_or_init(|| {
        let list = |entry: &&crate::op::Entry| {
            let arguments = (entry.declaration)().arguments;
            (entry.name, arguments.into_iter().map(|argument| argument.default).collect())
        };
        crate::ops::all().iter().map(list).collect()
    });
    defaults.get(operator)?.get(index)?.as_deref()
}
