//! Networks of chance: random layers on random shapes, whose programs must mean what their primitives mean.
//!
//! Each network's primitive graph is evaluated plainly, and its program is run by the interpreter and as machine code:
//! the executors agree to the bit, and with the graph within rounding, in every mode. `NETC_SLOW=1` tries many more.

mod network;

use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::evaluate::{Given as Read, Outcome as Meant, evaluate};
use netc_compiler::prim::tensor::{Real, Tensor};
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Program, Verified};
use netc_compiler::types::DType;
use netc_jit::{Isa, Pool};
use netc_plan::philox::key;
use netc_tests::compare::difference;
use netc_tests::execute::{Compiled, Given, Outcome, interpret};
use netc_tests::{attempt, slow, values};
use network::{Dice, network};
use std::fmt::Write;
use std::sync::Arc;

/// Largest distance from the plain evaluation, relative to the largest number of the tensor (or of all gradients, in
/// whose shadow small ones vanish): long sums of f32 in another order.
const TOLERANCE: f64 = 2e-4;

/// Evaluations of shaken numbers, where a result is off by more: batch norm of two nearly equal values multiplies
/// whatever its input has lost.
const SHAKES: u32 = 4;

/// One of them for each network.
const BATCHES: [usize; 6] = [1, 2, 3, 5, 8, 17];

fn tensors<T: Real>(program: &Program, given: &Given) -> (Vec<Tensor<T>>, Vec<Tensor<T>>) {
    let input = |((_, ty, _), values): (&(String, netc_compiler::prim::ValueType, _), &Vec<f32>)| match ty.dtype {
        DType::Int { .. } => Tensor::Int(values.iter().map(|value| value.to_bits() as i32).collect()),
        _ => Tensor::from_f32(values),
    };
    let inputs = program.inputs.iter().zip(&given.inputs).map(input).collect();
    (inputs, given.states.iter().map(|values| Tensor::from_f32(values)).collect())
}

fn meaning<T: Real>(model: &Model, mode: Mode, batch: usize, program: &Program, given: &Given) -> Meant<T> {
    let graph = pipeline::primitives(model, mode, batch, &[]);
    let (inputs, states) = tensors(program, given);
    let read = Read {
        inputs: &inputs,
        states: &states,
        upstreams: &[],
        rate: f64::from(given.rate),
        seed: given.seed,
        step: 0,
    };
    evaluate(&graph, read)
}

/// A network in every mode.
fn agrees(number: u64, pool: &Arc<Pool>) {
    let (text, model) = network(number);
    let batch = BATCHES[number as usize % BATCHES.len()];
    for mode in [Mode::Predict, Mode::Evaluate, Mode::Gradients, Mode::Step] {
        let place = || format!("network {number}, {mode:?}, batch {batch}:\n{text}");
        let program = pipeline::program(&model, mode, batch, &[], &Choices::default())
            .unwrap_or_else(|error| panic!("{error}\n{}", place()));
        let mut given = Given {
            states: values::states(&program, number),
            inputs: values::inputs(&program, number),
            rate: 0.05,
            seed: number,
            steps: 1,
        };
        given.inputs[0].iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
        let expected = interpret(&program, &given);
        for &isa in Isa::available() {
            let found = Compiled::new(&program, isa).run(pool, &given);
            if let Some(difference) = difference(&program, &expected, &found) {
                panic!("the interpreter and {isa} differ: {difference}\n{}", place());
            }
        }
        assert!(mode == Mode::Step || expected.states == given.states, "states changed\n{}", place());
        let exact = meaning::<f64>(&model, mode, batch, &program, &given);
        // On the other side of a kink gradients are others; the branch hash of f32 tells.
        let single = meaning::<f32>(&model, mode, batch, &program, &given);
        if mode.trains() && exact.branches != single.branches {
            continue;
        }
        let Err(message) = compare(&program, &expected, &exact, &single, &[]) else { continue };
        let shaken: Vec<Meant<f64>> =
            (1..=SHAKES).map(|draw| meaning(&model, mode, batch, &program, &shake(&given, draw))).collect();
        let is_kink = mode.trains() && shaken.iter().any(|other| other.branches != exact.branches);
        if !is_kink && compare(&program, &expected, &exact, &single, &shaken).is_err() {
            panic!("{message}\n{}", place());
        }
    }
}

/// The same numbers, each rounded otherwise: what that moves, no computation in f32 can know.
fn shake(given: &Given, draw: u32) -> Given {
    let mut shaken = given.clone();
    let mut dice = Dice::new(key(given.seed, u64::from(draw)));
    for value in shaken.states.iter_mut().chain(&mut shaken.inputs[..1]).flatten() {
        *value *= 1.0 + (dice.roll(3) as f32 - 1.0) * f32::EPSILON;
    }
    shaken
}

