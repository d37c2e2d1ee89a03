//! What a run writes: best weights and checkpoint, and when.

use super::run::{Run, Save};
use crate::checkpoint::Checkpoint;
use crate::error::TrainError;
use crate::file::{Keep, RESUME, atomic_write};
use crate::weights::{Tensor, write_safetensors};
use std::time::{Duration, Instant};

impl Run<'_> {
    /// Whether a checkpoint is to be written after the present step or epoch.
    pub(super) fn due(&self, end_of_epoch: bool) -> bool {
        match self.options.save {
            Save::Steps(every) => self.state.step.is_multiple_of(every.max(1)),
            Save::Timed => self.saved.elapsed() >= Duration::from_secs(if end_of_epoch { 2 } else { 60 }),
        }
    }

    /// Writes the best weights (the present ones where none are watched) and then the checkpoint.
    pub(super) fn save(&mut self) -> Result<(), TrainError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let weights = self.stepper.weights();
        require_finite(&weights, self.state.step)?;
        self.write_best(self.best.as_ref().unwrap_or(&weights))?;
        folder.sync()?;
        self.state.log_lines = folder.lines();
        let (slots, best) = (self.stepper.slots(), self.best.take());
        let checkpoint = Checkpoint { progress: self.state.clone(), weights, slots, best };
        let written = checkpoint.save(&folder.checkpoint());
        self.best = checkpoint.best;
        self.saved = Instant::now();
        written
    }

    /// Writes `best.safetensors`.
    pub(super) fn write_best(&self, weights: &[Tensor]) -> Result<(), TrainError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let model: String = self.plan.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
        let metadata = [("format", "netc"), ("network", &self.plan.network), ("model", &model)];
        let metadata = metadata.into_iter().map(|(key, text)| (key.to_string(), text.to_string())).collect();
        atomic_write(&folder.best(), Keep::Nothing, RESUME, |to| write_safetensors(to, weights, &metadata))
    }
}

/// Fails at the first tensor with a value that is not finite: such weights are never saved.
pub(super) fn require_finite(weights: &[Tensor], step: u64) -> Result<(), TrainError> {
    let bad =
        |tensor: &&Tensor| tensor.values.f32().is_some_and(|values| values.iter().any(|value| !value.is_finite()));
    match weights.iter().find(bad) {
        None => Ok(()),
        Some(tensor) => Err(TrainError::NonFinite { what: format!("`{}`", tensor.path), step, layer: None }),
    }
}
