//! Layers in which every step of a sequence looks at others.

#[expect(clippy::module_inception, reason = "the operator has the family's name")]
mod attention;
mod multi_head_attention;

use super::Family;
use crate::op::entry;
use crate::op::prelude::*;

/// The table.
pub static FAMILY: Family = Family {
    title: "Attention",
    entries: &[entry::<attention::Attention>(), entry::<multi_head_attention::MultiHeadAttention>()],
};

/// The number of heads divides the features of an input.
fn require_heads(heads: usize, features: u64, input: usize) -> Result<(), Misuse> {
    if features.is_multiple_of(heads as u64) {
        return Ok(());
    }
    let divisors: Vec<String> =
        (1..=features.min(64)).filter(|n| features.is_multiple_of(*n)).map(|n| n.to_string()).collect();
    Err(Misuse::new(format!("{heads} heads do not divide the {features} features evenly"))
        .argument("heads")
        .input(input)
        .why(format!("{features}/{heads} is not whole"))
        .help(format!("give a number of heads that divides {features}: {}", divisors.join(", "))))
}

/// Features split into heads: [.., T, heads·d] → [.., heads, T, d].
fn split_heads(graph: &mut Builder, value: ValueId, heads: usize) -> ValueId {
    let shape = graph.shape(value).to_vec();
    let lead = shape.len() - 2;
    if heads == 1 {
        return value;
    }
    let mut parts = shape[..=lead].to_vec();
    parts.extend([heads, shape[lead + 1] / heads]);
    let parted = graph.reshape(value, &parts);
    let order: Vec<usize> = (0..lead).chain([lead + 1, lead, lead + 2]).collect();
    graph.permute(parted, &order)
}

/// The inverse of [`split_heads`].
fn join_heads(graph: &mut Builder, value: ValueId, heads: usize) -> ValueId {
    if heads == 1 {
        return value;
    }
    let rank = graph.shape(value).len();
    let lead = rank - 3;
    let order: Vec<usize> = (0..lead).chain([lead + 1, lead, lead + 2]).collect();
    let parted = graph.permute(value, &order);
    let shape = graph.shape(parted).to_vec();
    let mut joined = shape[..=lead].to_vec();
    joined.push(shape[lead + 1] * shape[lead + 2]);
    graph.reshape(parted, &joined)
}
