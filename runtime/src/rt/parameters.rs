//! What is known of a network's parameters while Rust compiles.

use core::marker::PhantomData;

use netc_plan::Start;

use super::Nested;

/// A network that `network!` compiled.
pub trait Network {
    /// Its name in the source.
    const NAME: &'static str;
    /// Parameters and buffers, in the model's order.
    const PARAMETERS: &'static [ParameterInfo];
    /// Floats of all parameters and buffers with the gaps between them.
    const PARAMETER_FLOATS: usize;
    /// Floats of a workspace.
    const WORKSPACE_FLOATS: usize;
    /// Slots of the optimiser, those of a parameter side by side.
    const SLOTS: &'static [&'static [Slot]];
    /// Floats of the slots with the gaps between them.
    const STATE_FLOATS: usize;
    /// Floats of a training: the slots, then what a step works on.
    const TRAINING_FLOATS: usize;
    /// The recipe's learning rate.
    const RATE: f32;
    /// The recipe's seed.
    const SEED: u64;
}

/// A parameter or buffer.
#[derive(Clone, Copy, Debug)]
pub struct ParameterInfo {
    /// PyTorch's path.
    pub path: &'static str,
    /// Shape in PyTorch's order.
    pub shape: &'static [usize],
    /// First float among the network's.
    pub at: usize,
    /// Values before the first step.
    pub start: Start<'static>,
}

impl ParameterInfo {
    /// Number of elements.
    pub const fn elements(&self) -> usize {
        let (mut elements, mut axis) = (1, 0);
        while axis < self.shape.len() {
            elements *= self.shape[axis];
            axis += 1;
        }
        elements
    }

    /// Its elements among all of the network's.
    pub fn of<'a>(&self, params: &'a [f32]) -> &'a [f32] {
        params.get(self.at..self.at + self.elements()).unwrap_or_default()
    }

    /// The same, to be written.
    pub fn of_mut<'a>(&self, params: &'a mut [f32]) -> &'a mut [f32] {
        params.get_mut(self.at..self.at + self.elements()).unwrap_or_default()
    }
}

/// A slot of the optimiser.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The parameter's path, followed by the slot's name.
    pub path: &'static str,
    /// First float among the slots.
    pub at: usize,
    /// Number of floats.
    pub elements: usize,
    /// Values before the first step.
    pub start: Start<'static>,
}

/// The name of a parameter of network `N` as a constant, with its shape as the nested array `T`.
#[derive(Debug)]
pub struct Parameter<N, T> {
    index: usize,
    ty: PhantomData<fn() -> (N, T)>,
}

impl<N, T> Parameter<N, T> {
    /// The parameter at a position of [`Network::PARAMETERS`].
    pub const fn new(index: usize) -> Self {
        Self { index, ty: PhantomData }
    }

    /// Its position.
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl<N: Network, T: Nested<Element = f32>> Parameter<N, T> {
    /// The parameter among all floats of the network.
    ///
    /// # Panics
    /// Never for the parameters that generated code names.
    pub fn of(self, params: &[f32]) -> &T {
        let elements = N::PARAMETERS.get(self.index).map(|info| info.of(params)).unwrap_or_default();
        T::from_flat(elements).expect("a parameter lies among the network's floats")
    }

    /// Overwrites it.
    pub fn set(self, params: &mut [f32], value: &T) {
        let elements = N::PARAMETERS.get(self.index).map(|info| info.of_mut(params)).unwrap_or_default();
        elements.iter_mut().zip(value.flat()).for_each(|(element, value)| *element = *value);
    }
}

/// The elements of a parameter by its path.
pub fn by_path<'a, N: Network>(params: &'a [f32], path: &str) -> Option<&'a [f32]> {
    let info = N::PARAMETERS.iter().find(|parameter| parameter.path == path)?;
    Some(info.of(params))
}

/// Draws the starting values of all parameters.
pub fn draw<N: Network>(seed: u64, params: &mut [f32]) {
    for parameter in N::PARAMETERS {
        parameter.start.draw(parameter.path, seed, parameter.of_mut(params));
    }
}
