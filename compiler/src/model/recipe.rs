//! The training recipe and the conditions of `check`, resolved: what `train { … }` and `check { … }` say.

use super::{Named, ParamId, ValueRef};
use crate::op::value::{Clock, Value};
use crate::optimizer::{Decay, Optimizer};
use netc_grammar::Span;
use netc_grammar::ast::InfixOp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A `train` section after all checks.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Declared targets; their layers are of kind `Target`.
    pub targets: Vec<Named>,
    /// The scalar that is minimised.
    pub loss: ValueRef,
    /// Reported figures.
    pub metrics: Vec<Metric>,
    /// Rule of the update.
    pub optimizer: Arc<dyn Optimizer>,
    /// Parameters with rules of their own.
    pub groups: Vec<Group>,
    /// Which parameters weight decay is for.
    pub decay: Decay,
    /// Learning rate before the schedule's factor, of parameters in no group.
    pub rate: f64,
    /// How the rate changes.
    pub schedule: Schedule,
    /// Training data, if the file names any.
    pub data: Option<DataSource>,
    /// What is held out for the one test at the end: taken first.
    pub test: HeldOut,
    /// What is held out to watch the training: a part of what `test` leaves.
    pub validate: HeldOut,
    /// Samples of one step.
    pub batch: usize,
    /// Passes over the training part.
    pub epochs: usize,
    /// When to stop early.
    pub stop: Option<EarlyStop>,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Parameters that the optimiser must not touch.
    pub frozen: BTreeSet<ParamId>,
    /// Weights of a file that take the place of starting values.
    pub start: Option<Start>,
    /// The section.
    pub span: Span,
}

impl Recipe {
    /// The rule of a parameter: its group's, else the recipe's.
    pub fn optimizer_of(&self, param: ParamId) -> &dyn Optimizer {
        let group = self.groups.iter().find(|group| group.params.contains(&param));
        group.map_or(&self.optimizer, |group| &group.optimizer).as_ref()
    }
}

/// Parameters with a rule of their own; no parameter is in two groups.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which.
    pub params: BTreeSet<ParamId>,
    /// Their rule, of the same kind as the recipe's.
    pub optimizer: Arc<dyn Optimizer>,
}

/// `start = safetensors("encoder.safetensors", into = encoder, map = { "backbone.*": "encoder.*" })`.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The weights file, as written.
    pub path: String,
    /// The parameters and buffers that it must give.
    pub params: BTreeSet<ParamId>,
    /// The paths that `into` chose them by: tensors of the file that lie nowhere below are left. Empty means all.
    pub into: Vec<String>,
    /// From names in the file to paths; the first pattern that fits a name applies. Both sides have a `*`, which stands
    /// for any text, or neither has.
    pub map: Vec<(String, String)>,
    /// The `.net` file that names it: its folder holds the weights.
    pub file: String,
    /// The call in the source.
    pub span: Span,
}

/// A reported figure: Σ sums / Σ (count_per_sample · samples).
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name in logs: `accuracy`.
    pub name: String,
    /// Sum over the batch, a scalar; or its mean, if `is_mean`.
    pub value: ValueRef,
    /// Whether `value` is a mean over samples, as free expressions are; `expand` then multiplies it by the batch.
    pub is_mean: bool,
    /// What one sample adds to the count.
    pub count_per_sample: u64,
    /// Whether a larger figure is better.
    pub larger_is_better: bool,
}

/// Factor on the learning rate over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// The policy after the warm-up.
    pub policy: Policy,
    /// Length of a linear rise from zero, in the clock's unit.
    pub warmup: Option<(f64, Clock)>,
}

/// A learning-rate policy; factors are relative to the base rate.
#[derive(Clone, Debug, PartialEq)]
pub enum Policy {
    /// Always 1.
    Constant,
    /// Multiplied by `factor` after each `every`.
    Step {
        /// Length of a stair.
        every: (f64, Clock),
        /// Multiplier per stair.
        factor: f64,
    },
    /// Multiplied by `factor` after each epoch.
    Exponential {
        /// Multiplier per epoch.
        factor: f64,
    },
    /// Half a cosine from 1 to `floor` over the whole run.
    Cosine {
        /// Factor at the end.
        floor: f64,
    },
}

/// What is held out of the training data, as `test` and `validate` say.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldOut {
    /// Nothing.
    Nothing,
    /// `20%`: a random fraction in 0..1 of the data, stratified where a target is a class.
    Fraction(f64),
    /// `last(20%)`: the last rows as they are ordered; the digits' last fifth are other writers.
    Last(f64),
    /// Data of its own.
    Data(DataSource),
}

/// When to stop before the last epoch; the best weights are restored.
#[derive(Clone, Debug, PartialEq)]
pub struct EarlyStop {
    /// `val_loss`, or `val_` and the name of a metric.
    pub watch: String,
    /// Epochs without improvement that are tolerated.
    pub patience: usize,
    /// Least change that counts as improvement.
    pub min_delta: f64,
}

/// A call such as `csv("houses.csv", features = [area, windows])`; `train` opens it.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// `digits`, `idx`, `csv`, `npy`.
    pub kind: String,
    /// Positional and named arguments; names of inputs and targets are keys.
    pub arguments: Vec<(Option<String>, Value)>,
    /// The call in the source.
    pub span: Span,
    /// The file that the call stands in: relative paths start at its folder.
    pub file: String,
}

/// A comparison of two quantities.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Left side.
    pub left: Quantity,
    /// How they are compared.
    pub comparison: Comparison,
    /// Right side.
    pub right: Quantity,
}

/// How two quantities are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// A figure of the summary, or a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// A number or a list of numbers.
    Literal(Value),
    /// All parameters.
    Params,
    /// Those that are trained.
    Trainable,
    /// Multiply-adds of one sample, forward.
    Macs,
    /// Multiply-adds of one sample, backward.
    MacsBackward,
    /// Floating-point operations of one sample, forward.
    Flops,
    /// Floating-point operations of one sample, backward.
    FlopsBackward,
    /// Bytes of a prediction at a batch.
    MemoryPredict(usize),
    /// Bytes of a training step at a batch.
    MemoryTrain(usize),
    /// Receptive field of a value, the larger of its axes.
    ReceptiveField(ValueRef),
    /// Shape of a value without the batch.
    Shape(ValueRef),
    /// `a + b - c`: operators of one precedence in the order of the text, so that long sums are not deep.
    Infixed(Box<Quantity>, Vec<(InfixOp, Quantity)>),
    /// `-a`
    Negative(Box<Quantity>),
    /// A function of the language by its name.
    Function(String, Vec<Quantity>),
    /// What a `let` computes: its place in the model's `figures`.
    Named(usize),
}
