//! Metrics: the sum over a batch of what is averaged over a whole part of the data.
//!
//! An entry of `metrics = [ … ]` names one of these; they stand apart from the operators because a loss of the same
//! name is a mean. A figure is Σ sums / Σ (count per sample · samples).

mod accuracy;
mod binary_accuracy;
mod mae;
mod mse;

use crate::op::prelude::*;
use crate::op::{Entry, entry};

/// One line of the table of metrics.
#[derive(Clone, Copy)]
pub struct MetricEntry {
    /// How to describe and build the operator, whose result is the sum over the batch, a scalar.
    pub entry: Entry,
    /// What one sample adds to the count, from the types that `infer` accepted.
    pub count_per_sample: fn(&[TensorType]) -> u64,
    /// Whether a larger figure is better.
    pub larger_is_better: bool,
}

static ENTRIES: &[MetricEntry] = &[
    MetricEntry { entry: entry::<accuracy::Accuracy>(), count_per_sample: accuracy::count, larger_is_better: true },
    MetricEntry {
        entry: entry::<binary_accuracy::BinaryAccuracy>(),
        count_per_sample: elements,
        larger_is_better: true,
    },
    MetricEntry { entry: entry::<mae::Mae>(), count_per_sample: elements, larger_is_better: false },
    MetricEntry { entry: entry::<mse::SquaredError>(), count_per_sample: elements, larger_is_better: false },
];

/// All metrics, sorted by name.
pub fn all() -> &'static [MetricEntry] {
    ENTRIES
}

/// The metric with this name.
pub fn lookup(name: &str) -> Option<&'static MetricEntry> {
    let name = if name == "l1" { "mae" } else { name };
    ENTRIES.iter().find(|metric| metric.entry.name == name)
}

fn elements(inputs: &[TensorType]) -> u64 {
    inputs[0].shape.elements()
}

fn require_samples(name: &str, inputs: &[TensorType]) -> Result<(), Misuse> {
    if inputs[0].shape.is_batched() {
        return Ok(());
    }
    Err(Misuse::new(format!("`{name}` needs one value per sample, but this is the same for all"))
        .input(0)
        .help("give a value of the network that depends on an input"))
}

fn infer_compared(name: &str, inputs: &[TensorType]) -> Result<Signature, Misuse> {
    require_samples(name, inputs)?;
    require_numbers(inputs)?;
    require_same_shape(name, inputs)?;
    Ok(Signature::of(TensorType::f32(Shape::scalar())))
}

fn sum_of_all(graph: &mut Builder, value: ValueId) -> ValueId {
    let axes: Vec<usize> = (0..graph.shape(value).len()).collect();
    graph.sum(value, &axes)
}
