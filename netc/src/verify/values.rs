//! Random values for a program's states and inputs.

use crate::{Error, Network};
use netc_compiler::model::initial::initial_values;
use netc_compiler::prim::StateRole;
use netc_compiler::program::Program;
use netc_compiler::types::DType;
use netc_plan::philox::{key, stream, uniform};

/// What a run starts from; integers by their bits.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// In the order of [`Program::states`].
    pub states: Vec<Vec<f32>>,
    /// In the order of [`Program::inputs`].
    pub inputs: Vec<Vec<f32>>,
    pub rate: f32,
    pub seed: u64,
}

impl Given {
    /// Parameters as the network has them, slots at their start, inputs drawn: numbers in 0..1, integers in their
    /// range.
    pub fn draw(network: &Network, program: &Program) -> Result<Given, Error> {
        let seed = network.inner.seed;
        network.require_parameters()?;
        let state = |(state, _): &(netc_compiler::prim::State, _)| match state.role {
            StateRole::Param(_) => network.parameter(&state.path).unwrap_or_default(),
            StateRole::Slot(_) => initial_values(&state.path, &state.init, state.shape.iter().product(), 0),
        };
        let input = |(name, ty, _): &(String, netc_compiler::prim::ValueType, _)| {
            let key = key(seed, stream(name, 0));
            let numbers = (0..ty.elements() as u64).map(|index| uniform(key, 0, index));
            let class = |bound: u32, number: f32| f32::from_bits((f64::from(number) * f64::from(bound)) as u32);
            match ty.dtype {
                DType::F32 | DType::F64 => numbers.collect(),
                DType::Bool => numbers.map(|number| class(2, number)).collect(),
                DType::Int { bound } => numbers.map(|number| class(bound, number)).collect(),
            }
        };
        let rate = network.model().recipe.as_ref().map_or(0.0, |recipe| recipe.rate as f32);
        Ok(Given {
            states: program.states.iter().map(state).collect(),
            inputs: program.inputs.iter().map(input).collect(),
            rate,
            seed,
        })
    }
}
