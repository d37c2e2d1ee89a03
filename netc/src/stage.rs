//! Text of each stage between the model and machine code.

use crate::{Error, Network};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;

/// A stage of the compiler whose result can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Layers with their types, parameters, recipe.
    Model,
    /// Primitives of the network, its loss and its metrics, before gradients.
    Primitives,
    /// Primitives with the gradients and updates that the mode has.
    Gradients,
    /// Kernels after simplification and fusion.
    Kernels,
    /// Loops, layouts, buffers and calls.
    Program,
    /// Cranelift's representation of the generated kernels.
    Clif,
    /// The Rust that `network!` writes: the same for every mode and batch.
    Rust,
}

impl Network {
    /// The text of a stage, the same for the same network.
    ///
    /// # Errors
    /// Only for errors in netc itself.
    pub fn text(&self, stage: Stage, mode: Mode, batch: usize) -> Result<String, Error> {
        let model = self.model();
        let program = || {
            pipeline::program(model, mode, batch, &[], &self.choices())
                .map_err(|violation| Error::Internal(violation.to_string()))
        };
        Ok(match stage {
            Stage::Model => model.to_string(),
            Stage::Primitives => netc_compiler::expand::expand(model, mode, batch, &[]).to_string(),
            Stage::Gradients => pipeline::primitives(model, mode, batch, &[]).to_string(),
            Stage::Kernels => pipeline::kernels(model, mode, batch, &[]).to_string(),
            Stage::Program => program()?.to_string(),
            Stage::Clif => {
                let program = program()?;
                netc_jit::clif(&program)?
            }
            Stage::Rust => self.rust()?,
        })
    }
}
