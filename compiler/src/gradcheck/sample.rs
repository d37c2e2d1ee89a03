//! Samples, inputs and states where the caller has none; numbers are drawn from the generator of all random numbers.

use crate::expand::expand;
use crate::model::Model;
use crate::model::init::Init;
use crate::prim::tensor::Tensor;
use crate::prim::{Mode, Prim, PrimGraph, ReduceOp, State, ValueType};
use crate::types::DType;
use netc_plan::philox;

/// Samples, at least: double precision is slow, and more show nothing new.
const FEWEST: usize = 2;
/// Values that every variance over samples sees, at least. Of two values batch norm leaves little but a sign, and
/// nearly no gradient.
const VARIED: usize = 8;

/// A batch in which gradients can be checked: 2, or more where batch norm would see few values.
pub fn samples(model: &Model) -> usize {
    let graph = expand(model, Mode::Gradients, 1, &[]);
    let values = graph.nodes.iter().filter_map(|node| match &node.prim {
        Prim::Reduce { op: ReduceOp::Variance, axes } if axes.contains(&0) => {
            let shape = &graph.ty(node.inputs[0]).shape;
            Some(axes.iter().map(|&axis| shape[axis]).product::<usize>())
        }
        _ => None,
    });
    values.map(|values| VARIED.div_ceil(values)).max().unwrap_or(0).max(FEWEST)
}

/// Inputs and targets where no data is at hand: uniform in 0..1, classes uniform in their range.
pub fn sample_inputs(graph: &PrimGraph, seed: u64) -> Vec<Tensor<f64>> {
    let sample = |(index, (name, ty)): (usize, &(String, ValueType))| {
        let key = philox::key(seed, philox::stream(name, index as u64));
        let uniform = |i: usize| f64::from(philox::uniform(key, 0, i as u64));
        match ty.dtype {
            DType::F32 | DType::F64 => Tensor::Real((0..ty.elements()).map(uniform).collect()),
            DType::Bool => Tensor::Int((0..ty.elements()).map(|i| i32::from(uniform(i) < 0.5)).collect()),
            DType::Int { bound } => {
                Tensor::Int((0..ty.elements()).map(|i| (uniform(i) * f64::from(bound)) as i32).collect())
            }
        }
    };
    graph.inputs.iter().enumerate().map(sample).collect()
}

/// Starting values of states by their distributions, where no weights are at hand.
pub fn sample_states(states: &[State], seed: u64) -> Vec<Tensor<f64>> {
    let sample = |state: &State| {
        let key = philox::key(seed, philox::stream(&state.path, 0));
        let elements: usize = state.shape.iter().product();
        let each = |f: &dyn Fn(u64) -> f32| (0..elements as u64).map(|i| f64::from(f(i))).collect();
        Tensor::Real(match &state.init {
            Init::Constant(value) | Init::Fit { start: value, .. } => vec![f64::from(*value); elements],
            Init::Uniform { low, high } => each(&|i| low + (high - low) * philox::uniform(key, 0, i)),
            Init::Normal { mean, deviation } => each(&|i| mean + deviation * philox::normal(key, 0, i)),
            Init::Given(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Init::Sample(_) => each(&|i| philox::uniform(key, 0, i)),
        })
    };
    states.iter().map(sample).collect()
}
