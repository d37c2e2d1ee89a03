//! Every committed case of PyTorch against the interpreter and machine code: outputs, losses, gradients of parameters
//! and inputs, states after steps of the optimiser. `tests/reference/README.md` describes the files.

use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::expand::expand;
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::model::initial::initial_values;
use netc_compiler::pipeline;
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Program, Verified};
use netc_compiler::types::DType;
use netc_jit::{Isa, Pool};
use netc_tests::compare::{Worst, difference, scale};
use netc_tests::execute::{Compiled, Given, Outcome, interpret};
use netc_tests::{attempt, models};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

type Tensors = BTreeMap<String, Tensor>;

#[derive(Deserialize)]
struct Tensor {
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    net: String,
    seed: u64,
    batch: usize,
    inputs: Tensors,
    targets: Tensors,
    params: Tensors,
    outputs: Tensors,
    evaluate_loss: f64,
    loss: Option<f64>,
    #[serde(default)]
    gradients: Tensors,
    #[serde(default)]
    steps: u64,
    #[serde(default)]
    after_steps: Tensors,
}

/// Files whose cases have another form.
const OTHERS: [&str; 2] = ["tests/reference/initialisers.json", "tests/reference/large.json"];

#[test]
fn every_case_agrees_with_pytorch_on_both_executors() {
    let pool = Arc::new(Pool::new(2));
    let mut failed = Vec::new();
    let mut n_cases = 0;
    for file in models::files("tests/reference", "json").iter().filter(|file| !OTHERS.contains(&file.as_str())) {
        let parsed: File = serde_json::from_str(&models::text(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut worst = Worst::default();
        for case in &parsed.cases {
            match attempt(|| run(case, &pool)) {
                Ok(found) if found.ratio <= 1.0 => worst.merge(found),
                Ok(found) => {
                    failed.push(format!("{file}: {}: {:.2} of the tolerance: {}", case.name, found.ratio, found.place));
                }
                Err(panic) => failed.push(format!("{file}: {panic}")),
            }
        }
        n_cases += parsed.cases.len();
        println!("{file}: {} cases, worst {:.3} ({})", parsed.cases.len(), worst.ratio, worst.place);
    }
    assert!(n_cases > 140, "only {n_cases} cases were found");
    assert!(failed.is_empty(), "{} of {n_cases} cases differ from PyTorch:\n{}", failed.len(), failed.join("\n"));
}

/// A case in every mode on both executors.
fn run(case: &Case, pool: &Arc<Pool>) -> Worst {
    let model = models::model(&case.name, &case.net);
    let mut worst = Worst::default();
    let mut both = |program: &Verified<Program>, steps: u64, check: &dyn Fn(&Program, &Outcome, &mut Worst)| {
        let given = given(case, program, &model, steps);
        let outcomes = [interpret(program, &given), Compiled::new(program, Isa::detect()).run(pool, &given)];
        for outcome in &outcomes {
            assert!(outcome.finished, "{}: stopped", case.name);
            check(program, outcome, &mut worst);
        }
        let difference = difference(program, &outcomes[0], &outcomes[1]);
        assert_eq!(difference, None, "{}: interpreter and machine code in {:?}", case.name, program.mode);
    };
    let made = |mode| {
        pipeline::program(&model, mode, case.batch, &[], &Choices::default())
            .unwrap_or_else(|error| panic!("{}: {mode:?}: {error}", case.name))
    };
    both(&made(Mode::Predict), 1, &|program, outcome, worst| results(case, program, outcome, None, worst));
    both(&made(Mode::Evaluate), 1, &|program, outcome, worst| {
        results(case, program, outcome, Some(case.evaluate_loss), worst);
    });
    if case.loss.is_none() {
        return worst;
    }
    both(&made(Mode::Gradients), 1, &|program, outcome, worst| results(case, program, outcome, case.loss, worst));
    if let Some(program) = input_gradients(case, &model) {
        both(&program, 1, &|program, outcome, worst| results(case, program, outcome, case.loss, worst));
    }
    if case.steps > 0 {
        both(&made(Mode::Step), case.steps, &|program, outcome, worst| {
            for ((state, _), values) in program.states.iter().zip(&outcome.states) {
                if let Some(want) = case.after_steps.get(&state.path) {
                    worst.tensors(&format!("{} afterwards", state.path), values, &want.values, scale(&want.values));
                }
            }
        });
    }
    worst
}

/// The loss and its gradients by the inputs that the case has gradients of.
fn input_gradients(case: &Case, model: &Model) -> Option<Verified<Program>> {
    let graph = expand(model, Mode::Gradients, case.batch, &[]);
    let known = |(index, (name, _)): (usize, &(String, _))| {
        case.gradients.contains_key(name).then_some(Wanted::Input(index as u32))
    };
    let wanted: Vec<Wanted> = graph.inputs.iter().enumerate().filter_map(known).collect();
    if wanted.is_empty() {
        return None;
    }
    let loss = graph.results.iter().find(|(role, _)| *role == Role::Loss).map(|&(_, value)| value)?;
    let graph = differentiate(graph, loss, &wanted);
    Some(
        pipeline::compile(graph, &Choices::default())
            .unwrap_or_else(|error| panic!("{}: input gradients: {error}", case.name)),
    )
}

fn given(case: &Case, program: &Program, model: &Model, steps: u64) -> Given {
    let narrow = |tensor: &Tensor| tensor.values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let states = program.states.iter().map(|(state, _)| match case.params.get(&state.path) {
        Some(tensor) => narrow(tensor),
        None => initial_values(&state.path, &state.init, state.shape.iter().product(), case.seed),
    });
    let inputs = program.inputs.iter().map(|(name, ty, _)| {
        let tensor = case.inputs.get(name).or_else(|| case.targets.get(name));
        let tensor = tensor.unwrap_or_else(|| panic!("{}: no values for `{name}`", case.name));
        match ty.dtype {
            DType::Int { .. } => tensor.values.iter().map(|&class| f32::from_bits(class as u32)).collect(),
            _ => narrow(tensor),
        }
    });
    let rate = model.recipe.as_ref().map_or(0.0, |recipe| recipe.rate as f32);
    Given { states: states.collect(), inputs: inputs.collect(), rate, seed: case.seed, steps }
}

/// Compares all results that the case has numbers for, and sees that the program has them.
fn results(case: &Case, program: &Program, outcome: &Outcome, loss: Option<f64>, worst: &mut Worst) {
    // A sum of terms that cancel is no more exact than its terms.
    let largest = case.gradients.values().map(|tensor| scale(&tensor.values)).fold(0.0, f64::max);
    let mut n_compared = 0;
    for ((role, ..), values) in program.results.iter().zip(&outcome.results) {
        let gradient = |name: &String| case.gradients.get(name).map(|want| (format!("gradient of {name}"), want));
        let wanted = match role {
            Role::Output(name) => case.outputs.get(name).map(|want| (name.clone(), want)),
            Role::Gradient(id) => gradient(&program.states[id.0 as usize].0.path),
            Role::InputGradient(index) => gradient(&program.inputs[*index as usize].0),
            Role::Loss => {
                let want = loss.unwrap_or_else(|| panic!("{}: an unexpected loss", case.name));
                worst.number(|| "loss".to_string(), f64::from(values[0]), want, want.abs().max(1.0));
                n_compared += 1;
                continue;
            }
            _ => None,
        };
        let (place, want) = wanted.unwrap_or_else(|| panic!("{}: PyTorch has no {role:?}", case.name));
        let scale = match role {
            Role::Output(_) => scale(&want.values),
            _ => scale(&want.values).max(largest * 1e-3),
        };
        worst.tensors(&place, values, &want.values, scale);
        n_compared += 1;
    }
    assert!(n_compared > 0, "{}: nothing was compared in {:?}", case.name, program.mode);
}
