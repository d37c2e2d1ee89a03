//! One check for all cases: what the program computes is what the graph means.

use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::fuse::fuse;
use netc_compiler::lower::{Choices, lower};
use netc_compiler::model::init::Init;
use netc_compiler::op::ParamKind;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::evaluate::{Given, Outcome, evaluate};
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, Prim, PrimGraph, Role, Source, State, StateId, StateRole, ValueId, ValueType};
use netc_compiler::program::interpret::{Machine, Run};
use netc_compiler::program::{BufferId, Program, Scalar, Verified, verify};
use netc_compiler::simplify::simplify;
use netc_compiler::types::DType;

/// An empty graph with inputs and trainable parameters of these shapes.
pub fn start(mode: Mode, inputs: &[&[usize]], params: &[&[usize]]) -> (Builder, Vec<ValueId>, Vec<ValueId>) {
    let ty = |shape: &[usize]| ValueType { dtype: DType::F32, shape: shape.to_vec() };
    let state = |(index, shape): (usize, &&[usize])| State {
        path: format!("w{index}"),
        shape: shape.to_vec(),
        init: Init::Constant(0.0),
        role: StateRole::Param(ParamKind::Trainable),
    };
    let mut builder = Builder::resume(PrimGraph {
        name: "test".to_string(),
        mode,
        batch: inputs.first().map_or(1, |shape| shape.first().copied().unwrap_or(1)),
        nodes: Vec::new(),
        layers: vec!["net".to_string()],
        inputs: inputs.iter().enumerate().map(|(i, shape)| (format!("x{i}"), ty(shape))).collect(),
        states: params.iter().enumerate().map(state).collect(),
        results: Vec::new(),
        updates: Vec::new(),
    });
    let x = (0..inputs.len() as u32)
        .map(|i| builder.push(Prim::Source(Source::Input(i)), vec![], ty(inputs[i as usize])))
        .collect();
    let w = (0..params.len() as u32).map(|i| builder.read(StateId(i))).collect();
    (builder, x, w)
}

/// Uniform numbers in −1..1, the same for a stream at every run.
pub fn numbers(stream: u64, elements: usize) -> Vec<f32> {
    (0..elements as u64).map(|i| 2.0 * netc_plan::philox::uniform(stream, 0, i) - 1.0).collect()
}

/// The graph with a loss, Σ of the value weighted by fixed numbers, and the gradients of all inputs and parameters.
pub fn with_gradients(mut builder: Builder, value: ValueId) -> PrimGraph {
    let ty = builder.graph.ty(value).clone();
    let weights: std::sync::Arc<[f32]> = numbers(7, ty.elements()).into();
    let axes: Vec<usize> = (0..ty.shape.len()).collect();
    let weights = builder.push(Prim::Source(Source::Constant(weights)), vec![], ty);
    let product = builder.mul(value, weights);
    let loss = builder.sum(product, &axes);
    let mut graph = builder.graph;
    graph.results.push((Role::Output("y".into()), value));
    graph.results.push((Role::Loss, loss));
    let inputs = (0..graph.inputs.len() as u32).map(Wanted::Input);
    let wanted: Vec<Wanted> = inputs.chain((0..graph.states.len() as u32).map(|i| Wanted::State(StateId(i)))).collect();
    differentiate(graph, loss, &wanted)
}

/// Fuses, lowers and verifies.
pub fn compile(graph: &PrimGraph) -> Verified<Program> {
    let kernels = fuse(graph);
    let program = lower(&kernels, &Choices::default());
    let text = program.to_string();
    match verify(program) {
        Ok(program) => program,
        Err(violation) => panic!("{violation}\n{kernels}\n{text}"),
    }
}

/// Runs a graph by the program and by the evaluator on the same uniform numbers; returns the program.
pub fn check(name: &str, graph: PrimGraph) -> Verified<Program> {
    check_within(name, graph, 2e-5)
}

