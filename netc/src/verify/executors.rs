//! One run of a program on the interpreter and as machine code.

use super::Outcome;
use super::values::Given;
use crate::Error;
use netc_compiler::prim::Mode;
use netc_compiler::program::interpret::{self, Machine};
use netc_compiler::program::{Program, Verified};
use netc_jit::{Executable, Instance, Isa, Pool, Scalars, Store};
use std::sync::Arc;

/// Runs a program on the interpreter.
pub(super) fn interpret(program: &Verified<Program>, given: &Given) -> Outcome {
    let mut machine = Machine::new(program);
    for ((_, buffer), values) in program.states.iter().zip(&given.states) {
        machine.buffer_mut(*buffer).copy_from_slice(values);
    }
    for ((.., buffer), values) in program.inputs.iter().zip(&given.inputs) {
        machine.buffer_mut(*buffer).copy_from_slice(values);
    }
    machine.set_scalars(given.rate, given.seed, 0, 0);
    let entry = match program.mode {
        Mode::Predict => "predict",
        Mode::Evaluate => "evaluate",
        Mode::Gradients => "gradients",
        Mode::Step => "step",
    };
    if program.mode != Mode::Step {
        machine.run("prepare");
    }
    let finished = machine.run(entry) == interpret::Run::Done;
    Outcome {
        finished,
        results: program.results.iter().map(|(.., buffer)| Some(machine.buffer(*buffer).to_vec())).collect(),
        states: program.states.iter().map(|(_, buffer)| machine.buffer(*buffer).to_vec()).collect(),
    }
}

/// Runs a program as machine code, in memory of its own.
pub(super) fn machine_code(
    program: &Verified<Program>,
    given: &Given,
    isa: Isa,
    pool: &Arc<Pool>,
) -> Result<Outcome, Error> {
    let executable = Arc::new(Executable::new(program.clone(), isa)?);
    let store = Arc::new(Store::new(program.sizes.params)?);
    if program.sizes.state > 0 {
        store.make_state(program.sizes.state)?;
    }
    for ((_, buffer), values) in program.states.iter().zip(&given.states) {
        store.write(&executable, *buffer, values);
    }
    let mut instance = Instance::new(executable, Arc::clone(&store), Arc::clone(pool))?;
    for (index, values) in given.inputs.iter().enumerate() {
        instance.input(index).copy_from_slice(values);
    }
    instance.set_scalars(Scalars { rate: given.rate, seed: given.seed, step: 0, first: 0 });
    let finished = instance.run() == netc_jit::Run::Done;
    Ok(Outcome {
        finished,
        results: (0..program.results.len()).map(|index| Some(instance.result(index).to_vec())).collect(),
        states: program.states.iter().map(|(_, buffer)| store.read(program, *buffer)).collect(),
    })
}