/// The program's results and new states against the graph's in f64, as near as the graph's own in f32, and those of
/// shaken numbers, allow.
fn compare(
    program: &Verified<Program>,
    found: &Outcome,
    exact: &Meant<f64>,
    single: &Meant<f32>,
    shaken: &[Meant<f64>],
) -> Result<(), String> {
    let largest = |tensor: &Tensor<f64>| match tensor {
        Tensor::Real(values) => values.iter().fold(0.0f64, |scale, value| value.abs().max(scale)),
        Tensor::Int(_) => 0.0,
    };
    let is_gradient = |role: &Role| matches!(role, Role::Gradient(_));
    let gradients = program.results.iter().zip(&exact.results).filter(|((role, ..), _)| is_gradient(role));
    let shadow = gradients.map(|(_, tensor)| largest(tensor)).fold(0.0, f64::max);
    for (index, ((role, ..), found)) in program.results.iter().zip(&found.results).enumerate() {
        let (exact, single) = (&exact.results[index], &single.results[index]);
        let scale = if is_gradient(role) { shadow } else { largest(exact).max(1.0) };
        let others = shaken.iter().map(|other| &other.results[index]);
        near(&format!("{role:?}"), found, exact, rounding(exact, single, others), scale)?;
    }
    let updates = if program.mode == Mode::Step { exact.updates.len() } else { 0 };
    for (index, (state, exact)) in exact.updates.iter().enumerate().take(updates) {
        let ((state, _), found) = (&program.states[state.0 as usize], &found.states[state.0 as usize]);
        let others = shaken.iter().map(|other| &other.updates[index].1);
        let rounding = rounding(exact, &single.updates[index].1, others);
        near(&format!("new {}", state.path), found, exact, rounding, largest(exact).max(1.0))?;
    }
    Ok(())
}

/// How far rounding moves a tensor, as one evaluation in f32 and others of shaken numbers show.
fn rounding<'a>(exact: &Tensor<f64>, single: &Tensor<f32>, shaken: impl Iterator<Item = &'a Tensor<f64>>) -> f64 {
    let (Tensor::Real(exact), Tensor::Real(single)) = (exact, single) else { return 0.0 };
    let alone = exact.iter().zip(single).map(|(x, &y)| (x - f64::from(y)).abs());
    let others = shaken.flat_map(|other| exact.iter().zip(other.real()).map(|(x, y)| (x - y).abs()));
    alone.chain(others).fold(0.0, f64::max)
}

fn near(what: &str, found: &[f32], exact: &Tensor<f64>, rounding: f64, scale: f64) -> Result<(), String> {
    let Tensor::Real(exact) = exact else { return Ok(()) };
    for (index, (&found, &exact)) in found.iter().zip(exact).enumerate() {
        let distance = (f64::from(found) - exact).abs();
        let both_lost = !exact.is_finite() && !found.is_finite();
        if !(both_lost || distance <= TOLERANCE * scale + 8.0 * rounding) {
            return Err(format!(
                "{what}[{index}]: {found:e} instead of {exact:e}, scale {scale:e}, rounding {rounding:e}"
            ));
        }
    }
    Ok(())
}

/// `NETC_CHANCE=655` shows one network and its programs, verified or not.
fn show(number: u64) {
    let (text, model) = network(number);
    println!("{text}");
    for mode in [Mode::Predict, Mode::Gradients, Mode::Step] {
        let graph = pipeline::primitives(&model, mode, BATCHES[number as usize % BATCHES.len()], &[]);
        let kernels = netc_compiler::fuse::fuse(&netc_compiler::simplify::simplify(graph));
        println!("{kernels}");
        let program = netc_compiler::lower::lower(&kernels, &Choices::default());
        println!("{program}");
        if let Err(violation) = netc_compiler::program::verify(program) {
            println!("{violation}");
            return;
        }
    }
}

#[test]
fn programs_of_chance_mean_their_primitives() {
    if let Some(number) = std::env::var("NETC_CHANCE").ok().and_then(|number| number.parse().ok()) {
        return show(number);
    }
    let pool = Arc::new(Pool::new(2));
    let count = if slow() { 5000 } else { 60 };
    let fails = |number| attempt(|| agrees(number, &pool)).err().map(|failure| format!("network {number}: {failure}"));
    let failed: Vec<String> = (0..count).filter_map(fails).collect();
    let mut report = String::new();
    for failure in failed.iter().take(10) {
        let _ = writeln!(report, "{failure}");
    }
    assert!(failed.is_empty(), "{} of {count} networks fail:\n{report}", failed.len());
}
