//! Data sources, training loop, checkpoints, metrics: from files and a compiled step to trained weights.
#![forbid(unsafe_code)]

pub mod checkpoint;
pub mod data;
pub mod early_stop;
pub mod error;
pub mod file;
pub mod fit;
pub mod metric;
pub mod moments;
pub mod progress;
pub mod run_folder;
pub mod schedule;
pub mod start;
pub mod stepper;
pub mod weights;

pub use error::{Fault, TrainError};
