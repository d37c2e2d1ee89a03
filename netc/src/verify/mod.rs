//! `Network::verify`: interpreter, machine code and generated Rust on the same random values, compared bit for bit.

mod build;
mod compare;
mod executors;
mod values;

pub use compare::{Agreement, Row};

use crate::{Error, Network};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::program::{Program, Verified};
use netc_compiler::rust::Options;
use std::path::Path;
use values::Given;

/// What executors gave for one program: whether it came to its end, its results, its states afterwards.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub finished: bool,
    /// In the order of [`Program::results`]; `None` where the executor does not show it.
    pub results: Vec<Option<Vec<f32>>>,
    /// In the order of [`Program::states`].
    pub states: Vec<Vec<f32>>,
}

/// The comparison of a network's executors.
#[derive(Clone, Debug)]
pub struct Verification {
    /// One per output, and one per parameter that is trained.
    pub rows: Vec<Row>,
    /// Why generated Rust was not run, if it was not.
    pub not_run: Option<String>,
    /// Instruction sets on which machine code and generated Rust were run.
    pub instruction_sets: Vec<String>,
}

impl Verification {
    /// Whether all that was run agrees.
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(|row| row.jit != Agreement::Differs && row.rust != Agreement::Differs)
    }
}

/// The programs that are compared.
pub(crate) fn programs(network: &Network, batch: usize) -> Result<Vec<Verified<Program>>, Error> {
    let model = network.model();
    let compile = |mode, batch| {
        pipeline::program(model, mode, batch, &[], &network.choices())
            .map_err(|violation| Error::Internal(violation.to_string()))
    };
    let mut programs = vec![compile(Mode::Predict, 1)?];
    if model.recipe.is_some() {
        programs.push(compile(Mode::Gradients, batch)?);
        programs.push(compile(Mode::Step, batch)?);
    }
    Ok(programs)
}

impl Network {
    /// Runs a prediction, the gradients of a batch and a step of training on the interpreter, as machine code and as
    /// generated Rust, which cargo builds in `folder`. Values are drawn by the network's seed.
    ///
    /// # Errors
    /// When the folder cannot be written, or for errors in netc itself.
    pub fn verify(&self, batch: usize, folder: &Path) -> Result<Verification, Error> {
        let programs = programs(self, batch)?;
        for program in &programs {
            crate::memory::require(program, self.inner.pool.threads(), self.inner.max_memory)?;
        }
        let given: Vec<Given> = programs.iter().map(|program| Given::draw(self, program)).collect::<Result<_, _>>()?;
        let interpreted: Vec<Outcome> =
            programs.iter().zip(&given).map(|(program, given)| executors::interpret(program, given)).collect();
        let mut compiled = Vec::new();
        for &isa in netc_jit::Isa::available() {
            let run = |(program, given)| executors::machine_code(program, given, isa, &self.inner.pool);
            compiled.push(programs.iter().zip(&given).map(run).collect::<Result<Vec<Outcome>, Error>>()?);
        }
        let numerics = self.choices().numerics;
        let options = Options { train_batches: vec![batch], numerics, ..Options::new(self.model()) };
        let (rust, not_run) = match build::run(self, &options, &programs, &given, folder)? {
            Ok(outcomes) => (outcomes, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let rows = compare::rows(&programs, &interpreted, &compiled, &rust);
        let instruction_sets = netc_jit::Isa::available().iter().map(ToString::to_string).collect();
        Ok(Verification { rows, not_run, instruction_sets })
    }
}
