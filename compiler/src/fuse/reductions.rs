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

/// Replaces long sums and maxima by one over the inner axes, which keeps parts of the outermost, and one over the
/// parts. Gives the values that hold parts, which must be stored. The axes of a part lie as those of the input do in
/// memory.
pub(super) fn split(graph: &mut PrimGraph, last: &[bool]) -> Vec<ValueId> {
    let mut partials = Vec::new();
    if !graph.ids().any(|id| parts(graph, last, id).is_some()) {
        return partials;
    }
    let mut builder = rebuild(graph);
    let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|input| known(&renamed, *input)).collect();
        (builder.origin, builder.phase) = (node.origin, node.phase);
        let new = match (&node.prim, parts(graph, last, id)) {
            (Prim::Reduce { op, axes }, Some(parts)) => {
                let input = node.inputs[0];
                let cuts = cuts(&graph.ty(input).shape, axes, &parts);
                let shape: Vec<usize> = cuts.iter().flatten().map(|&(extent, _)| extent).collect();
                let begins: Vec<usize> =
                    cuts.iter().scan(0, |end, cut| Some(std::mem::replace(end, *end + cut.len()))).collect();
                let order = order::axes(parts.len(), last[input.0 as usize]);
                let places: Vec<usize> =
                    order.iter().flat_map(|&axis| begins[axis]..begins[axis] + cuts[axis].len()).collect();
                let roles: Vec<Cut> = order.iter().flat_map(|&axis| &cuts[axis]).map(|&(_, cut)| cut).collect();
                let at =
                    |wanted: Cut, roles: &[Cut]| (0..roles.len()).filter(|&at| roles[at] == wanted).collect::<Vec<_>>();
                let first = at(Cut::Within, &roles);
                let left: Vec<Cut> = roles.iter().copied().filter(|&cut| cut != Cut::Within).collect();
                let second = at(Cut::Part, &left);
                let cut = builder.reshape(inputs[0], &shape);
                let cut = builder.permute(cut, &places);
                let partial = builder.reduce(*op, cut, &first);
                partials.push(partial);
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
    partials
}

/// What becomes of an axis of the input, or of a piece of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// It stays.
    Kept,
    /// It numbers parts.
    Part,
    /// It is reduced within a part.
    Within,
}

/// Extents and roles of the pieces of each axis.
fn cuts(shape: &[usize], axes: &[usize], parts: &[usize]) -> Vec<Vec<(usize, Cut)>> {
    let cut = |(axis, &extent): (usize, &usize)| match (axes.contains(&axis), parts[axis]) {
        (false, _) => vec![(extent, Cut::Kept)],
        (true, 1) => vec![(extent, Cut::Within)],
        (true, pieces) if pieces == extent => vec![(pieces, Cut::Part)],
        (true, pieces) => vec![(pieces, Cut::Part), (extent / pieces, Cut::Within)],
    };
    shape.iter().enumerate().map(cut).collect()
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
