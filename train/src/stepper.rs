//! `Stepper`: what the training loop asks of a compiled network.

use crate::data::{Batch, Dataset};
use crate::error::TrainError;
use crate::weights::Tensor;

/// Numbers that change from step to step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scalars {
    /// Learning rate of this step, the schedule worked in.
    pub rate: f32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Optimiser steps done before this one.
    pub step: u64,
    /// Position of the batch's first sample in the epoch's order; sample i of the batch has `first + i`. Random
    /// numbers of a sample depend on it and on nothing else of the batch.
    pub first: u64,
}

/// A network that can be trained: compiled, or written by hand in a test.
pub trait Stepper {
    /// Fits buffers that hold statistics of the data (`standardize`, sampled prototypes); once, before the first step.
    fn fit(&mut self, training: &Dataset) -> Result<(), TrainError>;

    /// One optimiser step on a batch of any size; returns the mean loss before the update. If that is not finite, no
    /// weight, buffer or slot may have changed.
    fn step(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Result<f32, TrainError>;

    /// The mean loss of a batch, without dropout and without changing anything; pushes each metric's sum to `sums`, in
    /// the recipe's order.
    fn evaluate(&mut self, batch: Batch<'_>, sums: &mut Vec<f32>) -> Result<f32, TrainError>;

    /// Copies of parameters and buffers, in a fixed order.
    fn weights(&self) -> Vec<Tensor>;

    /// Copies of the optimiser's state, in a fixed order.
    fn slots(&self) -> Vec<Tensor>;

    /// Replaces parameters and buffers by what [`Stepper::weights`] gave; fails if paths or shapes differ.
    fn load_weights(&mut self, weights: &[Tensor]) -> Result<(), TrainError>;

    /// Replaces the optimiser's state by what [`Stepper::slots`] gave; fails if paths or shapes differ.
    fn load_slots(&mut self, slots: &[Tensor]) -> Result<(), TrainError>;

    /// Path of the first layer with an output that is not finite on this batch in training mode, if there is one.
    /// Changes nothing.
    fn first_non_finite_layer(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Option<String>;
}
