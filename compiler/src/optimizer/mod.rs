//! Rules of the update, one file each, written in primitives so that they are generated and fused like layers.

mod adam;
mod apply;
mod sgd;
mod shared;

pub use adam::Adam;
pub use apply::{Trained, apply_optimizer};
pub use sgd::Sgd;
pub use shared::{Decay, GroupArguments, Shared};

use crate::op::declare::{Declaration, Declare, Declared, Spelling};
use crate::op::{Misuse, Read};
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use crate::prim::scalar::Scalar;
use std::fmt::Debug;
use std::sync::Arc;

/// A rule that turns a gradient into a new parameter.
pub trait Optimizer: Declared + Debug + Send + Sync {
    /// Refuses numbers with which no update makes sense; all of them at once.
    fn check(&self) -> Result<(), Vec<Misuse>>;

    /// The base learning rate.
    fn rate(&self) -> f64;

    /// Factor of the parameter that is added to its gradient.
    fn weight_decay(&self) -> f64;

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

/// One line of the table of optimisers.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The name in the language.
    pub name: &'static str,
    /// Spellings of the arguments in positional order, with the bare words that each declares.
    pub spellings: &'static [Spelling],
    /// Name, documentation and arguments.
    pub declaration: fn() -> Declaration,
    /// Reads and checks the arguments; every problem is reported at once.
    pub read: Read<dyn Optimizer>,
}

const fn entry<O: Optimizer + Declare + 'static>() -> Entry {
    Entry {
        name: O::NAME,
        spellings: O::SPELLINGS,
        declaration: O::declaration,
        read: |given| {
            let optimizer = O::read(given)?;
            optimizer.check()?;
            Ok(Arc::new(optimizer))
        },
    }
}

static ENTRIES: &[Entry] = &[entry::<Adam>(), entry::<Sgd>()];

/// All optimisers, sorted by name.
pub fn all() -> &'static [Entry] {
    ENTRIES
}

/// The optimiser with this name.
pub fn lookup(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// The gradient with weight decay as PyTorch's `weight_decay` adds it: g + decay·p.
fn decayed(graph: &mut Builder, state: &Update<'_>, weight_decay: f64) -> ValueId {
    if state.decay && weight_decay != 0.0 {
        graph.map2(state.gradient, state.param, |g, p| g + &(p * weight_decay))
    } else {
        state.gradient
    }
}

/// Zero instead of numbers below the normal range of f32, so that all executors keep the same moments without
/// flushing modes.
pub fn flushed(x: &Scalar) -> Scalar {
    x.abs().less(f64::from(f32::MIN_POSITIVE)).select(0.0, x)
}

fn refuse(problems: &mut Vec<Misuse>, name: &'static str, value: f64, holds: bool, range: &str) {
    if !holds {
        let problem = Misuse::new(format!("`{name}` must be {range}, but is {value}")).argument(name);
        problems.push(problem.help(format!("give a number that is {range}")));
    }
}

fn all_or(problems: Vec<Misuse>) -> Result<(), Vec<Misuse>> {
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
