//! Makes the graph ready for fusion: values that nothing needs are dropped, variances become two sums.

use crate::prim::builder::Builder;
use crate::prim::{Mode, Prim, PrimGraph, ReduceOp, StateId, ValueId};
use std::collections::HashMap;

/// A graph of the same meaning without dead values, without `Variance` and, outside of a step, without updates.
pub(super) fn prepare(graph: &PrimGraph) -> PrimGraph {
    let live = live(graph);
    let mut builder = rebuild(graph);
    let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
    let mut sums: HashMap<(ValueId, Vec<usize>), ValueId> = HashMap::new();
    for id in graph.ids().filter(|id| live[id.0 as usize]) {
        let node = graph.node(id);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|input| known(&renamed, *input)).collect();
        (builder.origin, builder.phase) = (node.origin, node.phase);
        let new = match &node.prim {
            Prim::Reduce { op: ReduceOp::Variance, axes } => variance(&mut builder, inputs[0], axes, &mut sums),
            Prim::Reduce { op: ReduceOp::Sum, axes } => sum(&mut builder, inputs[0], axes, &mut sums),
            prim => builder.push(prim.clone(), inputs, node.ty.clone()),
        };
        renamed[id.0 as usize] = Some(new);
    }
    let mut prims = builder.graph;
    prims.results = graph.results.iter().map(|(role, value)| (role.clone(), known(&renamed, *value))).collect();
    prims.updates = updates(graph).map(|(state, value)| (state, known(&renamed, value))).collect();
    prims
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

type Sums = HashMap<(ValueId, Vec<usize>), ValueId>;

fn sum(builder: &mut Builder, value: ValueId, axes: &[usize], sums: &mut Sums) -> ValueId {
    *sums.entry((value, axes.to_vec())).or_insert_with(|| builder.sum(value, axes))
}

/// Σ (x − Σx/n)² / n
fn variance(builder: &mut Builder, x: ValueId, axes: &[usize], sums: &mut Sums) -> ValueId {
    let shape = builder.shape(x).to_vec();
    let count: usize = axes.iter().map(|&axis| shape[axis]).product();
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let total = sum(builder, x, axes, sums);
    let mean = builder.map1(total, |x| x / count as f64);
    let mean = builder.broadcast_along(mean, &shape, kept);
    let squares = builder.map2(x, mean, |x, mean| {
        let deviation = x - mean;
        deviation.clone() * deviation
    });
    let total = sum(builder, squares, axes, sums);
    builder.map1(total, |x| x / count as f64)
}
