//! Networks of chance: random layers on random shapes, whose programs must mean what their primitives mean.
//!
//! Each network's primitive graph is evaluated plainly, and its program is run by the interpreter and as machine code:
//! the executors agree to the bit, and with the graph within rounding, in every mode. `NETC_SLOW=1` tries many more.

use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::evaluate::{Given as Read, Outcome as Meant, evaluate};
use netc_compiler::prim::tensor::{Real, Tensor};
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Program, Verified};
use netc_compiler::types::DType;
use netc_grammar::NoFiles;
use netc_jit::{Isa, Pool};
use netc_plan::philox::{key, philox4x32};
use netc_tests::compare::difference;
use netc_tests::execute::{Compiled, Given, Outcome, interpret};
use netc_tests::{attempt, models, slow, values};
use std::fmt::Write;
use std::sync::Arc;

/// Largest distance from the plain evaluation, relative to the largest number of the tensor (or of all gradients, in
/// whose shadow small ones vanish): long sums of f32 in another order.
const TOLERANCE: f64 = 2e-4;

/// One of them for each network.
const BATCHES: [usize; 6] = [1, 2, 3, 5, 8, 17];

/// Draws that depend on the network's number alone.
struct Dice {
    key: u64,
    draws: u32,
}

impl Dice {
    /// A number in `0..sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.draws += 1;
        let words = philox4x32([self.draws, 0, 0, 0], [self.key as u32, (self.key >> 32) as u32]);
        words[0] as usize % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// A stage for a map. Those that do not fit the shape at hand are refused by the check, and others are drawn.
fn stage_of_map(dice: &mut Dice) -> String {
    let number = |dice: &mut Dice, from: usize, to: usize| from + dice.roll(to - from + 1);
    match dice.roll(26) {
        0..=5 => {
            let (channels, kernel, stride) = (number(dice, 1, 9), number(dice, 1, 4), dice.pick(&[1, 1, 1, 2, 3]));
            let pad = dice.pick(&["0", "1", "2", "[0, 1]", "[1, 0, 0, 2]", "valid"]);
            let (dilation, bias) = (dice.pick(&[1, 1, 1, 2]), dice.pick(&["true", "false"]));
            let groups = dice.pick(&[1, 1, 1, 2, 3]);
            let channels = channels.next_multiple_of(groups);
            format!(
                "conv2d({channels}, kernel = {kernel}, stride = {stride}, pad = {pad}, dilation = {dilation}, \
                 groups = {groups}, bias = {bias})"
            )
        }
        6 | 7 => {
            let (channels, kernel, stride) = (number(dice, 1, 5), number(dice, 1, 3), dice.pick(&[1, 2, 3]));
            format!("conv_transpose2d({channels}, kernel = {kernel}, stride = {stride}, pad = {})", dice.roll(2))
        }
        8 | 9 => {
            let (kernel, stride, ceil) = (number(dice, 1, 3), number(dice, 1, 3), dice.pick(&["true", "false"]));
            format!("max_pool({kernel}, stride = {stride}, pad = {}, ceil = {ceil})", dice.roll(2))
        }
        10 => {
            let (kernel, counts) = (number(dice, 1, 3), dice.pick(&["true", "false"]));
            format!("avg_pool({kernel}, stride = {}, pad = {}, count_pad = {counts})", number(dice, 1, 2), dice.roll(2))
        }
        11 => "upsample(2)".to_string(),
        12 => format!("pad([{}, {}, {}, {}])", dice.roll(3), dice.roll(2), dice.roll(3), dice.roll(2)),
        13 => format!(
            "slice({}, {}, axis = {})",
            dice.roll(2),
            number(dice, 2, 5),
            dice.pick(&["channel", "height", "width"])
        ),
        14..=16 => "batch_norm".to_string(),
        17 => {
            format!("{}(axis = {})", dice.pick(&["softmax", "log_softmax"]), dice.pick(&["channel", "height", "width"]))
        }
        18 => "dropout(0.3)".to_string(),
        19 => "dense(4)".to_string(),
        _ => dice.pick(&["relu", "relu", "leaky_relu(0.2)", "tanh", "gelu", "sigmoid"]).to_string(),
    }
}

fn stage_of_vector(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 | 1 => format!("dense({}, bias = {})", 1 + dice.roll(40), dice.pick(&["true", "false"])),
        2 => "batch_norm".to_string(),
        3 => dice.pick(&["softmax(axis = channel)", "dropout(0.5)", "log_softmax(axis = 0)"]).to_string(),
        _ => dice.pick(&["relu", "tanh", "gelu", "sigmoid", "leaky_relu"]).to_string(),
    }
}

/// How a value joins another one; `{v}` is the value so far, `{w}` an earlier one.
fn joint(dice: &mut Dice, v: usize) -> String {
    let w = dice.roll(v + 1);
    let axis = dice.pick(&["channel", "height", "width"]);
    match dice.roll(10) {
        0 | 1 => format!("v{v} + v{w}"),
        2 => format!("v{v} * v{w} - 0.5"),
        3 => format!("concat(v{v}, v{w}, axis = {axis})"),
        4 => format!("concat(v{w}, v{v}, v{w}, axis = channel)"),
        5 => format!("v{v} - mean(v{w}, axis = {axis}, keep = true)"),
        6 => format!("v{v} / (1.5 + v{w}^2)"),
        7 => format!("maximum(v{v}, v{w} * 0.5)"),
        8 => format!("v{v} * max(v{w}, axis = {axis}, keep = true)"),
        _ => format!("exp(v{v} * 0.1) + sqrt(abs(v{w}) + 0.1)"),
    }
}

