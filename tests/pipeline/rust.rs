//! Generated Rust agrees with the interpreter to the bit: every model of `tests/models` and small examples, predictions
//! one by one and in a batch, gradients and steps of training, on every instruction set.

use netc::rt::{Network, Owned, Predicts, Program, Run, Storage, Training, Trains, Version, Workspace, allocate};
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program;
use netc_jit::Isa;
use netc_tests::compare::difference;
use netc_tests::execute::{Given, Outcome, interpret};
use netc_tests::models;

netc::network!("models/cnn.net" as Cnn);
netc::network!("models/conditional.net" as Conditional);
netc::network!("models/mlp.net" as Mlp);
netc::network!("models/perceptron.net" as Perceptron);
netc::network!("models/residual.net" as Residual);
netc::network!("models/shared.net" as Shared);
netc::network!("models/two_heads.net" as TwoHeads);
netc::network!("models/unet.net" as Unet);
netc::network!("models/unet.net" as Tiles { base: 32, size: 16, depth: 0 });
netc::network!("../examples/neurons/xor.net" as Xor);
netc::network!("../examples/digits/cnn.net" as Digits);
// Called like a type of the runtime.
netc::network!("../examples/regression/line.net" as Line);

/// What a program of a mode gives on the interpreter.
fn expected(model: &Model, mode: Mode, batch: usize, steps: u64) -> (program::Program, Given, Outcome) {
    let program =
        pipeline::program(model, mode, batch, &[], &Choices::default()).unwrap_or_else(|error| panic!("{error}"));
    let given = Given::drawn(&program, 7, steps);
    let outcome = interpret(&program, &given);
    (program.into_inner(), given, outcome)
}

/// The network's floats with these parameters, which are the first states.
fn floats<N: Network>(states: &[Vec<f32>]) -> Owned {
    let mut params = allocate(N::PARAMETER_FLOATS);
    for (info, values) in N::PARAMETERS.iter().zip(states) {
        info.of_mut(params.floats_mut()).copy_from_slice(values);
    }
    params
}

fn give(run: &mut Run<'_>, program: &'static Program, inputs: &[Vec<f32>]) {
    for (&(at, _), values) in program.inputs.iter().zip(inputs) {
        run.give_elements(at, values);
    }
}

/// Results by their roles, where generated code shows them.
fn results(run: Run<'_>, reference: &program::Program, program: &'static Program) -> Vec<Option<Vec<f32>>> {
    let results = run.results();
    let mut outputs = program.outputs.iter();
    let mut place = |role: &Role| match role {
        Role::Output(_) => outputs.next().map(|&(at, _)| at),
        Role::Loss => Some(program.loss),
        Role::Gradient(state) => program.gradients[state.0 as usize],
        Role::Tap(_) | Role::Metric(_) | Role::InputGradient(_) => None,
    };
    let read = |(role, ty, _): &(Role, netc_compiler::prim::ValueType, _)| {
        place(role).map(|at| results.elements(at, ty.elements()).to_vec())
    };
    reference.results.iter().map(read).collect()
}

/// The outcome with what generated code does not show taken from the reference.
fn outcome(finished: bool, shown: Vec<Option<Vec<f32>>>, states: Vec<Vec<f32>>, reference: &Outcome) -> Outcome {
    let shown = shown.into_iter().zip(&reference.results);
    Outcome { finished, results: shown.map(|(shown, known)| shown.unwrap_or_else(|| known.clone())).collect(), states }
}

fn predicts<N: Predicts<B>, const B: usize>(model: &Model) {
    let (program, given, expected) = expected(model, Mode::Predict, B, 1);
    let params = floats::<N>(&given.states);
    let mut workspace = Workspace::<N>::new();
    let mut run = workspace.begin(N::PREDICT);
    give(&mut run, N::PREDICT, &given.inputs);
    let finished = run.predict(params.floats(), Version::fresh());
    let found = outcome(finished, results(run, &program, N::PREDICT), given.states, &expected);
    assert_eq!(difference(&program, &expected, &found), None, "{} predicts {B} on {}", N::NAME, Isa::chosen());
}

