//! The text form of a model: parameters, layers in topological order, outputs, recipe; the same bytes for the same
//! model, whatever the blanks and comments of its source.
//!
//! ```text
//! %1 conv1 = conv2d(%0, channels = 16, kernel = 3) {weight = conv1.weight, bias = conv1.bias}: [N, 16, 8, 8]
//! ```

use super::init::{Init, Statistic};
use super::recipe::{HeldOut, Policy, Recipe};
use super::{LayerId, LayerKind, Model, Section, ValueRef};
use crate::op::ParamKind;
use crate::op::value::{Clock, Value};
use crate::optimizer::Decay;
use crate::types::{DType, TensorType};
use std::fmt::{self, Display, Write};

/// Numbers of a given tensor that are written out; of longer ones the count and a checksum are.
const SHOWN_NUMBERS: usize = 16;

impl Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        network(f, self)?;
        if let Some(recipe) = &self.recipe {
            learning(f, self, recipe)?;
            run(f, recipe)?;
        }
        if !self.assertions.is_empty() {
            f.write_str("\ncheck\n")?;
        }
        self.assertions.iter().try_for_each(|assertion| writeln!(f, "  {}", assertion.text))
    }
}

fn network(to: &mut impl Write, model: &Model) -> fmt::Result {
    writeln!(to, "model {}", model.name)?;
    if !model.params.is_empty() {
        writeln!(to, "\nparameters")?;
    }
    for param in &model.params {
        let kind = match param.kind {
            ParamKind::Trainable => "trainable",
            ParamKind::Frozen => "frozen",
            ParamKind::Buffer => "buffer",
        };
        writeln!(to, "  {}: {:?} {kind} = {}", param.path, param.shape, Start(&param.init, model))?;
    }
    let mut section = None;
    for id in model.graph.node_indices() {
        let layer = model.layer(id);
        if section != Some(layer.section) {
            section = Some(layer.section);
            let heading = match layer.section {
                Section::Network => "layers",
                Section::Loss => "loss",
                Section::Metric => "metric",
            };
            writeln!(to, "\n{heading}")?;
        }
        print_layer(to, model, id)?;
    }
    writeln!(to, "\noutputs")?;
    model.outputs.iter().try_for_each(|output| writeln!(to, "  {} = {}", output.name, value(model, output.value)))
}

fn print_layer(to: &mut impl Write, model: &Model, id: LayerId) -> fmt::Result {
    let layer = model.layer(id);
    write!(to, "  %{} {} = ", id.index(), layer.path)?;
    match &layer.kind {
        LayerKind::Input => write!(to, "input")?,
        LayerKind::Target => write!(to, "target")?,
        LayerKind::Param(param) => write!(to, "parameter {}", model.param(*param).path)?,
        LayerKind::Constant(number) => write!(to, "constant {number:?}")?,
        LayerKind::Apply(op) => {
            let inputs = model.inputs_of(id).into_iter().map(|input| value(model, input));
            let arguments = op.arguments().into_iter().map(|(name, text)| format!("{name} = {text}"));
            write!(to, "{}({})", op.name(), inputs.chain(arguments).collect::<Vec<_>>().join(", "))?;
        }
    }
    if !layer.params.is_empty() {
        let params = layer.params.iter().map(|(name, param)| format!("{name} = {}", model.param(*param).path));
        write!(to, " {{{}}}", params.collect::<Vec<_>>().join(", "))?;
    }
    let types: Vec<String> = layer.outputs.iter().map(ty).collect();
    writeln!(to, ": {}{}", types.join(", "), if layer.frozen { " frozen" } else { "" })
}

/// `%3`, or `%3.1` for the second of several results.
fn value(model: &Model, value: ValueRef) -> String {
    match model.layer(value.layer).outputs.len() {
        1 => format!("%{}", value.layer.index()),
        _ => format!("%{}.{}", value.layer.index(), value.output),
    }
}

/// The type with its batch axis as `N`.
fn ty(ty: &TensorType) -> String {
    let batch = ty.shape.is_batched().then(|| "N".to_string());
    let extents: Vec<String> = batch.into_iter().chain(ty.shape.dims().iter().map(u64::to_string)).collect();
    let dtype = if ty.dtype == DType::F32 { String::new() } else { format!("{} ", ty.dtype) };
    format!("{dtype}[{}]", extents.join(", "))
}

