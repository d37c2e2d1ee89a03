//! Makes the graph ready for fusion: values that nothing needs are dropped, variances become two sums.

use super::sums::Sums;
use crate::prim::builder::Builder;
use crate::prim::{Mode, Prim, PrimGraph, ReduceOp, StateId, ValueId};
use crate::simplify::remove_unread;

/// A graph of the same meaning without dead values, without `Variance` and, outside of a step, without updates.
pub(super) fn prepare(graph: &PrimGraph) -> PrimGraph {
    let live = live(graph);
    let mut builder = rebuild(graph);
    let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
    let mut sums = Sums::default();
    let mut readers = vec![0; graph.nodes.len()];
    for node in graph.nodes.iter().zip(&live).filter_map(|(node, live)| live.then_some(node)) {
        node.inputs.iter().for_each(|input| readers[input.0 as usize] += 1);
    }
    for id in graph.ids().filter(|id| live[id.0 as usize]) {
        let node = graph.node(id);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|input| known(&renamed, *input)).collect();
        (builder.origin, builder.phase) = (node.origin, node.phase);
        let new = match &node.prim {
            Prim::Reduce { op: ReduceOp::Variance, axes } => sums.variance(&mut builder, inputs[0], axes),
            Prim::Reduce { op: ReduceOp::Sum, axes } => {
                let is_alone = readers[node.inputs[0].0 as usize] == 1;
                sums.sum(&mut builder, inputs[0], axes, is_alone)
            }
            prim => builder.push(prim.clone(), inputs, node.ty.clone()),
        };
        renamed[id.0 as usize] = Some(new);
    }
    let mut prims = builder.graph;
    prims.results = graph.results.iter().map(|(role, value)| (role.clone(), known(&renamed, *value))).collect();
    prims.updates = updates(graph).map(|(state, value)| (state, known(&renamed, value))).collect();
    remove_unread(prims)
}

/// A builder that appends to an empty copy of the graph.
pub(super) fn rebuild(graph: &PrimGraph) -> Builder {
    let copy = PrimGraph {
        name: graph.name.clone(),
        mode: graph.mode,
        batch: graph.batch,
        nodes: Vec::with_capacity(graph.nodes.len()),
        layers: graph.layers.clone(),
        inputs: graph.inputs.clone(),
        states: graph.states.clone(),
        results: Vec::new(),
        updates: Vec::new(),
    };
    Builder {
        graph: copy,
        origin: crate::prim::OriginId(0),
        phase: crate::prim::Phase::Forward,
        frozen: false,
        versions: vec![None; graph.states.len()],
        draws: 0,
    }
}

pub(super) fn known(renamed: &[Option<ValueId>], value: ValueId) -> ValueId {
    renamed[value.0 as usize].expect("live values precede their readers")
}

fn updates(graph: &PrimGraph) -> impl Iterator<Item = (StateId, ValueId)> + '_ {
    graph.updates.iter().copied().filter(|_| graph.mode == Mode::Step)
}

fn live(graph: &PrimGraph) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    let roots = graph.results.iter().map(|result| result.1).chain(updates(graph).map(|update| update.1));
    for root in roots {
        live[root.0 as usize] = true;
    }
    for id in graph.ids().rev() {
        if live[id.0 as usize] {
            for input in &graph.node(id).inputs {
                live[input.0 as usize] = true;
            }
        }
    }
    live
}
