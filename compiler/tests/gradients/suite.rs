//! The check behind every case: gradients by `differentiate` against central differences of the evaluator.

use netc_compiler::differentiate::{Wanted, differentiate, differentiate_outputs};
use netc_compiler::model::init::Init;
use netc_compiler::op::ParamKind;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::evaluate::{Given, Outcome, evaluate};
use netc_compiler::prim::scalar::ScalarOp;
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, Node, Prim, PrimGraph, Role, Source, State, StateId, StateRole, ValueId, ValueType};
use netc_compiler::types::DType;

/// How a case builds its value from its leaves.
pub type Build = Box<dyn Fn(&mut Builder, &[ValueId]) -> ValueId>;

/// A differentiable value over leaves with uniform entries.
pub struct Case {
    pub name: String,
    /// Shape, and the range of the entries.
    pub leaves: Vec<(Vec<usize>, f64, f64)>,
    pub build: Build,
    /// Leaves whose gradient must be zero because nothing may flow to them.
    pub blocked: Vec<usize>,
}

impl Case {
    /// Leaves with entries in −1..1.
    pub fn new(
        name: impl Into<String>,
        leaves: &[&[usize]],
        build: impl Fn(&mut Builder, &[ValueId]) -> ValueId + 'static,
    ) -> Case {
        Case::between(name, leaves, -1.0, 1.0, build)
    }

    /// Leaves with entries in a range.
    pub fn between(
        name: impl Into<String>,
        leaves: &[&[usize]],
        low: f64,
        high: f64,
        build: impl Fn(&mut Builder, &[ValueId]) -> ValueId + 'static,
    ) -> Case {
        let leaves = leaves.iter().map(|shape| (shape.to_vec(), low, high)).collect();
        Case { name: name.into(), leaves, build: Box::new(build), blocked: Vec::new() }
    }

    /// No gradient may reach these leaves.
    pub fn blocked(mut self, leaves: &[usize]) -> Case {
        self.blocked = leaves.to_vec();
        self
    }
}

/// A graph without nodes whose states are the leaves.
pub fn empty_graph(leaves: &[(Vec<usize>, f64, f64)]) -> PrimGraph {
    let state = |(index, (shape, ..)): (usize, &(Vec<usize>, f64, f64))| State {
        path: format!("leaf{index}"),
        shape: shape.clone(),
        init: Init::Constant(0.0),
        role: StateRole::Param(ParamKind::Trainable),
    };
    PrimGraph {
        name: "case".to_string(),
        mode: Mode::Gradients,
        batch: 1,
        nodes: Vec::new(),
        layers: vec!["case".to_string()],
        inputs: Vec::new(),
        states: leaves.iter().enumerate().map(state).collect(),
        results: Vec::new(),
        updates: Vec::new(),
    }
}

/// Uniform numbers, the same for a stream at every run.
pub fn uniform(stream: u64, elements: usize, low: f64, high: f64) -> Vec<f64> {
    let key = netc_plan::philox::key(17, stream);
    (0..elements as u64).map(|i| low + (high - low) * f64::from(netc_plan::philox::uniform(key, 0, i))).collect()
}

fn given(states: &[Tensor<f64>]) -> Given<'_, f64> {
    Given { inputs: &[], states, upstreams: &[], rate: 0.0, seed: 3, step: 5 }
}

const STEP: f64 = 1e-5;

/// Compares every entry; the error names the case, the leaf and the entry.
pub fn check(case: &Case) -> Result<(), String> {
    let fail = |message: String| Err(format!("{}: {message}", case.name));
    let mut builder = Builder::resume(empty_graph(&case.leaves));
    let leaves: Vec<ValueId> = (0..case.leaves.len()).map(|i| builder.read(StateId(i as u32))).collect();
    let value = (case.build)(&mut builder, &leaves);
    let shape = builder.shape(value).to_vec();
    let elements: usize = shape.iter().product();
    let weights: Vec<f32> = uniform(99, elements, 0.5, 1.5).iter().map(|&w| w as f32).collect();
    let plain = builder.graph.clone();
    let weighted = {
        let ty = builder.graph.ty(value).clone();
        let source = Source::Constant(weights.clone().into());
        let weights = builder.push(Prim::Source(source), vec![], ty);
        builder.mul(value, weights)
    };
    let axes: Vec<usize> = (0..shape.len()).collect();
    let loss = builder.sum(weighted, &axes);
    let mut forward = builder.graph;
    forward.results = vec![(Role::Loss, loss)];

    let mut states: Vec<Tensor<f64>> = case
        .leaves
        .iter()
        .enumerate()
        .map(|(i, (shape, low, high))| Tensor::Real(uniform(i as u64, shape.iter().product(), *low, *high)))
        .collect();
    let all: Vec<Wanted> = (0..states.len()).map(|i| Wanted::State(StateId(i as u32))).collect();
    let backward = differentiate(forward.clone(), loss, &all);
    let gradients = evaluate(&backward, given(&states)).results.split_off(1);

    let mut kinks = 0;
    let mut entries = 0;
    for leaf in 0..states.len() {
        let analytic = gradients[leaf].real();
        let scale = analytic.iter().fold(1.0, |scale: f64, g| scale.max(g.abs()));
        for entry in 0..analytic.len() {
            entries += 1;
            let mut at = |offset: f64| -> Outcome<f64> {
                let Tensor::Real(values) = &mut states[leaf] else { unreachable!("leaves are real") };
                let kept = values[entry];
                values[entry] = kept + offset;
                let outcome = evaluate(&forward, given(&states));
                let Tensor::Real(values) = &mut states[leaf] else { unreachable!("leaves are real") };
                values[entry] = kept;
                outcome
            };
            let (above, below) = (at(STEP), at(-STEP));
            if above.branches != below.branches {
                kinks += 1;
                continue;
            }
            let mut numeric = (above.results[0].real()[0] - below.results[0].real()[0]) / (2.0 * STEP);
            if case.blocked.contains(&leaf) {
                numeric = 0.0;
            }
            let error = (analytic[entry] - numeric).abs();
            if error.is_nan() || error > 1e-6 * scale {
                return fail(format!("leaf {leaf} entry {entry}: {} but {numeric} by differences", analytic[entry]));
            }
        }
    }
    if kinks * 100 > entries {
        return fail(format!("{kinks} kinks in {entries} entries"));
    }
    check_emitted(case, &forward, &backward)?;
    check_alone(case, &forward, loss, &states, &gradients)?;
    check_inputs(case, &forward, loss, &states, &gradients)?;
    check_outputs(case, plain, value, &weights, &states, &gradients)
}

