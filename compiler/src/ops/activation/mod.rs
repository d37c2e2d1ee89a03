//! Non-linear functions.

mod gelu;
mod leaky_relu;
mod log_softmax;
mod relu;
mod sigmoid;
mod softmax;
mod tanh;

use super::Family;
use crate::op::entry;
use crate::op::prelude::*;
use crate::prim::ReduceOp;

/// The table.
pub static FAMILY: Family = Family {
    title: "Activations",
    entries: &[
        entry::<relu::Relu>(),
        entry::<leaky_relu::LeakyRelu>(),
        entry::<sigmoid::Sigmoid>(),
        entry::<tanh::Tanh>(),
        entry::<gelu::Gelu>(),
        entry::<softmax::Softmax>(),
        entry::<log_softmax::LogSoftmax>(),
    ],
};

/// x − max x along an axis: exponentials of it neither overflow nor all vanish. The maximum is a constant for the
/// gradient, because softmax and log-sum-exp do not change with it.
pub(crate) fn below_maximum(graph: &mut Builder, x: ValueId, axis: usize) -> ValueId {
    let shape = graph.shape(x).to_vec();
    let largest = graph.reduce(ReduceOp::Max, x, &[axis]);
    let largest = graph.detach(largest);
    let largest = broadcast::restore(graph, largest, &shape, &[axis]);
    graph.map2(x, largest, |x, largest| x - largest)
}

/// x − ln Σ eˣ along an axis.
pub(crate) fn log_softmax_along(graph: &mut Builder, x: ValueId, axis: usize) -> ValueId {
    let shape = graph.shape(x).to_vec();
    let shifted = below_maximum(graph, x, axis);
    let exponentials = graph.map1(shifted, |x| x.exp());
    let sum = graph.sum(exponentials, &[axis]);
    let log = graph.map1(sum, |sum| sum.log());
    let log = broadcast::restore(graph, log, &shape, &[axis]);
    graph.map2(shifted, log, |x, log| x - log)
}
