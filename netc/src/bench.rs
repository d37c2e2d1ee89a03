//! `Bench`: times a network on random inputs, as a caller sees it and line by line of its schedule.

use crate::input::{Data, Inputs};
use crate::session::loss;
use crate::{Error, Network, Session};
use netc_compiler::prim::Mode;
use netc_compiler::summarize::MemoryPlan;
use netc_compiler::types::DType;
use netc_jit::{Isa, Run, Work, limit};
use netc_plan::philox;
use netc_train::TrainError;
use std::time::{Duration, Instant};

/// Runs before anything is timed.
const WARM_UP: usize = 2;
/// Fewest timed runs.
const LEAST: usize = 5;
/// Most timed samples: the median of more says no more.
const MOST: usize = 20_000;
/// Shorter runs are timed several at once, so that the clock does not count.
const SAMPLE: Duration = Duration::from_micros(20);

/// A network that is run again and again on the same random values.
#[derive(Debug)]
pub struct Bench {
    session: Session,
    mode: Mode,
    given: Vec<(String, Given)>,
    compiled: Duration,
    steps: u64,
}

#[derive(Debug)]
enum Given {
    Floats(Vec<f32>),
    Integers(Vec<i32>),
}

/// Seconds of one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// The median over all samples.
    pub median: f64,
    /// The shortest sample.
    pub best: f64,
    /// How many samples were taken.
    pub samples: usize,
    /// How many runs a sample is the mean of; 1 unless runs are very short.
    pub runs_per_sample: usize,
}

/// What the machine can do with a network's threads, measured when asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The vector instructions that kernels use.
    pub isa: Isa,
    /// Floating-point operations per second, two per multiply-add.
    pub flops: f64,
    /// Bytes per second that can be read from memory; `None` where it could not be measured.
    pub reads: Option<f64>,
}

impl Limits {
    /// The higher of two measurements: what else the machine does only lowers them.
    pub fn best(self, other: Limits) -> Limits {
        let reads = [self.reads, other.reads].into_iter().flatten().reduce(f64::max);
        Limits { isa: self.isa, flops: self.flops.max(other.flops), reads }
    }
}

impl Network {
    /// A bench of this network: `Predict` runs [`Session::predict`], `Step` runs [`Session::step`] with the recipe's
    /// base rate on labels drawn at random. Compiles the network.
    ///
    /// # Errors
    /// When memory is short, or a step is asked for and there is no recipe.
    pub fn bench(&self, mode: Mode, batch: usize) -> Result<Bench, Error> {
        let start = Instant::now();
        self.executable(mode, batch, &[])?;
        let compiled = start.elapsed();
        let mut session = self.session(batch);
        if mode != Mode::Predict {
            session.scalars(0.0)?;
        }
        let executable = session.instance(mode)?.program();
        let values = |(stream, (name, ty, _)): (usize, &(String, netc_compiler::prim::ValueType, _))| {
            let elements = 0..ty.shape.iter().product::<usize>() as u64;
            let key = philox::key(self.inner.seed, stream as u64);
            let given = match ty.dtype {
                DType::Int { bound } => {
                    Given::Integers(elements.map(|i| (philox::uniform(key, 0, i) * bound as f32) as i32).collect())
                }
                _ => Given::Floats(elements.map(|i| philox::normal(key, 0, i)).collect()),
            };
            (name.clone(), given)
        };
        let given = executable.inputs.iter().enumerate().map(values).collect();
        Ok(Bench { session, mode, given, compiled, steps: 0 })
    }

    /// What the machine can do with this network's threads: some 0.3 s of measuring.
    pub fn limits(&self) -> Limits {
        let (pool, isa) = (&self.inner.pool, Isa::detect());
        Limits { isa, flops: limit::multiply_adds(pool, isa), reads: limit::reads(pool) }
    }

    /// Threads of every run.
    pub fn threads(&self) -> usize {
        self.inner.pool.threads()
    }
}

impl Given {
    fn data(&self) -> Data<'_> {
        match self {
            Given::Floats(values) => Data::F32(values),
            Given::Integers(values) => Data::Int(values),
        }
    }
}

