//! Cuts long reductions in two, so that many units share the work and no chain of additions is very long.

use super::order;
use super::prepare::{known, rebuild};
use crate::prim::{Prim, PrimGraph, ReduceOp, ValueId};

/// Elements above which a reduction is worth cutting.
const LONG: usize = 1 << 16;
/// Elements of one part, at least.
const PART: usize = 1 << 13;
/// Most parts.
const PARTS: usize = 64;
/// Results from which on the units lie in the kept axes.
const MANY_ROWS: usize = 64;

/// Replaces long sums and maxima by one over the inner axes, which keeps parts of the outermost, and one over the parts.
pub(super) fn split(graph: &mut PrimGraph, last: &[bool]) {
    if !graph.ids().any(|id| parts(graph, last, id).is_some()) {
        return;
    }
    let mut builder = rebuild(graph);
    let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|input| known(&renamed, *input)).collect();
        (builder.origin, builder.phase) = (node.origin, node.phase);
        let new = match (&node.prim, parts(graph, last, id)) {
            (Prim::Reduce { op, axes }, Some(parts)) => {
                let mut shape = Vec::new();
                let (mut first, mut second) = (Vec::new(), Vec::new());
                let mut kept = 0;
                for (axis, &extent) in graph.ty(node.inputs[0]).shape.iter().enumerate() {
                    let pieces = parts[axis];
                    if !axes.contains(&axis) {
                        shape.push(extent);
                        kept += 1;
                        continue;
                    }
                    if pieces > 1 {
                        shape.push(pieces);
                        second.push(kept);
                        kept += 1;
                    }
                    if extent > pieces || pieces == 1 {
                        first.push(shape.len());
                        shape.push(extent / pieces);
                    }
                }
                let cut = builder.reshape(inputs[0], &shape);
                let partial = builder.reduce(*op, cut, &first);
                builder.reduce(*op, partial, &second)
            }
            (prim, _) => builder.push(prim.clone(), inputs, node.ty.clone()),
        };
        renamed[id.0 as usize] = Some(new);
    }
    let mut prims = builder.graph;
    prims.results = graph.results.iter().map(|(role, value)| (role.clone(), known(&renamed, *value))).collect();
    prims.updates = graph.updates.iter().map(|&(state, value)| (state, known(&renamed, value))).collect();
    *graph = prims;
}

/// Into how many parts each axis of the input is cut; none if the reduction stays whole.
fn parts(graph: &PrimGraph, last: &[bool], id: ValueId) -> Option<Vec<usize>> {
    let node = graph.node(id);
    let Prim::Reduce { op: ReduceOp::Sum | ReduceOp::Max, axes } = &node.prim else { return None };
    let input = node.inputs[0];
    let shape = &graph.ty(input).shape;
    let total = graph.ty(input).elements();
    let rows = node.ty.elements();
    let order = order::long_axes(graph, last, input);
    let reduces_innermost = order.last().is_some_and(|axis| axes.contains(axis));
    let is_parallel = if reduces_innermost { rows >= MANY_ROWS } else { rows >= 16 * MANY_ROWS };
    if total < LONG || is_parallel {
        return None;
    }
    let mut parts = vec![1; shape.len()];
    let mut left = PARTS.min(total / PART);
    for axis in order.into_iter().filter(|axis| axes.contains(axis)) {
        let pieces = (1..=left.min(shape[axis])).rev().find(|pieces| shape[axis].is_multiple_of(*pieces))?;
        parts[axis] = pieces;
        left /= pieces;
        if pieces < shape[axis] {
            break;
        }
    }
    let pieces: usize = parts.iter().product();
    let reduced: usize = axes.iter().map(|&axis| shape[axis]).product();
    (pieces > 1 && pieces < reduced).then_some(parts)
}
