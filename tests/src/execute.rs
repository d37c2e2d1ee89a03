//! Every executor of a program behind one interface: values in, results and new states out.

use crate::values;
use netc_compiler::prim::Mode;
use netc_compiler::program::interpret::{self, Machine};
use netc_compiler::program::{Program, Verified};
use netc_jit::{Executable, Instance, Isa, Pool, Scalars, Store};
use std::sync::Arc;

/// What a run starts from; integers by their bits.
#[derive(Clone, Debug)]
pub struct Given {
    /// In the order of [`Program::states`].
    pub states: Vec<Vec<f32>>,
    /// In the order of [`Program::inputs`].
    pub inputs: Vec<Vec<f32>>,
    /// Learning rate.
    pub rate: f32,
    /// Seed of random numbers.
    pub seed: u64,
    /// How often the entry is run; each run is one step further.
    pub steps: u64,
}

impl Given {
    /// States and inputs drawn from a seed, for so many steps.
    pub fn drawn(program: &Program, seed: u64, steps: u64) -> Given {
        let (states, inputs) = (values::states(program, seed), values::inputs(program, seed));
        Given { states, inputs, rate: 0.01, seed, steps }
    }
}

/// What a run leaves.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether all steps were executed to the end.
    pub finished: bool,
    /// In the order of [`Program::results`], after the last run.
    pub results: Vec<Vec<f32>>,
    /// In the order of [`Program::states`].
    pub states: Vec<Vec<f32>>,
}

/// The entry that a mode runs.
fn entry(mode: Mode) -> &'static str {
    match mode {
        Mode::Predict => "predict",
        Mode::Evaluate => "evaluate",
        Mode::Gradients => "gradients",
        Mode::Step => "step",
    }
}

/// Runs a program on the interpreter.
pub fn interpret(program: &Verified<Program>, given: &Given) -> Outcome {
    let mut machine = Machine::new(program);
    for ((_, buffer), values) in program.states.iter().zip(&given.states) {
        machine.buffer_mut(*buffer).copy_from_slice(values);
    }
    let mut finished = true;
    for step in 0..given.steps {
        for ((.., buffer), values) in program.inputs.iter().zip(&given.inputs) {
            machine.buffer_mut(*buffer).copy_from_slice(values);
        }
        machine.set_scalars(given.rate, given.seed, step, 0);
        if program.mode != Mode::Step && step == 0 {
            machine.run("prepare");
        }
        finished &= machine.run(entry(program.mode)) == interpret::Run::Done;
    }
    Outcome {
        finished,
        results: program.results.iter().map(|(.., buffer)| machine.buffer(*buffer).to_vec()).collect(),
        states: program.states.iter().map(|(_, buffer)| machine.buffer(*buffer).to_vec()).collect(),
    }
}

/// A program as machine code.
#[derive(Debug)]
pub struct Compiled {
    executable: Arc<Executable>,
}

impl Compiled {
    /// Compiles for an instruction set that this processor has.
    pub fn new(program: &Verified<Program>, isa: Isa) -> Compiled {
        let executable = Executable::new(program.clone(), isa).unwrap_or_else(|error| panic!("{error}"));
        Compiled { executable: Arc::new(executable) }
    }

    /// The same with a call for each step, however small the program is.
    pub fn stepwise(program: &Verified<Program>, isa: Isa) -> Compiled {
        let executable = Executable::stepwise(program.clone(), isa).unwrap_or_else(|error| panic!("{error}"));
        Compiled { executable: Arc::new(executable) }
    }

    /// Whether all steps are one function.
    pub fn is_straight(&self) -> bool {
        self.executable.is_straight()
    }

    /// Runs on a pool of threads, in memory of its own.
    pub fn run(&self, pool: &Arc<Pool>, given: &Given) -> Outcome {
        let program: &Executable = &self.executable;
        let store = Arc::new(Store::new(program.sizes.params).expect("memory"));
        if program.sizes.state > 0 {
            store.make_state(program.sizes.state).expect("memory");
        }
        for ((_, buffer), values) in program.states.iter().zip(&given.states) {
            store.write(program, *buffer, values);
        }
        let executable = Arc::clone(&self.executable);
        let mut instance = Instance::new(executable, Arc::clone(&store), Arc::clone(pool)).expect("memory");
        let mut finished = true;
        for step in 0..given.steps {
            for (index, values) in given.inputs.iter().enumerate() {
                instance.input(index).copy_from_slice(values);
            }
            instance.set_scalars(Scalars { rate: given.rate, seed: given.seed, step, first: 0 });
            finished &= instance.run() == netc_jit::Run::Done;
        }
        Outcome {
            finished,
            results: (0..program.results.len()).map(|index| instance.result(index).to_vec()).collect(),
            states: program.states.iter().map(|(_, buffer)| store.read(program, *buffer)).collect(),
        }
    }
}
