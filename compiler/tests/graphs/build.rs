//! Graphs for the tests, and their evaluation.

use netc_compiler::model::init::Init;
use netc_compiler::op::ParamKind;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::evaluate::{Given, Outcome, evaluate};
use netc_compiler::prim::tensor::{Real, Tensor};
use netc_compiler::prim::{ConvGeometry, Mode, Prim, PrimGraph, Role, Source, State, StateRole, ValueId, ValueType};
use netc_compiler::types::DType;

/// An empty graph with inputs and trainable parameters of these shapes.
pub fn start(mode: Mode, inputs: &[&[usize]], params: &[(&str, &[usize])]) -> (Builder, Vec<ValueId>) {
    let ty = |shape: &[usize]| ValueType { dtype: DType::F32, shape: shape.to_vec() };
    let state = |(path, shape): &(&str, &[usize])| State {
        path: path.to_string(),
        shape: shape.to_vec(),
        init: Init::Constant(0.0),
        role: StateRole::Param(ParamKind::Trainable),
    };
    let mut builder = Builder::resume(PrimGraph {
        name: "test".to_string(),
        mode,
        batch: inputs.first().map_or(1, |shape| shape[0]),
        nodes: Vec::new(),
        layers: vec!["net".to_string(), "conv1".to_string()],
        inputs: inputs.iter().enumerate().map(|(i, shape)| (format!("x{i}"), ty(shape))).collect(),
        states: params.iter().map(state).collect(),
        results: Vec::new(),
        updates: Vec::new(),
    });
    let values = (0..inputs.len() as u32)
        .map(|i| builder.push(Prim::Source(Source::Input(i)), vec![], ty(inputs[i as usize])))
        .collect();
    (builder, values)
}

/// Stride 1 with a border.
pub fn padded(border: usize) -> ConvGeometry {
    ConvGeometry {
        stride: vec![1, 1],
        low: vec![border, border],
        high: vec![border, border],
        dilation: vec![1, 1],
        groups: 1,
    }
}

/// Uniform numbers in −1..1, the same for a stream at every run.
pub fn numbers<T: Real>(stream: u64, elements: usize) -> Tensor<T> {
    let draw = |i| T::of(2.0 * f64::from(netc_plan::philox::uniform(stream, 0, i)) - 1.0);
    Tensor::Real((0..elements as u64).map(draw).collect())
}

/// Runs a graph on uniform inputs and states, with rate 0.1.
pub fn run<T: Real>(graph: &PrimGraph) -> Outcome<T> {
    let inputs: Vec<Tensor<T>> =
        graph.inputs.iter().enumerate().map(|(i, (_, ty))| numbers(100 + i as u64, ty.elements())).collect();
    let states: Vec<Tensor<T>> =
        graph.states.iter().enumerate().map(|(i, s)| numbers(200 + i as u64, s.shape.iter().product())).collect();
    evaluate(graph, Given { inputs: &inputs, states: &states, upstreams: &[], rate: 0.1, seed: 1, step: 0 })
}

/// A convolution, its activation and a mean as the loss.
pub fn small_network() -> (PrimGraph, ValueId) {
    let (mut graph, x) = start(Mode::Step, &[&[2, 1, 4, 4]], &[("conv1.weight", &[2, 1, 3, 3]), ("conv1.bias", &[2])]);
    graph.origin = netc_compiler::prim::OriginId(1);
    let w = graph.read(netc_compiler::prim::StateId(0));
    let y = graph.conv(x[0], w, padded(1));
    let bias = graph.read(netc_compiler::prim::StateId(1));
    let bias = graph.broadcast_along(bias, &[2, 2, 4, 4], vec![1]);
    let y = graph.map2(y, bias, |y, bias| (y + bias).tanh());
    graph.origin = netc_compiler::prim::OriginId(0);
    graph.phase = netc_compiler::prim::Phase::Loss;
    let loss = graph.mean(y, &[0, 1, 2, 3]);
    graph.graph.results = vec![(Role::Output("y".to_string()), y), (Role::Loss, loss)];
    (graph.graph, loss)
}