fn learning(to: &mut impl Write, model: &Model, recipe: &Recipe) -> fmt::Result {
    writeln!(to, "\ntrain\n  loss = {}", value(model, recipe.loss))?;
    for metric in &recipe.metrics {
        let (sum, count) = (value(model, metric.value), metric.count_per_sample);
        let of = if metric.is_mean { "mean" } else { "sum" };
        let better = if metric.larger_is_better { "larger" } else { "smaller" };
        writeln!(to, "  metric {} = {of} {sum} over {count} per sample, {better} is better", metric.name)?;
    }
    let arguments = recipe.optimizer.arguments().into_iter().map(|(name, text)| format!("{name} = {text}"));
    writeln!(to, "  optimizer = {}({})", recipe.optimizer.name(), arguments.collect::<Vec<_>>().join(", "))?;
    if recipe.decay == Decay::Weights {
        writeln!(to, "  decay = weights")?;
    }
    for group in &recipe.groups {
        let paths: Vec<&str> = group.params.iter().map(|param| model.param(*param).path.as_str()).collect();
        let arguments = group.optimizer.arguments().into_iter().map(|(name, text)| format!("{name} = {text}"));
        let arguments = arguments.collect::<Vec<_>>().join(", ");
        writeln!(to, "  group {} = {}({arguments})", paths.join(" "), group.optimizer.name())?;
    }
    let schedule = &recipe.schedule;
    let policy = match &schedule.policy {
        Policy::Constant => "constant".to_string(),
        Policy::Step { every, factor } => format!("step(every = {}, factor = {factor:?})", clock(*every)),
        Policy::Exponential { factor } => format!("exponential(factor = {factor:?})"),
        Policy::Cosine { floor } => format!("cosine(floor = {floor:?})"),
    };
    let warmup = schedule.warmup.map(|warmup| format!(", warmup {}", clock(warmup))).unwrap_or_default();
    writeln!(to, "  schedule = {policy}{warmup}")?;
    for param in &recipe.frozen {
        writeln!(to, "  frozen {}", model.param(*param).path)?;
    }
    if let Some(start) = &recipe.start {
        let map: String = start.map.iter().map(|(from, to)| format!(", {from:?}: {to:?}")).collect();
        let paths: Vec<&str> = start.params.iter().map(|param| model.param(*param).path.as_str()).collect();
        writeln!(to, "  start {} = {:?}{map}", paths.join(" "), start.path)?;
    }
    Ok(())
}

fn run(to: &mut impl Write, recipe: &Recipe) -> fmt::Result {
    let source = |source: &super::recipe::DataSource| {
        let argument = |(name, value): &(Option<String>, Value)| match name {
            Some(name) => format!("{name} = {value}"),
            None => value.to_string(),
        };
        format!("{}({})", source.kind, source.arguments.iter().map(argument).collect::<Vec<_>>().join(", "))
    };
    let held_out = |held: &HeldOut| match held {
        HeldOut::Nothing => "nothing".to_string(),
        HeldOut::Fraction(fraction) => format!("{fraction:?} at random"),
        HeldOut::Last(fraction) => format!("{fraction:?} at the end"),
        HeldOut::Data(data) => source(data),
    };
    if let Some(data) = &recipe.data {
        writeln!(to, "  data = {}", source(data))?;
    }
    writeln!(to, "  test = {}\n  validate = {}", held_out(&recipe.test), held_out(&recipe.validate))?;
    writeln!(to, "  batch = {}\n  epochs = {}\n  seed = {}", recipe.batch, recipe.epochs, recipe.seed)?;
    match &recipe.stop {
        Some(stop) => writeln!(
            to,
            "  stop = early(watch = {}, patience = {}, min_delta = {:?})",
            stop.watch, stop.patience, stop.min_delta
        ),
        None => Ok(()),
    }
}

fn clock((length, clock): (f64, Clock)) -> String {
    let unit = match clock {
        Clock::Epochs => "epochs",
        Clock::Steps => "steps",
    };
    format!("{length} {unit}")
}

struct Start<'a>(&'a Init, &'a Model);

impl Display for Start<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Init::Constant(number) => write!(f, "{number:?}"),
            Init::Uniform { low, high } => write!(f, "uniform({low:?}, {high:?})"),
            Init::Normal { mean, deviation } => write!(f, "normal({mean:?}, {deviation:?})"),
            Init::Given(numbers) if numbers.len() <= SHOWN_NUMBERS => write!(f, "{numbers:?}"),
            Init::Given(numbers) => write!(f, "given({} numbers, checksum {:016x})", numbers.len(), checksum(numbers)),
            Init::Fit { statistic, start } => {
                let statistic = match statistic {
                    Statistic::Mean => "mean",
                    Statistic::Deviation => "deviation",
                };
                write!(f, "fit({statistic}, start = {start:?})")
            }
            Init::Sample(sampled) => write!(f, "sample({})", value(self.1, *sampled)),
        }
    }
}

/// FNV-1a over the numbers' bytes.
fn checksum(numbers: &[f32]) -> u64 {
    let bytes = numbers.iter().flat_map(|number| number.to_bits().to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}