fn trains<N: Trains<B>, const B: usize>(model: &Model) {
    let (program, given, wanted) = expected(model, Mode::Gradients, B, 1);
    let params = floats::<N>(&given.states);
    let mut training = Training::<N>::new();
    training.set_seed(7);
    let mut run = training.begin(N::GRADIENTS);
    give(&mut run, N::GRADIENTS, &given.inputs);
    let finished = run.predict(params.floats(), Version::fresh());
    let found = outcome(finished, results(run, &program, N::GRADIENTS), given.states, &wanted);
    assert_eq!(difference(&program, &wanted, &found), None, "gradients of {} on {}", N::NAME, Isa::chosen());

    let (program, given, wanted) = expected(model, Mode::Step, B, 3);
    let mut params = floats::<N>(&given.states);
    let mut training = Training::<N>::new();
    training.set_seed(7);
    training.set_rate(0.01);
    let mut finished = true;
    let mut shown = Vec::new();
    for _ in 0..3 {
        let mut run = training.begin(N::STEP);
        give(&mut run, N::STEP, &given.inputs);
        finished &= run.step(params.floats_mut());
        shown = results(run, &program, N::STEP);
        training.advance(0);
    }
    let params = N::PARAMETERS.iter().map(|info| info.of(params.floats()).to_vec());
    let slots =
        N::SLOTS.iter().copied().flatten().map(|slot| training.slots()[slot.at..slot.at + slot.elements].to_vec());
    let states = params.chain(slots).collect();
    let found = outcome(finished, shown, states, &wanted);
    assert_eq!(difference(&program, &wanted, &found), None, "steps of {} on {}", N::NAME, Isa::chosen());
}

/// All three kernels of Winograd's algorithm are part of the network's programs.
fn assert_tiles(model: &Model) {
    let text = |mode, batch| {
        let program = pipeline::program(model, mode, batch, &[], &Choices::default());
        program.unwrap_or_else(|error| panic!("{error}")).to_string()
    };
    let (predict, step) = (text(Mode::Predict, 1), text(Mode::Step, 2));
    assert!(predict.contains("winograd F") && step.contains("winograd weights"), "{step}");
}

/// Everything on every instruction set.
fn on_all(check: impl Fn()) {
    for &isa in Isa::available() {
        isa.limit();
        check();
    }
    Isa::detect().limit();
}

#[test]
fn generated_rust_gives_the_bits_of_the_interpreter() {
    let open = |file: &str| models::open(file, &[]);
    let (cnn, mlp, residual) =
        (open("tests/models/cnn.net"), open("tests/models/mlp.net"), open("tests/models/residual.net"));
    let (conditional, shared) = (open("tests/models/conditional.net"), open("tests/models/shared.net"));
    let (perceptron, heads) = (open("tests/models/perceptron.net"), open("tests/models/two_heads.net"));
    let (unet, xor, digits) =
        (open("tests/models/unet.net"), open("examples/neurons/xor.net"), open("examples/digits/cnn.net"));
    let line = open("examples/regression/line.net");
    let tiles = models::open("tests/models/unet.net", &[("base", "32"), ("size", "16"), ("depth", "0")]);
    assert_tiles(&tiles);
    on_all(|| {
        predicts::<Cnn, 1>(&cnn);
        predicts::<Conditional, 1>(&conditional);
        predicts::<Mlp, 1>(&mlp);
        predicts::<Perceptron, 1>(&perceptron);
        predicts::<Residual, 1>(&residual);
        predicts::<Shared, 1>(&shared);
        predicts::<TwoHeads, 1>(&heads);
        predicts::<Unet, 1>(&unet);
        predicts::<Tiles, 1>(&tiles);
        predicts::<Xor, 1>(&xor);
        predicts::<Digits, 1>(&digits);
        predicts::<Line, 1>(&line);
        trains::<Cnn, 4>(&cnn);
        trains::<Conditional, 4>(&conditional);
        trains::<Mlp, 8>(&mlp);
        trains::<Perceptron, 4>(&perceptron);
        trains::<Residual, 4>(&residual);
        trains::<Shared, 4>(&shared);
        trains::<TwoHeads, 4>(&heads);
        trains::<Unet, 2>(&unet);
        trains::<Tiles, 2>(&tiles);
        trains::<Xor, 4>(&xor);
        trains::<Digits, 32>(&digits);
    });
}
