//! Which reductions are computed once per row of their readers' loops.

use super::order;
use super::rule::Rule;
use super::store::is_sliver;
use crate::prim::{Prim, PrimGraph, ReduceOp, ValueId, View};

/// Values that the search for the readers of a reduction may visit.
const MOST_VISITS: usize = 200;

/// Whether a reduction over the innermost axes is needed only where its readers loop over its own axes outermost, so
/// that it can be computed once per row of theirs.
pub(super) fn is_per_row(
    graph: &PrimGraph,
    last: &[bool],
    readers: &[Vec<ValueId>],
    rules: &[Option<Rule>],
    finishes: &[Option<ValueId>],
    id: ValueId,
) -> bool {
    let Prim::Reduce { axes, .. } = &graph.node(id).prim else { return false };
    let input = graph.node(id).inputs[0];
    let order = order::long_axes(graph, last, input);
    let kept = order.iter().take_while(|axis| !axes.contains(axis)).count();
    if !order[kept..].iter().all(|axis| axes.contains(axis)) {
        return false;
    }
    let is_long = |axis: &usize| graph.ty(id).shape[*axis] > 1;
    let own: Vec<usize> = (0..graph.ty(id).shape.len()).filter(is_long).collect();
    let mut open = vec![(id, own)];
    let (mut visits, mut kernels) = (0, 0);
    while let Some((value, rows)) = open.pop() {
        for &reader in &readers[value.0 as usize] {
            visits += 1;
            if visits > MOST_VISITS || finishes[reader.0 as usize].is_some() {
                return false;
            }
            let Some(rows) = carry(graph, reader, value, &rows) else { return false };
            let order = order::long_axes(graph, last, if is_reduce(graph, reader) { value } else { reader });
            let mut sequence = order.clone();
            if let Prim::Reduce { axes, .. } = &graph.node(reader).prim {
                sequence.sort_by_key(|axis| axes.contains(axis));
            }
            let is_outermost = sequence.iter().take(rows.len()).all(|axis| rows.contains(axis));
            if is_reduce(graph, reader) || rules[reader.0 as usize].is_some() {
                kernels += 1;
                if !is_outermost || kernels > 4 {
                    return false;
                }
            } else {
                open.push((reader, rows));
            }
        }
    }
    true
}

fn is_reduce(graph: &PrimGraph, id: ValueId) -> bool {
    matches!(graph.node(id).prim, Prim::Reduce { .. })
}

/// The axes of a reader's iteration that `rows`, axes of its input, become; none where that is not simple.
fn carry(graph: &PrimGraph, reader: ValueId, value: ValueId, rows: &[usize]) -> Option<Vec<usize>> {
    let node = graph.node(reader);
    match &node.prim {
        Prim::Map(_) | Prim::Detach => Some(rows.to_vec()),
        Prim::Reduce { op: ReduceOp::Argmax, .. } => None,
        Prim::Reduce { .. } => Some(rows.to_vec()),
        Prim::View(View::Broadcast(axes)) => Some(rows.iter().map(|&row| axes[row]).collect()),
        Prim::View(View::Permute(axes)) => {
            Some(rows.iter().map(|row| axes.iter().position(|axis| axis == row)).collect::<Option<_>>()?)
        }
        Prim::View(View::Reshape) if is_sliver(graph, reader) => {
            let long = |value: ValueId| {
                let shape = &graph.ty(value).shape;
                (0..shape.len()).filter(|&axis| shape[axis] > 1).collect::<Vec<_>>()
            };
            let (from, to) = (long(value), long(reader));
            rows.iter().map(|row| from.iter().position(|axis| axis == row).map(|at| to[at])).collect()
        }
        _ => None,
    }
}