/// A network that passes the check, and its text. Each statement is tried on its own, so that most are kept.
fn network(number: u64) -> (String, Model) {
    let mut dice = Dice { key: key(number, 0x6e65_7463), draws: 0 };
    let sides = |dice: &mut Dice| (1 + dice.roll(7), 1 + dice.roll(9), 1 + dice.roll(9));
    let (channels, height, width) = sides(&mut dice);
    let mut head = format!("network chance() {{\n    input x: [{channels}, {height}, {width}];\n    let v0 = x;\n");
    let optimizer = dice.pick(&[
        "sgd(rate = 0.05)",
        "sgd(rate = 0.05, momentum = 0.9, nesterov = true)",
        "sgd(rate = 0.05, momentum = 0.8, weight_decay = 1e-3)",
        "adam(rate = 1e-2)",
    ]);
    let classes = 2 + dice.roll(4);
    let tail = |v: usize, stages: &str| {
        format!(
            "    output y = v{v} -> flatten{stages} -> last: dense({classes});\n}}\n\ntrain chance {{\n    target label: int in \
             0..{classes};\n    loss = cross_entropy(y, label) + 0.01 * mean(y^2);\n    metrics = [accuracy(y, label)];\n    \
             optimizer = {optimizer};\n    batch = 2;\n    epochs = 1;\n    seed = {number};\n}}\n"
        )
    };
    let check = |text: &str| models::check("chance.net", text, &[], &NoFiles).ok();
    let mut v = 0;
    for turn in 0..3 + dice.roll(9) {
        let statement = match dice.roll(3) {
            0 if v > 0 => joint(&mut dice, v),
            _ => format!("v{v} -> layer{turn}: {}", stage_of_map(&mut dice)),
        };
        let longer = format!("{head}    let v{} = {statement};\n", v + 1);
        if check(&format!("{longer}{}", tail(v + 1, ""))).is_some_and(|model| is_small(&model)) {
            head = longer;
            v += 1;
        }
    }
    let mut stages = String::new();
    for turn in 0..dice.roll(4) {
        let longer = format!("{stages} -> vector{turn}: {}", stage_of_vector(&mut dice));
        if check(&format!("{head}{}", tail(v, &longer))).is_some() {
            stages = longer;
        }
    }
    let text = format!("{head}{}", tail(v, &stages));
    let model = check(&text).unwrap_or_else(|| panic!("network {number} is refused:\n{text}"));
    (text, model)
}

/// Whether the plain evaluation takes milliseconds.
fn is_small(model: &Model) -> bool {
    model.graph.node_weights().flat_map(|layer| &layer.outputs).all(|ty| ty.shape.elements() <= 2000)
}

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
        let program =
            pipeline::program(&model, mode, batch, &[]).unwrap_or_else(|error| panic!("{error}\n{}", place()));
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
        if exact.branches == single.branches || !mode.trains() {
            compare(&program, &expected, &exact, &single).unwrap_or_else(|message| panic!("{message}\n{}", place()));
        }
    }
}

/// The program's results and new states against the graph's in f64, as near as the graph's own in f32 allow.
fn compare(
    program: &Verified<Program>,
    found: &Outcome,
    exact: &Meant<f64>,
    single: &Meant<f32>,
) -> Result<(), String> {
    let largest = |tensor: &Tensor<f64>| match tensor {
        Tensor::Real(values) => values.iter().fold(0.0f64, |scale, value| value.abs().max(scale)),
        Tensor::Int(_) => 0.0,
    };
    let is_gradient = |role: &Role| matches!(role, Role::Gradient(_));
    let gradients = program.results.iter().zip(&exact.results).filter(|((role, ..), _)| is_gradient(role));
    let shadow = gradients.map(|(_, tensor)| largest(tensor)).fold(0.0, f64::max);
    let results = program.results.iter().zip(&found.results).zip(exact.results.iter().zip(&single.results));
    for (((role, ..), found), (exact, single)) in results {
        let scale = if is_gradient(role) { shadow } else { largest(exact).max(1.0) };
        near(&format!("{role:?}"), found, exact, single, scale)?;
    }
    let updates = if program.mode == Mode::Step { exact.updates.len() } else { 0 };
    for ((state, exact), (_, single)) in exact.updates.iter().zip(&single.updates).take(updates) {
        let ((state, _), found) = (&program.states[state.0 as usize], &found.states[state.0 as usize]);
        near(&format!("new {}", state.path), found, exact, single, largest(exact).max(1.0))?;
    }
    Ok(())
}

fn near(what: &str, found: &[f32], exact: &Tensor<f64>, single: &Tensor<f32>, scale: f64) -> Result<(), String> {
    let (exact, single) = match (exact, single) {
        (Tensor::Real(exact), Tensor::Real(single)) => (exact, single),
        _ => return Ok(()),
    };
    let rounding =
        exact.iter().zip(single).map(|(exact, &single)| (exact - f64::from(single)).abs()).fold(0.0, f64::max);
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
        let program = netc_compiler::lower::lower(&kernels, &netc_compiler::lower::Choices::default());
        println!("{kernels}\n{program}");
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
    let failed: Vec<String> = (0..count).filter_map(|number| attempt(|| agrees(number, &pool)).err()).collect();
    let mut report = String::new();
    for failure in failed.iter().take(10) {
        let _ = writeln!(report, "{failure}");
    }
    assert!(failed.is_empty(), "{} of {count} networks fail:\n{report}", failed.len());
}
