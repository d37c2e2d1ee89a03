//! Layers that multiply by a matrix.

mod dense;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family { title: "Dense layers", entries: &[entry::<dense::Dense>()] };
