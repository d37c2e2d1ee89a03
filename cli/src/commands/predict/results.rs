//! Samples through a session, batch by batch, to whole results; and a result to a file.

use super::inputs::Samples;
use crate::exit::Failure;
use netc::{Data, Network};
use netc_compiler::types::DType;
use netc_train::data::Values;
use netc_train::data::npy::write_npy;
use netc_train::file::{Keep, RUN_AGAIN, atomic_write};
use std::path::Path;

/// Samples of one run; results do not depend on it.
const BATCH: usize = 64;

/// Outputs and tapped values of all samples.
pub struct Results {
    /// Outputs in order, then taps.
    pub list: Vec<Outcome>,
    /// How many of them are outputs.
    pub outputs: usize,
    /// Samples.
    pub samples: usize,
}

/// One output or tapped value.
pub struct Outcome {
    /// Name of the output, path of the tapped value.
    pub name: String,
    /// Shape of one sample, or of the whole value where it has no batch.
    pub shape: Vec<usize>,
    /// Whether each sample has its own value.
    pub batched: bool,
    /// Row-major, sample by sample.
    pub values: Values,
}

impl Outcome {
    /// Elements of one sample.
    pub fn per_sample(&self) -> usize {
        self.shape.iter().product()
    }

    /// How many values are NaN, of how many.
    pub fn not_numbers(&self) -> (usize, usize) {
        let bad = self.values.f32().map_or(0, |values| values.iter().filter(|value| value.is_nan()).count());
        (bad, self.values.len())
    }
}

/// Runs all samples.
///
/// # Errors
/// When memory is short or a value is out of its range.
pub fn run(network: &Network, samples: &Samples, taps: &[&str]) -> Result<Results, Failure> {
    let model = network.model();
    let outputs = model.outputs.iter().map(|output| (output.name.clone(), output.value));
    let tapped = taps.iter().filter_map(|path| Some((path.to_string(), *model.labels.get(*path)?)));
    let mut list: Vec<Outcome> = outputs
        .chain(tapped)
        .map(|(name, value)| {
            let ty = model.ty(value);
            let shape = ty.shape.dims().iter().map(|&extent| extent as usize).collect();
            let integers = !ty.dtype.is_float();
            let values = if integers { Values::I32(Vec::new()) } else { Values::F32(Vec::new()) };
            debug_assert!(ty.dtype != DType::F64, "only the gradient check computes in f64");
            Outcome { name, shape, batched: ty.shape.is_batched(), values }
        })
        .collect();
    let mut first = 0;
    while first < samples.count {
        let size = BATCH.min(samples.count - first);
        let mut session = network.session(size).tap(taps.iter().copied());
        // Sessions of one size share their program; the last part may be smaller.
        while samples.count - first >= size {
            let inputs: Vec<(&str, Data)> = (0..samples.columns.len())
                .map(|input| (samples.columns[input].name.as_str(), samples.part(input, first, size)))
                .collect();
            let prediction = session.predict(inputs.as_slice())?;
            for (result, (_, _, values)) in list.iter_mut().zip(prediction.all()) {
                if result.batched || first == 0 {
                    extend(&mut result.values, values);
                }
            }
            first += size;
        }
    }
    Ok(Results { list, outputs: model.outputs.len(), samples: samples.count })
}

/// Integers and truth values come as the bits of floats.
fn extend(to: &mut Values, from: &[f32]) {
    match to {
        Values::F32(to) => to.extend_from_slice(from),
        Values::I32(to) => to.extend(from.iter().map(|value| value.to_bits().cast_signed())),
    }
}

impl Results {
    /// Writes a result as NPY, atomically; its first axis counts the samples.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, name: &str, file: &Path) -> Result<(), Failure> {
        let Some(result) = self.list.iter().find(|result| result.name == name) else {
            return Err(Failure::internal(format!("the program gives no `{name}`")));
        };
        let samples = result.batched.then_some(self.samples);
        let shape: Vec<usize> = samples.into_iter().chain(result.shape.iter().copied()).collect();
        Ok(atomic_write(file, Keep::Nothing, RUN_AGAIN, |to| write_npy(to, &shape, &result.values))?)
    }
}
