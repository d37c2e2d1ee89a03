//! The programs of a network by batch size, as traits that its type has.

use super::{Network, Schedule};

/// A schedule, and where in a run's memory its inputs and results are.
#[derive(Debug)]
pub struct Program {
    /// What is executed.
    pub schedule: &'static Schedule,
    /// First float of each input and target, and its elements.
    pub inputs: &'static [(usize, usize)],
    /// First float of each output, and its elements.
    pub outputs: &'static [(usize, usize)],
    /// The loss, if there is one.
    pub loss: usize,
    /// First float of each parameter's gradient, by position of the parameter.
    pub gradients: &'static [Option<usize>],
}

/// A network that predicts `B` samples at once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not compiled for predictions of {B} samples at once",
    note = "name the sizes in the call of `network!`, such as `batches = [{B}]`"
)]
pub trait Predicts<const B: usize>: Network {
    /// From inputs to outputs.
    const PREDICT: &'static Program;
}

/// A network that trains on batches of `B` samples.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not compiled for training on batches of {B} samples",
    note = "the recipe's `batch` is compiled, and the sizes of `train_batch = […]` in the call of `network!`"
)]
pub trait Trains<const B: usize>: Network {
    /// From inputs and targets to the loss and gradients.
    const GRADIENTS: &'static Program;
    /// From inputs and targets to the loss and new parameters.
    const STEP: &'static Program;
}
