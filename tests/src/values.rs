//! Values for states, inputs and targets that depend on nothing but a seed.

use netc_compiler::model::init::Init;
use netc_compiler::model::initial::initial_values;
use netc_compiler::prim::{State, StateRole};
use netc_compiler::program::Program;
use netc_compiler::types::DType;
use netc_plan::philox::{block, key, stream, uniform, unit};

/// Elements `low + (high − low) · u` in f32, u being the uniform numbers of the stream of `name` under `seed`.
pub fn fill(seed: u64, name: &str, elements: usize, low: f32, high: f32) -> Vec<f32> {
    let key = key(seed, stream(name, 0));
    let blocks = (0..elements.div_ceil(4) as u64).flat_map(|index| block(key, 0, index));
    blocks.take(elements).map(|word| low + (high - low) * unit(word)).collect()
}

/// Classes `⌊bound · u⌋` as an executor holds them: integers by their bits.
pub fn classes(seed: u64, name: &str, elements: usize, bound: u32) -> Vec<f32> {
    let key = key(seed, stream(name, 0));
    let class = |index| (f64::from(uniform(key, 0, index)) * f64::from(bound)) as u32;
    (0..elements as u64).map(|index| f32::from_bits(class(index))).collect()
}

/// Inputs and targets in the program's order: numbers in 0..1, classes in their range.
pub fn inputs(program: &Program, seed: u64) -> Vec<Vec<f32>> {
    let each = |(name, ty, _): &(String, netc_compiler::prim::ValueType, _)| match ty.dtype {
        DType::Int { bound } => classes(seed, name, ty.elements(), bound),
        DType::Bool => classes(seed, name, ty.elements(), 2),
        DType::F32 | DType::F64 => fill(seed, name, ty.elements(), 0.0, 1.0),
    };
    program.inputs.iter().map(each).collect()
}

/// States in the program's order: parameters by their distributions, but nothing constant, so that ones and zeros hide
/// no error; slots of the optimiser at their start.
pub fn states(program: &Program, seed: u64) -> Vec<Vec<f32>> {
    program.states.iter().map(|(state, _)| one_state(state, seed)).collect()
}

fn one_state(state: &State, seed: u64) -> Vec<f32> {
    let elements = state.shape.iter().product();
    match (&state.init, state.role) {
        (Init::Constant(start) | Init::Fit { start, .. }, StateRole::Param(_)) => {
            fill(seed, &state.path, elements, *start, start + 0.25)
        }
        (Init::Sample(_), _) => fill(seed, &state.path, elements, 0.0, 1.0),
        (init, _) => initial_values(&state.path, init, elements, seed),
    }
}
