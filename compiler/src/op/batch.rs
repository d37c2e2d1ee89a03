//! Values without a batch, such as a trained image, given a batch of one for primitives that need the axis.

use super::Operand;
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use crate::types::Shape;

/// The operand with a batch axis in front.
pub fn with_batch(graph: &mut Builder, input: &Operand) -> ValueId {
    if input.ty.shape.is_batched() {
        return input.value;
    }
    let shape: Vec<usize> = std::iter::once(1).chain(graph.shape(input.value).iter().copied()).collect();
    graph.reshape(input.value, &shape)
}

/// A result of the type that `infer` gave, from one with a batch axis.
pub fn as_shape(graph: &mut Builder, value: ValueId, shape: &Shape) -> ValueId {
    let extents = shape.concrete(graph.graph.batch);
    graph.reshape(value, &extents)
}
