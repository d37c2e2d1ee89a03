//! Simplification: from a primitive graph to a smaller one with the same results, bit for bit (of a NaN, only that it
//! is one).
//!
//! One pass in topological order rewrites each node by the rules of [`rules`] and finds equal ones by their
//! description; what nothing reads is then removed. Linear in the graph but for the table of known nodes. Gradients
//! must have been taken before, because `Detach` disappears. Folding of scales into weights changes bits and stands
//! apart in [`fold_scales`].

mod affine;
mod duplicates;
mod fold_scales;
mod rules;
mod scalar;

pub use fold_scales::fold_scales;
pub use scalar::simplify_program;

use crate::prim::{Node, PrimGraph, ValueId};
use duplicates::Known;
use rules::{Rewrite, rewrite};

/// The same results from fewer nodes.
pub fn simplify(mut graph: PrimGraph) -> PrimGraph {
    let old = std::mem::take(&mut graph.nodes);
    let mut known = Known::default();
    let mut places: Vec<ValueId> = Vec::with_capacity(old.len());
    for mut node in old {
        for input in &mut node.inputs {
            *input = places[input.0 as usize];
        }
        places.push(place(&mut graph, &mut known, node));
    }
    for (_, value) in &mut graph.results {
        *value = places[value.0 as usize];
    }
    for (_, value) in &mut graph.updates {
        *value = places[value.0 as usize];
    }
    remove_unread(graph)
}

/// The value that a node computes, existing or appended.
fn place(graph: &mut PrimGraph, known: &mut Known, mut node: Node) -> ValueId {
    loop {
        match rewrite(graph, &node) {
            Rewrite::Value(value) => return value,
            Rewrite::Node { prim, inputs } => (node.prim, node.inputs) = (prim, inputs),
            Rewrite::Done => return known.find_or_push(graph, node),
        }
    }
}

/// Drops nodes that neither a result nor an update depends on.
pub fn remove_unread(mut graph: PrimGraph) -> PrimGraph {
    let mut read = vec![false; graph.nodes.len()];
    let results = graph.results.iter().map(|&(_, value)| value);
    for value in results.chain(graph.updates.iter().map(|&(_, value)| value)) {
        read[value.0 as usize] = true;
    }
    for index in (0..graph.nodes.len()).rev() {
        if read[index] {
            graph.nodes[index].inputs.iter().for_each(|input| read[input.0 as usize] = true);
        }
    }
    let mut places = vec![ValueId(u32::MAX); graph.nodes.len()];
    let mut kept = Vec::new();
    for (index, mut node) in std::mem::take(&mut graph.nodes).into_iter().enumerate() {
        if read[index] {
            node.inputs.iter_mut().for_each(|input| *input = places[input.0 as usize]);
            places[index] = ValueId(kept.len() as u32);
            kept.push(node);
        }
    }
    graph.nodes = kept;
    graph.results.iter_mut().for_each(|(_, value)| *value = places[value.0 as usize]);
    graph.updates.iter_mut().for_each(|(_, value)| *value = places[value.0 as usize]);
    graph
}
