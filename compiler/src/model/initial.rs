//! Starting values of parameters as numbers: a pure function of the seed and the parameter's path.

use super::init::Init;
use netc_plan::philox::{key, normal, stream, uniform};

/// The values of a tensor before the first step, in row-major order. Element i of a draw is number i of the stream of
/// the tensor's path under the seed. Fitted and sampled tensors hold their value before the fit.
pub fn initial_values(path: &str, init: &Init, elements: usize, seed: u64) -> Vec<f32> {
    let key = key(seed, stream(path, 0));
    match init {
        Init::Constant(value) => vec![*value; elements],
        Init::Uniform { low, high } => {
            (0..elements as u64).map(|index| low + (high - low) * uniform(key, 0, index)).collect()
        }
        Init::Normal { mean, deviation } => {
            (0..elements as u64).map(|index| mean + deviation * normal(key, 0, index)).collect()
        }
        Init::Given(values) => values.to_vec(),
        Init::Fit { start, .. } => vec![*start; elements],
        Init::Sample(_) => vec![0.0; elements],
    }
}
