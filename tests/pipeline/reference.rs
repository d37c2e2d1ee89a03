//! Every committed case of PyTorch against the interpreter and machine code: outputs, losses, gradients of parameters
//! and inputs, states after steps of the optimiser. `tests/reference/README.md` describes the files.

use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::expand::expand;
use netc_compiler::lower::Choices;
use netc_compiler::model::initial::initial_values;
use netc_compiler::model::{LayerKind, Model};
use netc_compiler::pipeline;
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Program, Verified};
use netc_compiler::types::DType;
use netc_jit::{Isa, Pool};
use netc_tests::compare::{Worst, difference, scale};
use netc_tests::execute::{Compiled, Given, Outcome, interpret};
use netc_tests::{attempt, models};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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

/// The worst comparison of each kind.
#[derive(Default)]
struct Deviations {
    outputs: Worst,
    losses: Worst,
    gradients: Worst,
    states: Worst,
}

impl Deviations {
    fn all(&self) -> [&Worst; 4] {
        [&self.outputs, &self.losses, &self.gradients, &self.states]
    }

    fn merge(&mut self, other: Deviations) {
        self.outputs.merge(other.outputs);
        self.losses.merge(other.losses);
        self.gradients.merge(other.gradients);
        self.states.merge(other.states);
    }
}

/// The ratios as cells of a table: rounded up to hundredths.
impl fmt::Display for Deviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = self.all().map(|worst| format!("{:.2}", (worst.ratio * 100.0).ceil() / 100.0));
        f.write_str(&cells.join(" | "))
    }
}

fn files() -> impl Iterator<Item = (String, File)> {
    let names = models::files("tests/reference", "json").into_iter().filter(|file| !OTHERS.contains(&file.as_str()));
    names.map(|file| {
        let parsed = serde_json::from_str(&models::text(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        (file, parsed)
    })
}

/// No deviation is larger than the table in `tests/reference/README.md` states; `--nocapture` prints its rows anew.
#[test]
fn every_case_agrees_with_pytorch_on_both_executors() {
    let pool = Arc::new(Pool::new(2));
    let stated = stated();
    let mut failed = Vec::new();
    let mut n_cases = 0;
    for (file, parsed) in files() {
        let mut worst = Deviations::default();
        for case in &parsed.cases {
            match attempt(|| run(case, &pool)) {
                Ok(found) => {
                    for beyond in found.all().into_iter().filter(|worst| worst.ratio > 1.0) {
                        let Worst { ratio, place } = beyond;
                        failed.push(format!("{file}: {}: {ratio:.2} of the tolerance: {place}", case.name));
                    }
                    worst.merge(found);
                }
                Err(panic) => failed.push(format!("{file}: {panic}")),
            }
        }
        let name = models::stem(&file);
        let row = format!("| {name} | {} | {worst} |", parsed.cases.len());
        println!("{row}");
        let known = stated
            .get(name)
            .is_some_and(|stated| stated.iter().zip(worst.all()).all(|(&stated, worst)| worst.ratio <= stated));
        if !known {
            failed.push(format!("tests/reference/README.md states less than {row}"));
        }
        n_cases += parsed.cases.len();
    }
    assert!(n_cases > 140, "only {n_cases} cases were found");
    assert!(failed.is_empty(), "{} of {n_cases} cases differ from PyTorch:\n{}", failed.len(), failed.join("\n"));
}

/// The table of deviations, by file.
fn stated() -> BTreeMap<String, Vec<f64>> {
    let text = models::text("tests/reference/README.md");
    let table = text.split_once("| file | cases |").expect("the table of deviations").1;
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let ratios = cells.iter().skip(2).map(|cell| cell.parse().unwrap_or_else(|_| panic!("a ratio: {line}")));
        (cells[0].to_string(), ratios.collect())
    };
    rows.map(row).collect()
}

/// Operators, losses and optimisers have at least one case with gradients. What PyTorch lacks has a model of its own
/// in `tests/models` instead.
#[test]
fn every_operator_and_optimiser_has_a_case_with_gradients() {
    let mut compared: BTreeSet<&str> = BTreeSet::new();
    for (file, parsed) in files() {
        for case in parsed.cases.iter().filter(|case| !case.gradients.is_empty()) {
            let model = models::model(&format!("{file}: {}", case.name), &case.net);
            let names = model.graph.node_weights().filter_map(|layer| match &layer.kind {
                LayerKind::Apply(op) => Some(op.name()),
                _ => None,
            });
            compared.extend(names);
            let stepped = model.recipe.as_ref().filter(|_| case.steps > 0);
            compared.extend(stepped.map(|recipe| recipe.optimizer.name()));
        }
    }
    let operators = netc_compiler::ops::all().iter().map(|entry| entry.name);
    let optimizers = netc_compiler::optimizer::all().iter().map(|entry| entry.name);
    let has_model = |name: &str| models::root().join(format!("tests/models/{name}.net")).exists();
    let missing = operators.chain(optimizers).filter(|name| !compared.contains(name) && !has_model(name));
    let missing: Vec<&str> = missing.collect();
    assert!(missing.is_empty(), "tests/reference has no case with gradients of {}", missing.join(", "));
}

/// A case in every mode on both executors.
fn run(case: &Case, pool: &Arc<Pool>) -> Deviations {
    let model = models::model(&case.name, &case.net);
    let mut worst = Deviations::default();
    let mut both = |program: &Verified<Program>, steps: u64, check: &dyn Fn(&Program, &Outcome, &mut Deviations)| {
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
                    let place = format!("{} afterwards", state.path);
                    worst.states.tensors(&place, values, &want.values, scale(&want.values));
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
fn results(case: &Case, program: &Program, outcome: &Outcome, loss: Option<f64>, worst: &mut Deviations) {
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
                worst.losses.number(|| "loss".to_string(), f64::from(values[0]), want, want.abs().max(1.0));
                n_compared += 1;
                continue;
            }
            _ => None,
        };
        let (place, want) = wanted.unwrap_or_else(|| panic!("{}: PyTorch has no {role:?}", case.name));
        match role {
            Role::Output(_) => worst.outputs.tensors(&place, values, &want.values, scale(&want.values)),
            _ => worst.gradients.tensors(&place, values, &want.values, scale(&want.values).max(largest * 1e-3)),
        }
        n_compared += 1;
    }
    assert!(n_compared > 0, "{}: nothing was compared in {:?}", case.name, program.mode);
}
