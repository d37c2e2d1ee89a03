//! Rules of the update, one file each, written in primitives so that they are generated and fused like layers.

use crate::op::declare::Declared;
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use std::fmt::Debug;

/// A rule that turns a gradient into a new parameter.
pub trait Optimizer: Declared + Debug + Send + Sync {
    /// The base learning rate.
    fn rate(&self) -> f64;

    /// Tensors kept per parameter, with the value before the first step: `momentum_buffer`, `exp_avg`.
    fn slots(&self) -> Vec<Slot>;

    /// The new parameter and the new slots, from the old ones, the gradient and the step's rate (a scalar).
    fn update(&self, graph: &mut Builder, state: Update<'_>) -> Updated;
}

/// One tensor that an optimiser keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// PyTorch's name in the optimiser's state.
    pub name: &'static str,
    /// Value before the first step.
    pub start: f32,
    /// A single number per parameter instead of one per element: a product such as βᵗ.
    pub scalar: bool,
}

/// What an update reads.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// The parameter before the step.
    pub param: ValueId,
    /// The gradient of the loss.
    pub gradient: ValueId,
    /// The slots before the step, in the order of `slots`.
    pub slots: &'a [ValueId],
    /// This step's learning rate, a scalar.
    pub rate: ValueId,
    /// Whether weight decay applies.
    pub decay: bool,
}

/// What an update gives.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The parameter after the step.
    pub param: ValueId,
    /// The slots after the step.
    pub slots: Vec<ValueId>,
}
