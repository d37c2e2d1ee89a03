//! Non-linear functions.

mod relu;
mod sigmoid;
mod tanh;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family {
    title: "Activations",
    entries: &[entry::<relu::Relu>(), entry::<sigmoid::Sigmoid>(), entry::<tanh::Tanh>()],
};
