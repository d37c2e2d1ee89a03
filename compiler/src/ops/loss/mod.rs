//! Losses: one number from predictions and targets, the mean over the batch.

mod mse;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family { title: "Losses", entries: &[entry::<mse::Mse>()] };

use crate::op::Operand;
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use crate::prim::scalar::Scalar;

/// Arithmetic mean of a value over all its axes, the batch included.
pub(crate) fn mean_of_all(graph: &mut Builder, value: ValueId) -> ValueId {
    let axes: Vec<usize> = (0..graph.shape(value).len()).collect();
    graph.mean(value, &axes)
}

/// Mean over all elements of a program on elements of the operands.
pub(crate) fn mean_of(graph: &mut Builder, inputs: &[Operand], program: impl FnOnce(&[Scalar]) -> Scalar) -> ValueId {
    let each = crate::op::broadcast::map(graph, inputs, program);
    mean_of_all(graph, each)
}
