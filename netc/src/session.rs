//! `Session`: runs a network on batches of one size. Owns scratch memory; allocates nothing after the first call.

use crate::input::{self, Inputs};
use crate::{Error, Network};
use netc_compiler::model::ValueRef;
use netc_compiler::prim::{Mode, Role, ValueType};
use netc_jit::{Given, Instance, Run, Scalars};
use std::ops::Deref;
use std::sync::Arc;

/// Runs a network on batches of one size.
#[derive(Debug)]
pub struct Session {
    network: Network,
    batch: usize,
    taps: Vec<(String, ValueRef)>,
    /// Names that no labelled value has; said in the first call.
    unknown: Vec<String>,
    /// One per mode that was used: `Predict`, `Evaluate`, `Gradients`, `Step`.
    instances: [Option<Box<Instance>>; 4],
    /// Steps done by this session, for random numbers.
    steps: u64,
}

/// Results of a prediction; dereferences to the first output in row-major order, the batch first.
#[derive(Clone, Copy, Debug)]
pub struct Prediction<'a> {
    instance: &'a Instance,
}

/// Loss and gradients of one batch.
#[derive(Clone, Copy, Debug)]
pub struct Gradients<'a> {
    instance: &'a Instance,
}

impl Session {
    pub(crate) fn new(network: Network, batch: usize) -> Session {
        Session { network, batch, taps: vec![], unknown: vec![], instances: [const { None }; 4], steps: 0 }
    }

    /// Also gives these labelled values with every prediction, by their paths.
    pub fn tap(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Session {
        for path in paths {
            let path = path.into();
            match self.network.model().labels.get(&path) {
                Some(&value) => self.taps.push((path, value)),
                None => self.unknown.push(path),
            }
        }
        self
    }

    /// Also gives any value, under a name.
    #[cfg(feature = "train")]
    pub(crate) fn tap_value(mut self, name: &str, value: ValueRef) -> Session {
        self.taps.push((name.to_string(), value));
        self
    }

    /// The network that this session runs.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Samples of a batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Outputs for a batch of inputs, in row-major order with the batch first.
    ///
    /// # Errors
    /// When shapes, names or ranges are wrong, or memory is short in the first call.
    pub fn predict<'i>(&mut self, inputs: impl Into<Inputs<'i>>) -> Result<Prediction<'_>, Error> {
        let (instance, _) = self.run(Mode::Predict, inputs.into(), Scalars::default())?;
        Ok(Prediction { instance })
    }

    /// Loss and gradients of a training step for inputs and targets; changes nothing.
    ///
    /// # Errors
    /// As for `predict`, and when the network has no recipe.
    pub fn gradients<'i>(&mut self, inputs: impl Into<Inputs<'i>>) -> Result<Gradients<'_>, Error> {
        let scalars = self.scalars(0.0)?;
        let (instance, _) = self.run(Mode::Gradients, inputs.into(), scalars)?;
        Ok(Gradients { instance })
    }

    /// Loss and sums of the metrics for inputs and targets, as prediction computes them.
    ///
    /// # Errors
    /// As for `gradients`.
    pub fn evaluate<'i>(&mut self, inputs: impl Into<Inputs<'i>>) -> Result<(f32, Vec<f32>), Error> {
        self.scalars(0.0)?;
        let (instance, _) = self.run(Mode::Evaluate, inputs.into(), Scalars::default())?;
        Ok((loss(instance), metrics(instance).collect()))
    }

    /// One training step at the recipe's base rate: updates the network's weights and gives the loss before the
    /// update. If that is not finite, nothing is updated.
    ///
    /// # Errors
    /// As for `gradients`.
    pub fn step<'i>(&mut self, inputs: impl Into<Inputs<'i>>) -> Result<f32, Error> {
        let rate = self.network.model().recipe.as_ref().map_or(0.0, |recipe| recipe.rate as f32);
        let scalars = self.scalars(rate)?;
        let (instance, _) = self.run(Mode::Step, inputs.into(), scalars)?;
        let loss = loss(instance);
        self.steps += 1;
        Ok(loss)
    }

    pub(crate) fn scalars(&self, rate: f32) -> Result<Scalars, Error> {
        if self.network.model().recipe.is_none() {
            return Err(Error::Usage(format!(
                "`{}` has no `train` section, so there is no loss",
                self.network.model().name
            )));
        }
        Ok(Scalars { rate, seed: self.network.inner.seed, step: self.steps, first: 0 })
    }

    fn run(&mut self, mode: Mode, inputs: Inputs<'_>, scalars: Scalars) -> Result<(&Instance, Run), Error> {
        let instance = self.instance(mode)?;
        let known = &instance.program().inputs;
        inputs.refuse_unknown(known.iter().map(|(name, ..)| name.as_str()))?;
        let count = known.len();
        run_on(instance, scalars, |name, ty, to| input::give(name, ty, inputs.find(name, count)?, to))
    }

    /// The same once more, line by line: seconds are appended as [`Instance::run_timed`] does.
    pub(crate) fn run_timed(
        &mut self,
        mode: Mode,
        inputs: Inputs<'_>,
        seconds: &mut Vec<f64>,
    ) -> Result<(&Instance, Run), Error> {
        let instance = self.instance(mode)?;
        let count = instance.program().inputs.len();
        let give = |name: &str, ty: &ValueType, elements: &mut [f32]| {
            input::give(name, ty, inputs.find(name, count)?, elements)
        };
        let run = instance.run_timed_on(give, seconds)?;
        Ok((instance, run))
    }

    /// The same with values that `give` lends or writes ([`Instance::run_on`]).
    #[cfg(feature = "train")]
    pub(crate) fn run_with<'i>(
        &mut self,
        mode: Mode,
        scalars: Scalars,
        give: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<Given<'i>, Error>,
    ) -> Result<(&Instance, Run), Error> {
        run_on(self.instance(mode)?, scalars, give)
    }

    #[inline]
    pub(crate) fn instance(&mut self, mode: Mode) -> Result<&mut Instance, Error> {
        if self.instances[mode as usize].is_none() {
            self.make(mode)?;
        }
        let made = self.instances[mode as usize].as_deref_mut();
        made.ok_or_else(|| Error::Internal("an instance was made and is not there".to_string()))
    }

    /// Compiles for a mode.
    #[cold]
    fn make(&mut self, mode: Mode) -> Result<(), Error> {
        if let Some(path) = self.unknown.first() {
            return Err(Error::Usage(unknown_tap(&self.network, path)));
        }
        let taps = if mode == Mode::Predict { self.taps.as_slice() } else { &[] };
        let executable = self.network.executable(mode, self.batch, taps)?;
        let store = self.network.store(&executable)?;
        let pool = Arc::clone(&self.network.inner.pool);
        if let Some(call) = self.network.inner.before_memory {
            call();
        }
        self.instances[mode as usize] = Some(Box::new(Instance::new(executable, store, pool)?));
        Ok(())
    }
}

