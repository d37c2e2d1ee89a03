//! `Network::fit`: the recipe's data and the training loop over compiled steps.

mod give;
mod sample;
mod statistics;

use crate::session::{loss, metrics};
use crate::{Error, Network, Session};
use give::give;
use netc_compiler::model::ParamId;
use netc_compiler::prim::{Mode, StateRole};
use netc_jit::Run;
use netc_train::data::{Batch, Dataset, Values};
use netc_train::fit::{Options, Outcome, Plan, Save, train};
use netc_train::progress::Progress;
use netc_train::start::load_start;
use netc_train::stepper::{Scalars, Stepper};
use netc_train::weights::{Expected, Tensor};
use netc_train::{Fault, TrainError, data};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// How a network is trained, beyond its recipe.
pub struct Fit<'a> {
    run: Option<&'a Path>,
    resume: bool,
    epochs: Option<u64>,
    interrupt: Option<&'a AtomicBool>,
    progress: Option<&'a mut dyn Progress>,
}

/// What training gave.
pub type Trained = Outcome;

impl<'a> Fit<'a> {
    /// By the recipe alone: nothing is written.
    #[expect(clippy::new_without_default, reason = "options are spelled out where they are used")]
    pub fn new() -> Fit<'a> {
        Fit { run: None, resume: false, epochs: None, interrupt: None, progress: None }
    }

    /// Writes log, best weights and checkpoints to a folder.
    pub fn run(mut self, folder: &'a Path) -> Fit<'a> {
        self.run = Some(folder);
        self
    }

    /// Goes on from the folder's last checkpoint, to the bit.
    pub fn resume(mut self, resume: bool) -> Fit<'a> {
        self.resume = resume;
        self
    }

    /// Another number of epochs than the recipe's.
    pub fn epochs(mut self, epochs: u64) -> Fit<'a> {
        self.epochs = Some(epochs);
        self
    }

    /// Raised from outside, ends the run with a checkpoint after the step under way.
    pub fn interrupt(mut self, flag: &'a AtomicBool) -> Fit<'a> {
        self.interrupt = Some(flag);
        self
    }

    /// Is told what happens.
    pub fn progress(mut self, progress: &'a mut dyn Progress) -> Fit<'a> {
        self.progress = Some(progress);
        self
    }
}

impl Network {
    /// Trains by the recipe. Afterwards the network holds the best weights.
    ///
    /// # Errors
    /// When there is no recipe or its data is refused, when writing fails, when the loss is not finite.
    pub fn fit(&self, fit: Fit<'_>) -> Result<Trained, Error> {
        let recipe = self.recipe()?;
        let declared = data::declarations(self.model())?;
        // What needs too much memory is refused before data is read or a folder is made.
        self.step_program()?;
        let start = match &recipe.start {
            Some(start) if !fit.resume => load_start(start, self.model(), self.inner.max_memory)?,
            _ => Vec::new(),
        };
        let parts = data::open(recipe, &declared, self.inner.max_memory)?;
        // The step's primitives are the model, its loss and its optimiser, without spans or comments.
        let identity = netc_compiler::pipeline::primitives(self.model(), Mode::Step, recipe.batch, &[]);
        // The rate is a number of each step and the numerics mode a matter of lowering: neither is part of them.
        let (rate, schedule, numerics) = (recipe.rate, &recipe.schedule, self.choices().numerics);
        let identity = format!("{identity}rate {rate:?}, {schedule:?}, {numerics:?}\n");
        let mut plan = Plan::of(recipe, &self.model().name, &identity);
        plan.seed = self.inner.seed;
        plan.epochs = fit.epochs.unwrap_or(plan.epochs);
        let never = AtomicBool::new(false);
        let options = Options {
            run: fit.run,
            resume: fit.resume,
            save: Save::Timed,
            interrupt: fit.interrupt.unwrap_or(&never),
            max_bytes: self.inner.max_memory,
        };
        let mut silent = ();
        let progress = fit.progress.unwrap_or(&mut silent);
        Ok(train(&mut Trainer { start, ..Trainer::new(self.clone()) }, parts, &plan, options, progress)?)
    }

    /// Loss and metrics of the recipe's test data (or, without any, its data) under the present weights.
    ///
    /// # Errors
    /// When there is no recipe or its data is refused.
    pub fn evaluate(&self) -> Result<BTreeMap<String, f64>, Error> {
        let recipe = self.recipe()?;
        let declared = data::declarations(self.model())?;
        let parts = data::open(recipe, &declared, self.inner.max_memory)?;
        let plan = Plan::of(recipe, &self.model().name, "");
        let (dataset, prefix) = match parts.test {
            Some(test) => (test.open()?, "test_"),
            None => (parts.training, "train_"),
        };
        let never = AtomicBool::new(false);
        let mut trainer = Trainer::new(self.clone());
        let tally =
            netc_train::fit::evaluate(&mut trainer, &dataset, plan.batch, &plan.metrics, "the loss", 0, &never)?;
        Ok(tally.map(|tally| tally.figures(prefix)).unwrap_or_default())
    }

    fn recipe(&self) -> Result<&netc_compiler::model::recipe::Recipe, Error> {
        let model = self.model();
        model.recipe.as_ref().ok_or_else(|| {
            let what = format!("`{}` has no `train` section", model.name);
            Error::Train(Fault::new(what).fix("add `train { loss = …; data = …; … }`").input())
        })
    }
}

/// A network as the training loop sees it: one session per batch size.
pub(crate) struct Trainer {
    network: Network,
    sessions: BTreeMap<usize, Session>,
    /// What the recipe's `start` gives.
    start: Vec<(ParamId, Tensor)>,
}

impl Trainer {
    pub(crate) fn new(network: Network) -> Trainer {
        Trainer { network, sessions: BTreeMap::new(), start: Vec::new() }
    }

    fn session(&mut self, size: usize) -> &mut Session {
        self.sessions.entry(size).or_insert_with(|| self.network.session(size))
    }
}

impl Stepper for Trainer {
    fn fit(&mut self, training: &Dataset) -> Result<(), TrainError> {
        let start = std::mem::take(&mut self.start);
        self.network.require_parameters().map_err(lower)?;
        for (id, tensor) in &start {
            if let Some(values) = tensor.values.f32() {
                self.network.inner.values.write(id.0 as usize, values);
            }
        }
        let known: BTreeSet<ParamId> = start.iter().map(|(id, _)| *id).collect();
        statistics::fit(&self.network, training, &known).map_err(lower)
    }

    fn step(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Result<f32, TrainError> {
        let run = self
            .session(batch.size())
            .run_with(Mode::Step, jit_scalars(scalars), |name, ty, to| give(batch, name, ty, to));
        let (instance, run) = run.map_err(lower)?;
        debug_assert!(run == Run::Done || !loss(instance).is_finite());
        Ok(loss(instance))
    }

    fn evaluate(&mut self, batch: Batch<'_>, sums: &mut Vec<f32>) -> Result<f32, TrainError> {
        let scalars = netc_jit::Scalars::default();
        let run =
            self.session(batch.size()).run_with(Mode::Evaluate, scalars, |name, ty, to| give(batch, name, ty, to));
        let (instance, _) = run.map_err(lower)?;
        sums.extend(metrics(instance));
        Ok(loss(instance))
    }

    fn weights(&self) -> Vec<Tensor> {
        self.network.tensors()
    }

    fn slots(&self) -> Vec<Tensor> {
        self.network.slots().unwrap_or_default()
    }

    fn load_weights(&mut self, weights: &[Tensor]) -> Result<(), TrainError> {
        self.network.load_weights(weights).map_err(lower)
    }

    fn load_slots(&mut self, slots: &[Tensor]) -> Result<(), TrainError> {
        self.network.load_slots(slots).map_err(lower)
    }

    fn first_non_finite_layer(&mut self, batch: Batch<'_>, scalars: &Scalars) -> Option<String> {
        statistics::first_non_finite_layer(&self.network, batch, scalars)
    }
}

impl Network {
    /// Copies of the optimiser's state; its layout comes from the step program, whatever its batch.
    fn slots(&self) -> Result<Vec<Tensor>, Error> {
        let executable = self.step_program()?;
        let store = self.store(&executable)?;
        let slots = executable.states.iter().filter(|(state, _)| matches!(state.role, StateRole::Slot(_)));
        let tensor = |(state, buffer): &(netc_compiler::prim::State, _)| Tensor {
            path: state.path.clone(),
            shape: state.shape.clone(),
            values: Values::F32(store.read(&executable, *buffer)),
        };
        Ok(slots.map(tensor).collect())
    }

    fn load_slots(&self, slots: &[Tensor]) -> Result<(), Error> {
        let executable = self.step_program()?;
        let store = self.store(&executable)?;
        let states: BTreeMap<&str, _> =
            executable.states.iter().map(|(state, buffer)| (state.path.as_str(), (state, *buffer))).collect();
        for tensor in slots {
            let state = states.get(tensor.path.as_str());
            let Some((state, buffer)) = state.filter(|(state, _)| state.shape == tensor.shape) else {
                return Err(Error::Usage(format!("the optimiser keeps no `{}` of this shape", tensor.path)));
            };
            debug_assert!(matches!(state.role, StateRole::Slot(_)));
            if let Some(values) = tensor.values.f32() {
                store.write(&executable, *buffer, values);
            }
        }
        Ok(())
    }

    /// Replaces all parameters and buffers by tensors of their paths and shapes, whatever their order; none if one is
    /// not there.
    fn load_weights(&self, tensors: &[Tensor]) -> Result<(), Error> {
        self.require_parameters()?;
        let by_path: BTreeMap<&str, &Tensor> = tensors.iter().map(|tensor| (tensor.path.as_str(), tensor)).collect();
        let values = self.expected().into_iter().map(|Expected { path, shape }| {
            let tensor = by_path.get(path.as_str()).filter(|tensor| tensor.shape == shape);
            tensor.and_then(|tensor| tensor.values.f32()).ok_or_else(|| {
                Fault::new(format!("these weights do not fit the model: there is no `{path}` of shape {shape:?}"))
                    .fix("use the weights of this network, or the arguments they were trained with")
                    .input()
            })
        });
        for (index, values) in values.collect::<Result<Vec<_>, _>>()?.into_iter().enumerate() {
            self.inner.values.write(index, values);
        }
        Ok(())
    }

    fn step_program(&self) -> Result<std::sync::Arc<netc_jit::Executable>, Error> {
        let batch = self.recipe()?.batch;
        self.executable(Mode::Step, batch, &[])
    }
}

fn jit_scalars(scalars: &Scalars) -> netc_jit::Scalars {
    netc_jit::Scalars { rate: scalars.rate, seed: scalars.seed, step: scalars.step, first: scalars.first }
}

/// The loop's error type has no place for errors of the library itself.
fn lower(error: Error) -> TrainError {
    match error {
        Error::Train(error) => error,
        Error::Memory(error) => Fault::new(error.to_string()).fix("use a smaller batch").limit(),
        other => TrainError::Internal(other.to_string()),
    }
}
