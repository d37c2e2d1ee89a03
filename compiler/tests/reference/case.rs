//! One case: a `.net` text with the figures of PyTorch, and their comparison with the evaluated primitive graph.

use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::expand::expand;
use netc_compiler::model::Model;
use netc_compiler::model::init::Init;
use netc_compiler::pipeline::{primitives, trained};
use netc_compiler::prim::evaluate::{Given, Outcome, evaluate};
use netc_compiler::prim::tensor::{Real, Tensor};
use netc_compiler::prim::{Mode, PrimGraph, Role, State, StateId};
use netc_compiler::types::DType;
use netc_grammar::{NoFiles, Sources};
use serde_json::Value;

/// In which numbers a case is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// f64: the reference's own; a few given buffers are not exact in f32.
    Double,
    /// f32: the executors'.
    Single,
}

impl Precision {
    /// Tolerances relative to the number and to the largest number of its tensor.
    fn tolerances(self) -> (f64, f64) {
        match self {
            Precision::Double => (1e-7, 1e-7),
            Precision::Single => (1e-4, 1e-5),
        }
    }
}

/// A case of a file.
pub struct Case {
    /// File and name.
    pub title: String,
    /// As the file holds it.
    pub json: Value,
}

/// What a run found.
#[derive(Default)]
pub struct Report {
    /// Largest error in units of the tolerance.
    pub worst: f64,
    /// Figures beyond it.
    pub failures: Vec<String>,
}

impl Case {
    pub fn read(file: &str, json: &Value) -> Case {
        Case { title: format!("{file}, {}", json["name"].as_str().unwrap()), json: json.clone() }
    }

    /// The checked network.
    pub fn model(&self) -> Model {
        let mut sources = Sources::new();
        sources.add("case.net", self.json["net"].as_str().unwrap());
        let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
        match elaborate(&mut sources, &options) {
            Ok(checked) => checked.model,
            Err(errors) => panic!("{}: {}", self.title, netc_grammar::render(&errors, &sources, false)),
        }
    }

    /// Compares outputs, losses, gradients and steps.
    pub fn run(&self, precision: Precision) -> Report {
        match precision {
            Precision::Double => self.compare::<f64>(precision),
            Precision::Single => self.compare::<f32>(precision),
        }
    }

    fn compare<T: Real>(&self, precision: Precision) -> Report {
        let mut report = Report::default();
        let model = self.model();
        let batch = self.json["batch"].as_u64().unwrap() as usize;
        let states = self.states::<T>(&primitives(&model, Mode::Step, batch, &[]));

        let graph = primitives(&model, Mode::Evaluate, batch, &[]);
        let outcome = self.evaluate(&graph, &states);
        for ((role, _), result) in graph.results.iter().zip(&outcome.results) {
            match role {
                Role::Output(name) => report.add(precision, name, result, &self.json["outputs"][name]["values"]),
                Role::Loss => report.add_number(precision, "loss of prediction", result, &self.json["evaluate_loss"]),
                other => panic!("{}: unexpected result {other:?}", self.title),
            }
        }
        if self.json["gradients"].is_object() {
            self.compare_gradients(precision, &model, batch, &states, &mut report);
        }
        if let Some(steps) = self.json["steps"].as_u64() {
            self.compare_steps(precision, &model, batch, states, steps, &mut report);
        }
        report
    }

    fn compare_gradients<T: Real>(
        &self,
        precision: Precision,
        model: &Model,
        batch: usize,
        states: &[Tensor<T>],
        report: &mut Report,
    ) {
        let graph = expand(model, Mode::Gradients, batch, &[]);
        let loss = graph.results.iter().find(|(role, _)| *role == Role::Loss).expect("a loss").1;
        let params = trained(model).into_iter().map(|id| Wanted::State(StateId(id.0)));
        let reals = (0..model.inputs.len()).filter(|&index| graph.inputs[index].1.dtype.is_float());
        let wanted: Vec<Wanted> = params.chain(reals.map(|index| Wanted::Input(index as u32))).collect();
        let graph = differentiate(graph, loss, &wanted);
        let outcome = self.evaluate(&graph, states);
        let mut compared = 0;
        for ((role, _), result) in graph.results.iter().zip(&outcome.results) {
            let name = match role {
                Role::Loss => {
                    report.add_number(precision, "loss", result, &self.json["loss"]);
                    continue;
                }
                Role::Gradient(state) => model.params[state.0 as usize].path.clone(),
                Role::InputGradient(index) => model.inputs[*index as usize].name.clone(),
                other => panic!("{}: unexpected result {other:?}", self.title),
            };
            let reference = &self.json["gradients"][&name]["values"];
            assert!(reference.is_array(), "{}: PyTorch has no gradient of `{name}`", self.title);
            report.add(precision, &format!("gradient of {name}"), result, reference);
            compared += 1;
        }
        assert_eq!(compared, self.json["gradients"].as_object().unwrap().len(), "{}", self.title);
    }

