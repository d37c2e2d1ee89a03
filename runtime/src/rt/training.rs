//! Memory that training works in: slots of the optimiser, intermediate values, and the count of steps.

use core::marker::PhantomData;

use super::owned::require;
use super::schedule::Numbers;
use super::{Nested, Network, Owned, Parameter, Prepared, Program, Run, Storage, TooSmall};

/// Memory and progress of a training of network `N`.
#[derive(Debug)]
pub struct Training<N, S = Owned> {
    /// The slots, then what a step works on.
    memory: S,
    rate: f32,
    seed: u64,
    step: u64,
    first: u64,
    prepared: Option<Prepared>,
    /// Where the last gradients are, by position of the parameter.
    gradients: &'static [Option<usize>],
    network: PhantomData<fn() -> N>,
}

#[cfg(feature = "std")]
impl<N: Network> Training<N> {
    /// Allocates the memory; rate and seed are the recipe's.
    ///
    /// # Panics
    /// When there is not enough.
    #[expect(clippy::new_without_default, reason = "an allocation is spelled out")]
    pub fn new() -> Self {
        Self::start(super::allocate(N::TRAINING_FLOATS))
    }
}

impl<N: Network, S: Storage> Training<N, S> {
    /// Works in memory of the caller's, of at least [`Network::TRAINING_FLOATS`].
    ///
    /// # Errors
    /// When it is smaller.
    pub fn in_memory(memory: S) -> Result<Self, TooSmall> {
        require(&memory, N::TRAINING_FLOATS)?;
        Ok(Self::start(memory))
    }

    fn start(mut memory: S) -> Self {
        for slot in N::SLOTS.iter().copied().flatten() {
            let values = memory.floats_mut().get_mut(slot.at..slot.at + slot.elements).unwrap_or_default();
            slot.start.draw(slot.path, 0, values);
        }
        let (rate, seed) = (N::RATE, N::SEED);
        Self { memory, rate, seed, step: 0, first: 0, prepared: None, gradients: &[], network: PhantomData }
    }

    /// The learning rate of the steps to come.
    pub fn rate(&self) -> f32 {
        self.rate
    }

    /// Sets the learning rate of the steps to come.
    pub fn set_rate(&mut self, rate: f32) {
        self.rate = rate;
    }

    /// Sets the seed of the random numbers of steps: dropout and other draws.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The slots of the optimiser, at the places of [`Network::SLOTS`]: what a checkpoint keeps beside the parameters.
    pub fn slots(&self) -> &[f32] {
        self.memory.floats().get(..N::STATE_FLOATS).unwrap_or_default()
    }

    /// The same, to be restored.
    pub fn slots_mut(&mut self) -> &mut [f32] {
        self.memory.floats_mut().get_mut(..N::STATE_FLOATS).unwrap_or_default()
    }

    /// The next step's first sample is the first of an epoch.
    pub fn begin_epoch(&mut self) {
        self.first = 0;
    }

    /// The last gradient of a parameter; none before [`Training`] was given to `gradients`, nor for buffers and frozen
    /// parameters.
    pub fn gradient<T: Nested<Element = f32>>(&self, parameter: Parameter<N, T>) -> Option<&T> {
        let at = N::STATE_FLOATS + (*self.gradients.get(parameter.index())?)?;
        T::from_flat(self.memory.floats().get(at..at + T::ELEMENTS)?)
    }

    /// Begins a run of one of the network's programs.
    pub fn begin(&mut self, program: &'static Program) -> Run<'_> {
        let numbers = Numbers { rate: self.rate, seed: self.seed, step: self.step, first: self.first };
        self.gradients = program.gradients;
        let parts = self.memory.floats_mut().split_at_mut_checked(N::STATE_FLOATS);
        let (state, work) = parts.unwrap_or_default();
        Run { schedule: program.schedule, state, work, prepared: &mut self.prepared, numbers }
    }

    /// Counts a step of `batch` samples.
    pub fn advance(&mut self, batch: u64) {
        self.step += 1;
        self.first += batch;
    }
}
