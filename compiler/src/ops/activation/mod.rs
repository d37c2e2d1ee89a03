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