    fn compare_steps<T: Real>(
        &self,
        precision: Precision,
        model: &Model,
        batch: usize,
        mut states: Vec<Tensor<T>>,
        steps: u64,
        report: &mut Report,
    ) {
        let graph = primitives(model, Mode::Step, batch, &[]);
        for _ in 0..steps {
            let outcome = self.evaluate(&graph, &states);
            for (StateId(index), value) in outcome.updates {
                states[index as usize] = value;
            }
        }
        let after = self.json["after_steps"].as_object().expect("states after the steps");
        assert_eq!(after.len(), model.params.len(), "{}: parameters and buffers", self.title);
        for (param, value) in model.params.iter().zip(&states) {
            report.add(precision, &format!("{} after {steps} steps", param.path), value, &after[&param.path]["values"]);
        }
    }

    /// Parameters from the file, slots at their start.
    fn states<T: Real>(&self, graph: &PrimGraph) -> Vec<Tensor<T>> {
        let start = |state: &State| {
            let shape = &state.shape;
            match (&self.json["params"][&state.path], &state.init) {
                (Value::Object(given), _) => {
                    let wanted: Vec<usize> = integers(&given["shape"]);
                    assert_eq!(*shape, wanted, "{}: shape of {}", self.title, state.path);
                    tensor(DType::F32, &given["values"])
                }
                (_, Init::Constant(value)) if state.path.contains('/') => {
                    Tensor::filled(DType::F32, f64::from(*value), shape.iter().product())
                }
                _ => panic!("{}: the file gives no `{}`", self.title, state.path),
            }
        };
        graph.states.iter().map(start).collect()
    }

    fn evaluate<T: Real>(&self, graph: &PrimGraph, states: &[Tensor<T>]) -> Outcome<T> {
        let inputs: Vec<Tensor<T>> = graph
            .inputs
            .iter()
            .map(|(name, ty)| {
                let given = [&self.json["inputs"][name], &self.json["targets"][name]];
                let given = given.into_iter().find(|value| value.is_object()).expect("every input and target");
                assert_eq!(integers(&given["shape"]), ty.shape, "{}: shape of {name}", self.title);
                tensor(ty.dtype, &given["values"])
            })
            .collect();
        let model = self.model();
        let rate = model.recipe.as_ref().map_or(0.0, |recipe| recipe.rate);
        evaluate(graph, Given { inputs: &inputs, states, upstreams: &[], rate, seed: 1, step: 0 })
    }
}

impl Report {
    fn add_number<T: Real>(&mut self, precision: Precision, what: &str, found: &Tensor<T>, wanted: &Value) {
        self.add(precision, what, found, &Value::Array(vec![wanted.clone()]));
    }

    fn add<T: Real>(&mut self, precision: Precision, what: &str, found: &Tensor<T>, wanted: &Value) {
        let wanted: Vec<f64> = wanted.as_array().expect("numbers").iter().map(|n| n.as_f64().unwrap()).collect();
        if found.len() != wanted.len() {
            self.failures.push(format!("{what} has {} elements, PyTorch's {}", found.len(), wanted.len()));
            return;
        }
        let (relative, absolute) = precision.tolerances();
        let scale = wanted.iter().fold(0.0f64, |scale, x| scale.max(x.abs())).max(1e-3);
        for (index, (found, wanted)) in found.real().iter().zip(&wanted).enumerate() {
            let error = (found.widen() - wanted).abs() / (relative * wanted.abs() + absolute * scale);
            self.worst = self.worst.max(error);
            if error.is_nan() || error > 1.0 {
                self.failures.push(format!("{what} [{index}] is {}, PyTorch's {wanted}", found.widen()));
                return;
            }
        }
    }
}

fn integers(json: &Value) -> Vec<usize> {
    json.as_array().expect("integers").iter().map(|n| n.as_u64().expect("an integer") as usize).collect()
}

/// Given numbers are f32 written with nine digits: through f32 they are exact again.
fn tensor<T: Real>(dtype: DType, json: &Value) -> Tensor<T> {
    let numbers = json.as_array().expect("numbers").iter();
    match dtype {
        DType::F32 | DType::F64 => {
            Tensor::Real(numbers.map(|n| T::of(f64::from(n.as_f64().unwrap() as f32))).collect())
        }
        _ => Tensor::Int(numbers.map(|n| n.as_i64().unwrap() as i32).collect()),
    }
}