/// What is given, by name in `named` if it is not one alone, for which nothing is allocated.
fn inputs<'a>(given: &'a [(String, Given)], named: &'a mut Vec<(&'a str, Data<'a>)>) -> Inputs<'a> {
    match given {
        [(_, only)] => Inputs::One(only.data()),
        several => {
            named.extend(several.iter().map(|(name, given)| (name.as_str(), given.data())));
            Inputs::Named(named)
        }
    }
}

impl Bench {
    /// How long it took to make machine code of the model, next to nothing if the network had it already; memory and
    /// parameters came after it.
    pub fn compiled(&self) -> Duration {
        self.compiled
    }

    /// One run, as a caller makes it.
    ///
    /// # Errors
    /// When the loss of a step is not finite: the step is cut short, so its time would say nothing.
    pub fn run(&mut self) -> Result<(), Error> {
        let mut named = Vec::new();
        let inputs = inputs(&self.given, &mut named);
        match self.mode {
            Mode::Step => {
                self.steps += 1;
                require_finite(self.session.step(inputs)?, self.steps - 1)
            }
            Mode::Predict => self.session.predict(inputs).map(|_| ()),
            Mode::Evaluate => self.session.evaluate(inputs).map(|_| ()),
            Mode::Gradients => self.session.gradients(inputs).map(|_| ()),
        }
    }

    /// Times runs for about `budget`.
    ///
    /// # Errors
    /// As for [`Bench::run`].
    pub fn time(&mut self, budget: Duration) -> Result<Times, Error> {
        for _ in 0..WARM_UP {
            self.run()?;
        }
        let mut runs = 1;
        while self.sample(runs)? * (runs as f64) < SAMPLE.as_secs_f64() && runs < 1 << 20 {
            runs *= 2;
        }
        let start = Instant::now();
        let mut samples = Vec::new();
        while samples.len() < LEAST || start.elapsed() < budget && samples.len() < MOST {
            samples.push(self.sample(runs)?);
        }
        samples.sort_by(f64::total_cmp);
        let median = samples[samples.len() / 2];
        Ok(Times { median, best: samples[0], samples: samples.len(), runs_per_sample: runs })
    }

    /// Seconds of one of so many runs in a row.
    fn sample(&mut self, runs: usize) -> Result<f64, Error> {
        let start = Instant::now();
        for _ in 0..runs {
            self.run()?;
        }
        Ok(start.elapsed().as_secs_f64() / runs as f64)
    }

    /// The median seconds of each line of the schedule, over runs of about `budget`.
    ///
    /// # Errors
    /// As for [`Bench::run`].
    pub fn profile(&mut self, budget: Duration) -> Result<Vec<(Work, f64)>, Error> {
        let mode = self.mode;
        self.run()?;
        let work = self.session.instance(mode)?.program().work();
        let mut named = Vec::new();
        let inputs = inputs(&self.given, &mut named);
        let mut runs: Vec<Vec<f64>> = Vec::new();
        let start = Instant::now();
        while runs.len() < LEAST || start.elapsed() < budget && runs.len() < MOST {
            let mut seconds = Vec::with_capacity(work.len());
            let (instance, run) = self.session.run_timed(mode, inputs, &mut seconds)?;
            if run == Run::NotFinite {
                require_finite(loss(instance), self.steps)?;
            }
            runs.push(seconds);
        }
        let median = |line: usize| {
            let mut seconds: Vec<f64> = runs.iter().map(|run| run[line]).collect();
            seconds.sort_by(f64::total_cmp);
            seconds[seconds.len() / 2]
        };
        Ok(work.into_iter().enumerate().map(|(line, work)| (work, median(line))).collect())
    }

    /// What each line of the schedule does.
    ///
    /// # Errors
    /// When memory is short.
    pub fn work(&mut self) -> Result<Vec<Work>, Error> {
        Ok(self.session.instance(self.mode)?.program().work())
    }

    /// The memory that the compiled program takes.
    ///
    /// # Errors
    /// When memory is short.
    pub fn memory(&mut self) -> Result<MemoryPlan, Error> {
        let threads = self.session.network().threads();
        Ok(MemoryPlan::of(&self.session.instance(self.mode)?.program().sizes, threads))
    }
}

/// Random labels can make a loss diverge; a step that ends early would seem fast.
fn require_finite(loss: f32, step: u64) -> Result<(), Error> {
    if loss.is_finite() {
        return Ok(());
    }
    Err(Error::Train(TrainError::NonFinite { what: "the loss on random labels".to_string(), step, layer: None }))
}
