//! `train`: epochs of shuffled steps, validation, the best weights, checkpoints, then the one test.

use super::Plan;
use super::evaluate::evaluate;
use super::identity::run_fingerprint;
use super::record::{Elapsed, Record, SCHEMA, Started};
use super::save::require_finite;
use super::watch::{watch, watched};
use crate::checkpoint::{Checkpoint, Progress as State};
use crate::data::{Batch, Dataset, Parts};
use crate::early_stop::Watch;
use crate::error::{Fault, TrainError};
use crate::metric::{Mean, Tally};
use crate::progress::{Event, Progress};
use crate::run_folder::RunFolder;
use crate::schedule::{Pace, factor};
use crate::stepper::{Scalars, Stepper};
use crate::weights::Tensor;
use netc_plan::philox::shuffle;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When checkpoints are written, apart from the end and an interruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Save {
    /// After an epoch if the last one is older than two seconds, within an epoch if it is older than a minute.
    Timed,
    /// After every so many steps.
    Steps(u64),
}

/// Where a run writes and how it is stopped.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The run folder; without it nothing is written.
    pub run: Option<&'a Path>,
    /// Go on from the folder's last checkpoint.
    pub resume: bool,
    /// When to write checkpoints.
    pub save: Save,
    /// Raised from outside (Ctrl-C): the run saves and returns after the step under way.
    pub interrupt: &'a AtomicBool,
    /// Largest checkpoint that is read back, in bytes.
    pub max_bytes: u64,
}

/// What a run gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Epochs that were trained, those before a resumption included.
    pub epochs: u64,
    /// The best epoch (from 1), if one was watched.
    pub best_epoch: Option<u64>,
    /// Figures of the final weights: `train_loss`, `val_accuracy`, `test_accuracy`, …; empty if interrupted.
    pub metrics: BTreeMap<String, f64>,
    /// Whether the run was interrupted; its state is in the last checkpoint.
    pub interrupted: bool,
}

/// Trains `stepper` on `parts` by `plan`. On return it holds the best weights (the last ones where none are watched).
///
/// Equal stepper, parts and plan give equal bits, however often the run is interrupted and resumed.
pub fn train(
    stepper: &mut dyn Stepper,
    parts: Parts,
    plan: &Plan,
    options: Options,
    progress: &mut dyn Progress,
) -> Result<Outcome, TrainError> {
    if plan.batch == 0 || !(plan.rate.is_finite() && plan.rate > 0.0) {
        return Err(Fault::new(format!("batch {} and rate {} must be above 0", plan.batch, plan.rate)).input());
    }
    let folder = options.run.map(|folder| RunFolder::open(folder, options.resume)).transpose()?;
    let steps_per_epoch = parts.training.count().div_ceil(plan.batch) as u64;
    let state = State {
        fingerprint: run_fingerprint(plan, &parts),
        seed: plan.seed,
        step: 0,
        epoch: 0,
        batch: 0,
        loss: Mean::default(),
        log_lines: 0,
        watch: watch(plan, parts.validation.is_some())?,
    };
    let mut run = Run {
        stepper,
        plan,
        options,
        progress,
        folder,
        pace: Pace { steps_per_epoch, epochs: plan.epochs },
        watched: watched(plan, parts.validation.is_some()),
        state,
        best: None,
        began: Instant::now(),
        saved: Instant::now(),
    };
    run.begin(&parts)?;
    let outcome = run.epochs(&parts.training, parts.validation.as_ref()).and_then(|finished| match finished {
        Finished::Interrupted => run.interrupted(),
        Finished::Whole => run.finish(parts),
    });
    if let Err(TrainError::NonFinite { what, step, layer }) = &outcome {
        let (epoch, time) = (run.state.epoch + 1, run.elapsed());
        run.log(&Record::Diverged { epoch, step: *step, what, layer: layer.as_deref(), time })?;
        if let Some(best) = &run.best {
            run.write_best(best)?;
        }
    }
    outcome
}

enum Finished {
    Whole,
    Interrupted,
}

pub(super) struct Run<'a> {
    pub(super) stepper: &'a mut dyn Stepper,
    pub(super) plan: &'a Plan,
    pub(super) options: Options<'a>,
    progress: &'a mut dyn Progress,
    pub(super) folder: Option<RunFolder>,
    pace: Pace,
    watched: Option<String>,
    pub(super) state: State,
    pub(super) best: Option<Vec<Tensor>>,
    began: Instant,
    pub(super) saved: Instant,
}