/// No rule emits a copy of a value.
fn check_emitted(case: &Case, forward: &PrimGraph, backward: &PrimGraph) -> Result<(), String> {
    let copies = |node: &Node| matches!(&node.prim, Prim::Map(program) if program.ops == [ScalarOp::Input(0)]);
    match backward.nodes[forward.nodes.len()..].iter().any(copies) {
        true => Err(format!("{}: a gradient is copied", case.name)),
        false => Ok(()),
    }
}

/// The same numbers by inputs as by parameters.
fn check_inputs(
    case: &Case,
    forward: &PrimGraph,
    loss: ValueId,
    states: &[Tensor<f64>],
    gradients: &[Tensor<f64>],
) -> Result<(), String> {
    let mut graph = forward.clone();
    for node in &mut graph.nodes {
        if let Prim::Source(source) = &mut node.prim
            && let Source::State(state) = *source
        {
            *source = Source::Input(state.0);
        }
    }
    let ty = |state: &State| ValueType { dtype: DType::F32, shape: state.shape.clone() };
    graph.inputs = graph.states.iter().map(|state| (state.path.clone(), ty(state))).collect();
    graph.states.clear();
    graph.updates.clear();
    let wanted: Vec<Wanted> = (0..states.len()).map(|i| Wanted::Input(i as u32)).collect();
    let graph = differentiate(graph, loss, &wanted);
    let results = evaluate(&graph, Given { inputs: states, states: &[], ..given(states) }).results;
    match results[1..] == *gradients {
        true => Ok(()),
        false => Err(format!("{}: gradients by inputs differ from those by parameters", case.name)),
    }
}

/// Asking for one leaf alone gives the same numbers and nothing more.
fn check_alone(
    case: &Case,
    forward: &PrimGraph,
    loss: ValueId,
    states: &[Tensor<f64>],
    gradients: &[Tensor<f64>],
) -> Result<(), String> {
    for (leaf, gradient) in gradients.iter().enumerate() {
        let graph = differentiate(forward.clone(), loss, &[Wanted::State(StateId(leaf as u32))]);
        let alone = evaluate(&graph, given(states)).results.split_off(1);
        if alone[0] != *gradient {
            return Err(format!("{}: the gradient of leaf {leaf} changes when asked for alone", case.name));
        }
    }
    Ok(())
}

/// Without a loss, with the upstream gradient from outside, the same numbers come out.
fn check_outputs(
    case: &Case,
    plain: PrimGraph,
    value: ValueId,
    weights: &[f32],
    states: &[Tensor<f64>],
    gradients: &[Tensor<f64>],
) -> Result<(), String> {
    let wanted: Vec<Wanted> = (0..states.len()).map(|i| Wanted::State(StateId(i as u32))).collect();
    let graph = differentiate_outputs(plain, &[value], &wanted);
    let upstreams = [Tensor::from_f32(weights)];
    let results = evaluate(&graph, Given { upstreams: &upstreams, ..given(states) }).results;
    for (leaf, (result, gradient)) in results.iter().zip(gradients).enumerate() {
        let differs = |(a, b): (&f64, &f64)| (a - b).abs() > 1e-12 * (1.0 + b.abs());
        if result.len() != gradient.len() || result.real().iter().zip(gradient.real()).any(differs) {
            return Err(format!("{}: the gradient of leaf {leaf} differs without a loss", case.name));
        }
    }
    Ok(())
}