#[inline]
fn run_on<'i>(
    instance: &mut Instance,
    scalars: Scalars,
    give: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<Given<'i>, Error>,
) -> Result<(&Instance, Run), Error> {
    instance.set_scalars(scalars);
    let run = instance.run_on(give)?;
    Ok((instance, run))
}

fn unknown_tap(network: &Network, path: &str) -> String {
    let labels = || network.model().labels.keys().map(String::as_str);
    match netc_grammar::did_you_mean(path, labels()) {
        Some(near) => format!("no labelled value is called `{path}`; did you mean `{near}`?"),
        None => format!("no labelled value is called `{path}`; there are: {}", labels().collect::<Vec<_>>().join(", ")),
    }
}

pub(crate) fn result(instance: &Instance, wanted: impl Fn(&Role) -> bool) -> Option<&[f32]> {
    let index = instance.program().results.iter().position(|(role, ..)| wanted(role))?;
    Some(instance.result(index))
}

pub(crate) fn loss(instance: &Instance) -> f32 {
    result(instance, |role| *role == Role::Loss).map_or(f32::NAN, |loss| loss[0])
}

pub(crate) fn metrics(instance: &Instance) -> impl Iterator<Item = f32> + '_ {
    let results = instance.program().results.iter().enumerate();
    results.filter(|(_, (role, ..))| matches!(role, Role::Metric(_))).map(|(index, _)| instance.result(index)[0])
}

impl<'a> Prediction<'a> {
    /// The values of an output or tapped value by name.
    pub fn get(&self, name: &str) -> Option<&'a [f32]> {
        result(self.instance, |role| matches!(role, Role::Output(known) | Role::Tap(known) if known == name))
    }

    /// All results in order: name, shape with the batch first, values.
    pub fn all(&self) -> impl Iterator<Item = (&'a str, &'a [usize], &'a [f32])> {
        let instance = self.instance;
        instance.program().results.iter().enumerate().filter_map(move |(index, (role, ty, _))| match role {
            Role::Output(name) | Role::Tap(name) => Some((name.as_str(), ty.shape.as_slice(), instance.result(index))),
            _ => None,
        })
    }
}

impl Deref for Prediction<'_> {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        result(self.instance, |role| matches!(role, Role::Output(_))).unwrap_or_default()
    }
}

impl<'a> Gradients<'a> {
    /// The loss of the batch.
    pub fn loss(&self) -> f32 {
        loss(self.instance)
    }

    /// The gradient of the loss by a parameter, in PyTorch's order.
    pub fn get(&self, path: &str) -> Option<&'a [f32]> {
        let states = &self.instance.program().states;
        result(self.instance, |role| matches!(role, Role::Gradient(id) if states[id.0 as usize].0.path == path))
    }
}