/// The same with the largest difference relative to a tensor's largest magnitude.
pub fn check_within(name: &str, graph: PrimGraph, tolerance: f64) -> Verified<Program> {
    let graph = simplify(graph);
    let program = compile(&graph);
    let draw = |stream: u64, ty: &ValueType| match ty.dtype {
        DType::Int { bound } => {
            let numbers = numbers(stream, ty.elements());
            Tensor::Int(numbers.iter().map(|x| ((x + 1.0) * 0.5 * bound as f32) as i32).collect())
        }
        DType::Bool => Tensor::Int(numbers(stream, ty.elements()).iter().map(|&x| i32::from(x > 0.0)).collect()),
        _ => Tensor::from_f32(&numbers(stream, ty.elements())),
    };
    let inputs: Vec<Tensor<f64>> =
        graph.inputs.iter().enumerate().map(|(i, (_, ty))| draw(100 + i as u64, ty)).collect();
    let state = |(i, state): (usize, &State)| Tensor::from_f32(&numbers(200 + i as u64, state.shape.iter().product()));
    let states: Vec<Tensor<f64>> = graph.states.iter().enumerate().map(state).collect();
    agree_on(name, &graph, &program, (&inputs, &states), tolerance);
    program
}

/// Compares all results and new states on given inputs and states.
pub fn agree_on(
    name: &str,
    graph: &PrimGraph,
    program: &Verified<Program>,
    (inputs, states): (&[Tensor<f64>], &[Tensor<f64>]),
    tolerance: f64,
) {
    let given = Given { inputs, states, upstreams: &[], rate: f64::from(0.1f32), seed: 5, step: 3 };
    let wanted = evaluate(graph, given);
    let machine = run(program, inputs, states);
    compare(name, graph, program, &machine, &wanted, tolerance);
}

fn run<'a>(program: &'a Verified<Program>, inputs: &[Tensor<f64>], states: &[Tensor<f64>]) -> Machine<'a> {
    let mut machine = Machine::new(program);
    machine.set_scalars(0.1, 5, 3, 0);
    for ((_, _, buffer), tensor) in program.inputs.iter().zip(inputs) {
        put(machine.buffer_mut(*buffer), tensor);
    }
    for ((_, buffer), tensor) in program.states.iter().zip(states) {
        put(machine.buffer_mut(*buffer), tensor);
    }
    for entry in &program.entries {
        assert_eq!(machine.run(entry.name), Run::Done);
    }
    machine
}

fn put(to: &mut [f32], tensor: &Tensor<f64>) {
    match tensor {
        Tensor::Real(values) => to.iter_mut().zip(values).for_each(|(to, &value)| *to = value as f32),
        Tensor::Int(values) => {
            to.iter_mut().zip(values).for_each(|(to, &value)| *to = f32::from_bits(value.cast_unsigned()));
        }
    }
}

fn compare(
    name: &str,
    graph: &PrimGraph,
    program: &Verified<Program>,
    machine: &Machine<'_>,
    wanted: &Outcome<f64>,
    tolerance: f64,
) {
    let text = || format!("{}\n{}", fuse(graph), **program);
    for ((role, _, buffer), wanted) in program.results.iter().zip(&wanted.results) {
        if let Err(message) = agree(program, machine, *buffer, wanted, tolerance) {
            panic!("{name}: {role:?}: {message}\n{}", text());
        }
    }
    if graph.mode == Mode::Step {
        for (state, wanted) in &wanted.updates {
            let (known, buffer) = &program.states[state.0 as usize];
            if let Err(message) = agree(program, machine, *buffer, wanted, tolerance) {
                panic!("{name}: {}: {message}\n{}", known.path, text());
            }
        }
    }
}

fn agree(
    program: &Program,
    machine: &Machine<'_>,
    buffer: BufferId,
    wanted: &Tensor<f64>,
    tolerance: f64,
) -> Result<(), String> {
    let found = machine.buffer(buffer);
    let is_float = program.buffers[buffer.0 as usize].scalar == Scalar::F32;
    let wanted: Vec<f64> = match wanted {
        Tensor::Real(values) => values.clone(),
        Tensor::Int(values) => values.iter().map(|&value| f64::from(value)).collect(),
    };
    if found.len() != wanted.len() {
        return Err(format!("{} elements instead of {}", found.len(), wanted.len()));
    }
    let scale = wanted.iter().fold(0.02f64, |scale, value| scale.max(value.abs()));
    for (at, (&found, &wanted)) in found.iter().zip(&wanted).enumerate() {
        let found = if is_float { f64::from(found) } else { f64::from(found.to_bits().cast_signed()) };
        let apart = (found - wanted).abs();
        if apart.is_nan() || apart > tolerance * scale {
            return Err(format!("element {at} is {found}, not {wanted}"));
        }
    }
    Ok(())
}
