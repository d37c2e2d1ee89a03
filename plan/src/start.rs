//! Starting values of parameters: a pure function of the seed and the parameter's path.

use crate::philox::{key, normal, stream, uniform};

/// Where the values of a tensor come from before the first step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start<'a> {
    /// Every element the same.
    Constant(f32),
    /// Uniform over `low..high`: low, high.
    Uniform(f32, f32),
    /// Normal: mean, standard deviation.
    Normal(f32, f32),
    /// These values, in row-major order.
    Given(&'a [f32]),
}

impl Start<'_> {
    /// Fills a tensor in row-major order. Element i of a draw is number i of the stream of the tensor's path under the
    /// seed.
    pub fn draw(self, path: &str, seed: u64, values: &mut [f32]) {
        let key = key(seed, stream(path, 0));
        let numbered = values.iter_mut().zip(0u64..);
        match self {
            Start::Constant(value) => values.fill(value),
            Start::Uniform(low, high) => {
                numbered.for_each(|(value, i)| *value = low + (high - low) * uniform(key, 0, i))
            }
            Start::Normal(mean, deviation) => {
                numbered.for_each(|(value, i)| *value = mean + deviation * normal(key, 0, i));
            }
            Start::Given(given) => values.iter_mut().zip(given).for_each(|(value, given)| *value = *given),
        }
    }
}
