//! Memory of a network's type: what a program without an allocator declares as static blocks.

use super::schedule::Layout;
use super::{Options, Programs};
use crate::model::Model;
use crate::program::{Program, Verified, Violation};

/// Floats of the blocks; each is a multiple of a cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Parameters and buffers.
    pub parameters: usize,
    /// What a prediction works on: derived and intermediate values, inputs, outputs.
    pub workspace: usize,
    /// The optimiser's tensors.
    pub state: usize,
    /// These, and what a training step works on.
    pub training: usize,
}

impl Memory {
    /// Of a network as its type has it.
    ///
    /// # Errors
    /// A violation is an error in netc, never in a model.
    pub fn of(model: &Model, options: &Options) -> Result<Memory, Violation> {
        Programs::compile(model, options).map(|programs| programs.memory())
    }
}

impl Programs {
    /// The largest need of any program.
    pub(super) fn memory(&self) -> Memory {
        let most = |programs: &[Verified<Program>], floats: fn(&Program) -> usize| {
            programs.iter().map(|program| floats(program)).max().unwrap_or(0)
        };
        let work = |program: &Program| Layout::of(program).work;
        let params = |program: &Program| program.sizes.params;
        let [predict, gradients, step] = [&self.predict, &self.gradients, &self.step];
        let state = most(step, |program| program.sizes.state).next_multiple_of(16);
        let parameters = most(predict, params).max(most(gradients, params)).max(most(step, params));
        Memory {
            parameters: parameters.next_multiple_of(16),
            workspace: most(predict, work),
            state,
            training: state + most(gradients, work).max(most(step, work)),
        }
    }
}
