//! Layers that bring values to mean 0 and deviation 1.

mod batch_norm;
mod layer_norm;
mod standardize;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family {
    title: "Normalisation",
    entries: &[entry::<batch_norm::BatchNorm>(), entry::<layer_norm::LayerNorm>(), entry::<standardize::Standardize>()],
};
