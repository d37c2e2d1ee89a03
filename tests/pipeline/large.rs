//! Whole networks of `examples/` against PyTorch: values come from netc's generator on both sides, summaries are
//! compared. Networks above a budget of multiply-adds run on machine code only, or with `NETC_SLOW=1`.

use netc_compiler::lower::Choices;
use netc_compiler::pipeline;
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::Program;
use netc_jit::{Isa, Pool};
use netc_tests::compare::{Worst, scale};
use netc_tests::execute::{Compiled, Given, Outcome, interpret};
use netc_tests::{attempt, models, slow, values};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    set: BTreeMap<String, serde_json::Value>,
    seed: u64,
    batch: usize,
    fill: Vec<Fill>,
    inputs: Vec<Input>,
    targets: Vec<Target>,
    logits: Logits,
    evaluate_loss: f64,
    loss: f64,
    f32_error: f64,
    gradients: BTreeMap<String, Summary>,
    buffers_after_step: BTreeMap<String, Summary>,
}

#[derive(Deserialize)]
struct Fill {
    path: String,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    low: f64,
    high: f64,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    classes: u32,
}

/// All values where there are few, else a summary.
#[derive(Deserialize)]
struct Logits {
    #[serde(flatten)]
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    /// Euclidean.
    norm: Option<f64>,
    /// The largest magnitude; absent where all values are given.
    largest: Option<f64>,
    /// Of `values` in the flattened tensor; absent where all are given.
    indices: Option<Vec<usize>>,
    values: Vec<f64>,
    projection: Option<f64>,
}

/// Networks that the interpreter runs within a second or two.
const SMALL: [&str; 1] = ["lenet"];

#[test]
fn whole_networks_agree_with_pytorch() {
    let file: File =
        serde_json::from_str(&models::text("tests/reference/large.json")).expect("the large networks' file");
    assert!(file.cases.len() >= 5);
    let pool = Arc::new(Pool::new(2));
    let mut failed = Vec::new();
    for case in &file.cases {
        let start = Instant::now();
        let worst = match attempt(|| run(case, &pool)) {
            Ok(worst) => worst,
            Err(panic) => {
                failed.push(panic);
                continue;
            }
        };
        println!("{}: worst {:.3} ({}), {:.1?}", case.name, worst.ratio, worst.place, start.elapsed());
        if worst.ratio > 1.0 {
            failed.push(format!("{}: {:.2} of the tolerance: {}", case.name, worst.ratio, worst.place));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn run(case: &Case, pool: &Arc<Pool>) -> Worst {
    let settings: Vec<(String, String)> =
        case.set.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let model = models::open(&case.file, &settings);
    let mut worst = Worst::default();
    for mode in [Mode::Evaluate, Mode::Gradients, Mode::Step] {
        let program = pipeline::program(&model, mode, case.batch, &[], &Choices::default());
        let program = program.unwrap_or_else(|error| panic!("{}: {mode:?}: {error}", case.name));
        let given = given(case, &program);
        let mut outcomes = vec![Compiled::new(&program, Isa::detect()).run(pool, &given)];
        if slow() || SMALL.contains(&case.name.as_str()) {
            outcomes.push(interpret(&program, &given));
        }
        for outcome in &outcomes {
            assert!(outcome.finished, "{}: {mode:?} stopped", case.name);
            compare(case, &program, outcome, &mut worst);
        }
    }
    worst
}

fn given(case: &Case, program: &Program) -> Given {
    let states = program.states.iter().map(|(state, _)| {
        let elements = state.shape.iter().product();
        match case.fill.iter().find(|fill| fill.path == state.path) {
            Some(fill) => values::fill(case.seed, &fill.path, elements, fill.low as f32, fill.high as f32),
            None => netc_compiler::model::initial::initial_values(&state.path, &state.init, elements, case.seed),
        }
    });
    let inputs = program.inputs.iter().map(|(name, ty, _)| {
        if let Some(target) = case.targets.iter().find(|target| target.name == *name) {
            return values::classes(case.seed, name, ty.elements(), target.classes);
        }
        let input = case.inputs.iter().find(|input| input.name == *name);
        let input = input.unwrap_or_else(|| panic!("{}: no values for `{name}`", case.name));
        values::fill(case.seed, name, ty.elements(), input.low as f32, input.high as f32)
    });
    Given { states: states.collect(), inputs: inputs.collect(), rate: 1e-3, seed: case.seed, steps: 1 }
}

fn compare(case: &Case, program: &Program, outcome: &Outcome, worst: &mut Worst) {
    let loss = if program.mode == Mode::Evaluate { case.evaluate_loss } else { case.loss };
    for ((role, ..), values) in program.results.iter().zip(&outcome.results) {
        match role {
            Role::Loss => worst.number(|| format!("{:?} loss", program.mode), f64::from(values[0]), loss, loss.abs()),
            Role::Output(name) if name == "logits" => {
                summaries(name, values, &case.logits.summary, 1.0, case.seed, worst);
            }
            Role::Gradient(id) => {
                let path = &program.states[id.0 as usize].0.path;
                // Where PyTorch's own f32 is further from its f64 than the tolerance, so may netc's be.
                let slack = (3.0 * case.f32_error / netc_tests::compare::ABSOLUTE).max(1.0);
                summaries(path, values, &case.gradients[path], slack, case.seed, worst);
            }
            _ => {}
        }
    }
    if program.mode == Mode::Step {
        for ((state, _), values) in program.states.iter().zip(&outcome.states) {
            if let Some(summary) = case.buffers_after_step.get(&state.path) {
                summaries(&state.path, values, summary, 1.0, case.seed, worst);
            }
        }
    }
}

/// Samples against the tensor's largest entry, norm and projection against the norm.
fn summaries(place: &str, values: &[f32], want: &Summary, slack: f64, seed: u64, worst: &mut Worst) {
    let scale = slack * want.largest.unwrap_or_else(|| scale(&want.values));
    let all: Vec<usize> = (0..values.len()).collect();
    let indices = want.indices.as_ref().unwrap_or(&all);
    assert_eq!(indices.len(), want.values.len(), "{place}: samples");
    for (&index, &want) in indices.iter().zip(&want.values) {
        worst.number(|| format!("{place}[{index}]"), f64::from(values[index]), want, scale);
    }
    let norm = values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    if let Some(wanted) = want.norm {
        worst.number(|| format!("norm of {place}"), norm, wanted, slack * wanted);
    }
    if let Some(wanted) = want.projection {
        let signs = values::fill(seed, &format!("projection {place}"), values.len(), 0.0, 1.0);
        let terms = values.iter().zip(&signs).map(|(&value, &sign)| f64::from(value) * (f64::from(sign) * 2.0 - 1.0));
        worst.number(|| format!("projection of {place}"), terms.sum(), wanted, slack * want.norm.unwrap_or(norm));
    }
}
