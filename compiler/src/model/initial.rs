//! Starting values of parameters as numbers: a pure function of the seed and the parameter's path.

use super::init::Init;

/// The values of a tensor before the first step, in row-major order; see [`netc_plan::Start::draw`].
pub fn initial_values(path: &str, init: &Init, elements: usize, seed: u64) -> Vec<f32> {
    let mut values = vec![0.0; elements];
    init.start().draw(path, seed, &mut values);
    values
}
