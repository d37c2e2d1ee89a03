//! The training loop: from a stepper, data and a plan to trained weights, with log, checkpoints and resumption.

mod evaluate;
mod identity;
mod record;
mod run;
mod save;
mod watch;

pub use evaluate::evaluate;
pub use run::{Options, Outcome, Save, train};

use crate::checkpoint::Fingerprint;
use crate::metric::Metric;
use netc_compiler::model::recipe::{EarlyStop, Recipe, Schedule};

/// How a network is trained, apart from its data.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Name of the network, for log and weights file.
    pub network: String,
    /// Of everything but seed, batch, epochs and data: model, loss, optimiser. A checkpoint fits no other.
    pub fingerprint: Fingerprint,
    /// Samples of a step; the last one of an epoch may have fewer.
    pub batch: usize,
    /// Passes over the training data. May be raised when a run goes on.
    pub epochs: u64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Learning rate before the schedule's factor.
    pub rate: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// When to stop early.
    pub stop: Option<EarlyStop>,
    /// Metrics, in the order of the stepper's sums.
    pub metrics: Vec<Metric>,
}

impl Plan {
    /// The plan of a recipe. `text` is whatever identifies model and recipe, such as the model's text form.
    pub fn of(recipe: &Recipe, network: &str, text: &str) -> Plan {
        let metric = |metric: &netc_compiler::model::recipe::Metric| Metric {
            name: metric.name.clone(),
            count_per_sample: metric.count_per_sample,
            larger_is_better: metric.larger_is_better,
        };
        Plan {
            network: network.to_string(),
            fingerprint: crate::checkpoint::fingerprint(&[text.as_bytes()]),
            batch: recipe.batch,
            epochs: recipe.epochs as u64,
            seed: recipe.seed,
            rate: recipe.rate,
            schedule: recipe.schedule.clone(),
            stop: recipe.stop.clone(),
            metrics: recipe.metrics.iter().map(metric).collect(),
        }
    }
}
