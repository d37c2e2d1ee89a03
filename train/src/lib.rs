//! Data sources, training loop, checkpoints, metrics: from files and a compiled step to trained weights.
#![forbid(unsafe_code)]

pub mod data;
pub mod error;
pub mod file;

pub use error::{Fault, TrainError};
