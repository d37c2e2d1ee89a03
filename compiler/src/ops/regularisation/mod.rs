//! Layers that act only while training.

mod dropout;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family { title: "Regularisation", entries: &[entry::<dropout::Dropout>()] };