impl Run<'_> {
    fn begin(&mut self, parts: &Parts) -> Result<(), TrainError> {
        let validation = parts.validation.as_ref().map_or(0, Dataset::count);
        let warnings = parts.training.warnings();
        warnings.iter().for_each(|warning| self.progress.event(&Event::Warning(warning)));
        match self.folder.as_ref().filter(|_| self.options.resume).map(RunFolder::checkpoint) {
            Some(path) => self.resume(&path)?,
            None => {
                self.stepper.fit(&parts.training)?;
                self.log(&Record::Start {
                    schema: SCHEMA,
                    network: &self.plan.network,
                    seed: self.plan.seed,
                    batch: self.plan.batch,
                    epochs: self.plan.epochs,
                    training: parts.training.count(),
                    validation,
                    warnings: &warnings,
                    time: Started::now(),
                })?;
            }
        }
        self.progress.event(&Event::Start {
            training: parts.training.count(),
            validation,
            epochs: self.plan.epochs,
            batches: self.pace.steps_per_epoch,
            done: self.state.epoch,
        });
        Ok(())
    }

    fn resume(&mut self, path: &Path) -> Result<(), TrainError> {
        let (checkpoint, note) = Checkpoint::load(path, self.options.max_bytes)?;
        if let Some(note) = note {
            self.progress.event(&Event::Warning(&note));
        }
        let Checkpoint { progress, weights, slots, best } = checkpoint;
        if progress.fingerprint != self.state.fingerprint {
            return Err(Fault::new("this checkpoint belongs to another run")
                .file(path.display().to_string())
                .why("the network, the recipe, the seed, the batch or the data is not the one that it was written with")
                .fix("undo the change, or train anew without `--resume`")
                .input());
        }
        self.stepper.load_weights(&weights)?;
        self.stepper.load_slots(&slots)?;
        if let Some(folder) = &mut self.folder {
            folder.rewind(progress.log_lines)?;
        }
        // Patience may be changed when a run goes on, what was seen may not.
        let Watch { patience, min_delta, .. } = self.state.watch;
        self.state = State { watch: Watch { patience, min_delta, ..progress.watch }, ..progress };
        self.best = best;
        Ok(())
    }

    fn epochs(&mut self, training: &Dataset, validation: Option<&Dataset>) -> Result<Finished, TrainError> {
        let mut order: Vec<u32> = Vec::new();
        while self.state.epoch < self.plan.epochs && !self.state.watch.stops() {
            order.clear();
            order.extend((0..training.count()).filter_map(|row| u32::try_from(row).ok()));
            shuffle(self.plan.seed, self.state.epoch, &mut order);
            let clock = Instant::now();
            let mut samples = 0;
            let done = usize::try_from(self.state.batch).unwrap_or(usize::MAX);
            for (position, rows) in order.chunks(self.plan.batch).enumerate().skip(done) {
                self.step(Batch::new(training, rows), (position * self.plan.batch) as u64)?;
                samples += rows.len();
                if self.options.interrupt.load(Ordering::Relaxed) {
                    return Ok(Finished::Interrupted);
                }
                if self.due(false) {
                    self.save()?;
                }
            }
            let samples_per_second = samples as f64 / clock.elapsed().as_secs_f64().max(1e-9);
            match self.end_of_epoch(validation, samples_per_second)? {
                Finished::Interrupted => return Ok(Finished::Interrupted),
                Finished::Whole => {}
            }
        }
        Ok(Finished::Whole)
    }

    fn step(&mut self, batch: Batch<'_>, first: u64) -> Result<(), TrainError> {
        let rate = self.plan.rate * factor(&self.plan.schedule, self.pace, self.state.step);
        let scalars = Scalars { rate: rate as f32, seed: self.plan.seed, step: self.state.step, first };
        let loss = self.stepper.step(batch, &scalars)?;
        if !loss.is_finite() {
            let layer = self.stepper.first_non_finite_layer(batch, &scalars);
            return Err(TrainError::NonFinite { what: "the loss".into(), step: self.state.step, layer });
        }
        self.state.loss.add(f64::from(loss) * batch.size() as f64, batch.size() as u64);
        self.state.step += 1;
        self.state.batch += 1;
        self.progress.event(&Event::Step {
            epoch: self.state.epoch + 1,
            batch: self.state.batch,
            samples: batch.size(),
            loss: self.state.loss.value(),
            rate,
        });
        Ok(())
    }

    fn end_of_epoch(&mut self, validation: Option<&Dataset>, samples_per_second: f64) -> Result<Finished, TrainError> {
        let mut figures = BTreeMap::from([("train_loss".to_string(), self.state.loss.value())]);
        if let Some(validation) = validation {
            match self.tally(validation, "the validation loss")? {
                Some(tally) => figures.extend(tally.figures("val_")),
                None => return Ok(Finished::Interrupted),
            }
        }
        let epoch = self.state.epoch + 1;
        let watched = self.watched.as_ref().and_then(|name| figures.get(name)).copied();
        let best = watched.is_some_and(|value| self.state.watch.observe(epoch, value));
        if best {
            self.best = Some(self.stepper.weights());
        }
        let last_step = self.state.step.saturating_sub(1);
        let rate = self.plan.rate * factor(&self.plan.schedule, self.pace, last_step);
        let time = Elapsed { samples_per_second: Some(samples_per_second), ..self.elapsed() };
        self.log(&Record::Epoch { epoch, step: self.state.step, rate, metrics: &figures, best, time })?;
        self.progress.event(&Event::Epoch { epoch, figures: &figures, best, samples_per_second });
        self.state.epoch = epoch;
        self.state.batch = 0;
        self.state.loss = Mean::default();
        if self.due(true) || epoch == self.plan.epochs || self.state.watch.stops() {
            self.save()?;
        }
        Ok(Finished::Whole)
    }

    fn tally(&mut self, dataset: &Dataset, what: &str) -> Result<Option<Tally>, TrainError> {
        let Plan { batch, metrics, .. } = self.plan;
        evaluate(self.stepper, dataset, *batch, metrics, what, self.state.step, self.options.interrupt)
    }

    fn interrupted(&mut self) -> Result<Outcome, TrainError> {
        self.save()?;
        let time = self.elapsed();
        self.log(&Record::Interrupted { epoch: self.state.epoch + 1, step: self.state.step, time })?;
        Ok(Outcome {
            epochs: self.state.epoch,
            best_epoch: self.state.watch.best.map(|(epoch, _)| epoch),
            metrics: BTreeMap::new(),
            interrupted: true,
        })
    }

    /// Restores the best weights, then opens the test part.
    fn finish(&mut self, parts: Parts) -> Result<Outcome, TrainError> {
        if let Some(best) = &self.best {
            self.stepper.load_weights(best)?;
        }
        let weights = self.stepper.weights();
        require_finite(&weights, self.state.step)?;
        self.write_best(&weights)?;
        self.progress.event(&Event::Testing);
        let mut metrics = BTreeMap::new();
        let test = parts.test.map(|test| test.open()).transpose()?;
        let sets = [
            ("train_", "the training loss", Some(parts.training)),
            ("val_", "the validation loss", parts.validation),
            ("test_", "the test loss", test),
        ];
        for (prefix, what, dataset) in sets {
            let Some(dataset) = dataset else { continue };
            let Some(tally) = self.tally(&dataset, what)? else {
                // Training is over and saved; resuming repeats only this.
                let best_epoch = self.state.watch.best.map(|(epoch, _)| epoch);
                return Ok(Outcome {
                    epochs: self.state.epoch,
                    best_epoch,
                    metrics: BTreeMap::new(),
                    interrupted: true,
                });
            };
            metrics.extend(tally.figures(prefix));
        }
        let (epochs, best_epoch) = (self.state.epoch, self.state.watch.best.map(|(epoch, _)| epoch));
        let (stopped_early, time) = (epochs < self.plan.epochs, self.elapsed());
        self.log(&Record::Done { epochs, best_epoch, stopped_early, metrics: &metrics, time })?;
        if let Some(folder) = &self.folder {
            folder.sync()?;
        }
        self.progress.event(&Event::Done { epochs, figures: &metrics });
        Ok(Outcome { epochs, best_epoch, metrics, interrupted: false })
    }

    fn log(&mut self, record: &Record) -> Result<(), TrainError> {
        self.folder.as_mut().map_or(Ok(()), |folder| folder.log(record))
    }

    fn elapsed(&self) -> Elapsed {
        Elapsed { seconds: self.began.elapsed().as_secs_f64(), samples_per_second: None }
    }
}
