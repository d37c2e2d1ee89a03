//! What a run tells its caller while it goes: the command draws a bar from it, a library may ignore it.

use std::collections::BTreeMap;

/// A moment of a run. Epochs count from 1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Something that the user should know and that does not stop the run.
    Warning(&'a str),
    /// The data is open and the first step comes next.
    Start {
        /// Training samples.
        training: usize,
        /// Validation samples.
        validation: usize,
        /// Epochs of the whole run.
        epochs: u64,
        /// Steps of one epoch.
        batches: u64,
        /// Epochs that were already done when the run went on.
        done: u64,
    },
    /// A step is done.
    Step {
        /// The epoch under way.
        epoch: u64,
        /// Steps of this epoch that are done.
        batch: u64,
        /// Samples in the step.
        samples: usize,
        /// Mean training loss of the epoch so far.
        loss: f64,
        /// Learning rate of the step.
        rate: f64,
    },
    /// An epoch is done and validated.
    Epoch {
        /// Which.
        epoch: u64,
        /// `train_loss`, `val_loss` and the validation metrics.
        figures: &'a BTreeMap<String, f64>,
        /// Whether it is the best so far.
        best: bool,
        /// Training samples per second of this epoch, validation not counted.
        samples_per_second: f64,
    },
    /// The best weights are restored; the final figures come next.
    Testing,
    /// The run is over.
    Done {
        /// Epochs that were trained.
        epochs: u64,
        /// `train_…`, `val_…` and `test_…` figures of the final weights.
        figures: &'a BTreeMap<String, f64>,
    },
}

/// Takes the events of a run.
pub trait Progress {
    /// Called often; must be quick.
    fn event(&mut self, event: &Event<'_>);
}

/// Ignores all events.
impl Progress for () {
    fn event(&mut self, _: &Event<'_>) {}
}
