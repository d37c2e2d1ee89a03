//! Initialisers: from a rule such as `he` or `normal(0, 0.02)`, or given numbers, to starting values with every fan
//! and gain worked in.

use super::Misuse;
use super::argument::Initialiser;
use super::declare::{Declaration, Declare, Given};
use super::value::Value;
use crate::declare_op;
use crate::model::init::Init;
use crate::words;

/// Names of all rules, as bare words and as calls.
pub const NAMES: &[&str] = &[
    "constant",
    "he",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "uniform",
    "xavier",
    "xavier_normal",
    "xavier_uniform",
    // Words of the rules' own arguments.
    "fan_in",
    "fan_out",
];

/// Declarations of all rules, for the reference page.
pub fn declarations() -> Vec<Declaration> {
    vec![
        Constant::declaration(),
        Normal::declaration(),
        Uniform::declaration(),
        He::declaration(),
        Xavier::declaration(),
    ]
}

words! {
    /// Shape of a distribution.
    pub enum Distribution {
        /// The bell curve.
        Normal = "normal",
        /// Equal over an interval.
        Uniform = "uniform",
    }
}

words! {
    /// Which number of connections a rule keeps the variance over.
    pub enum Fan {
        /// Inputs of one output: forward.
        In = "fan_in",
        /// Outputs of one input: backward.
        Out = "fan_out",
    }
}

declare_op! {
    /// Every element the same.
    pub struct Constant = "constant"() {
        /// The number.
        value: f64,
    }
}

declare_op! {
    /// Normal distribution.
    pub struct Normal = "normal"() {
        /// Mean.
        mean: f64 = 0.0,
        /// Standard deviation.
        deviation | std: f64 = 1.0,
    }
}

declare_op! {
    /// Uniform distribution over `low..high`.
    pub struct Uniform = "uniform"() {
        /// Lower end.
        low | a: f64 = 0.0,
        /// Upper end.
        high | b: f64 = 1.0,
    }
}

declare_op! {
    /// He et al., 2015: deviation √(2 / ((1 + slope²) · fan)), for layers before a rectifier. PyTorch's
    /// `kaiming_normal` and `kaiming_uniform` are `he(normal)` and `he(uniform)`.
    pub struct He = "he"() {
        /// Normal, or uniform with the same deviation.
        distribution: Distribution = Distribution::Normal,
        /// Slope of the rectifier below zero.
        slope: f64 = 0.0,
        /// Which fan.
        mode: Fan = Fan::In,
    }
}

declare_op! {
    /// Glorot and Bengio, 2010: deviation gain · √(2 / (fan_in + fan_out)), for layers before tanh or sigmoid.
    pub struct Xavier = "xavier"() {
        /// Uniform, or normal with the same deviation.
        distribution: Distribution = Distribution::Uniform,
        /// Factor on the deviation.
        gain: f64 = 1.0,
    }
}

/// Inputs of one output and outputs of one input for a weight [out, in, …kernel], as PyTorch counts them.
pub fn fans(shape: &[u64]) -> (f64, f64) {
    let kernel: f64 = shape.iter().skip(2).map(|&extent| extent as f64).product();
    let outputs = shape.first().copied().unwrap_or(1) as f64;
    let inputs = shape.get(1).or(shape.first()).copied().unwrap_or(1) as f64;
    (inputs * kernel, outputs * kernel)
}

/// PyTorch's default for weights and biases: uniform within ±1/√fan_in.
pub fn default_uniform(fan_in: f64) -> Init {
    let bound = (1.0 / fan_in.sqrt()) as f32;
    Init::Uniform { low: -bound, high: bound }
}

impl Initialiser {
    /// Starting values for a tensor of `shape`.
    ///
    /// # Errors
    /// If the rule is unknown, its numbers make no distribution, or given numbers do not fit the shape.
    pub fn resolve(&self, shape: &[u64]) -> Result<Init, Misuse> {
        match &self.0 {
            Value::Int(n) => constant(*n as f64),
            Value::Float(x) => constant(*x),
            Value::List(_) => given(&self.0, shape),
            Value::Word(name) => rule(name, &[], shape),
            Value::Call(call) => {
                let arguments: Vec<Given> = call
                    .arguments
                    .iter()
                    .map(|(name, value)| Given { name: name.clone(), value: value.clone() })
                    .collect();
                rule(&call.name, &arguments, shape)
            }
            other => Err(Misuse::new(format!("an initialiser cannot be {} `{other}`", other.kind()))
                .help(format!("use one of {}, or give the numbers as nested lists", rules()))),
        }
    }
}

fn rule(name: &str, given: &[Given], shape: &[u64]) -> Result<Init, Misuse> {
    let with = |word: &str| {
        let first = Given { name: None, value: Value::Word(word.to_string()) };
        std::iter::once(first).chain(given.iter().cloned()).collect::<Vec<_>>()
    };
    match name {
        "constant" => constant(read::<Constant>(given)?.value),
        "normal" => {
            let Normal { mean, deviation } = read(given)?;
            normal(mean, deviation)
        }
        "uniform" => {
            let Uniform { low, high } = read(given)?;
            uniform(low, high)
        }
        "he" => he(&read(given)?, shape),
        "kaiming_normal" => he(&read(&with("normal"))?, shape),
        "kaiming_uniform" => he(&read(&with("uniform"))?, shape),
        "xavier" => xavier(&read(given)?, shape),
        "xavier_normal" => xavier(&read(&with("normal"))?, shape),
        "xavier_uniform" => xavier(&read(&with("uniform"))?, shape),
        _ => {
            let near = match name.to_ascii_lowercase().as_str() {
                "glorot" | "glorot_uniform" | "glorot_normal" => Some("xavier"),
                "kaiming" | "he_normal" | "he_uniform" => Some("he"),
                "zeros" | "ones" | "fill" => Some("constant"),
                "gaussian" | "randn" | "random_normal" => Some("normal"),
                "rand" | "random_uniform" => Some("uniform"),
                _ => netc_grammar::did_you_mean(name, NAMES[..9].iter().copied()),
            };
            Err(Misuse::new(format!("there is no initialiser `{name}`")).help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of {}, or give the numbers as nested lists", rules()),
            }))
        }
    }
}

fn rules() -> String {
    NAMES[..9].iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The first problem stands for all: an initialiser is one short call.
fn read<R: Declare>(given: &[Given]) -> Result<R, Misuse> {
    R::read(given).map_err(|mut problems| {
        let mut first = problems.swap_remove(0);
        (first.argument, first.given) = (None, None);
        first
    })
}

fn he(rule: &He, shape: &[u64]) -> Result<Init, Misuse> {
    let (fan_in, fan_out) = fans(shape);
    let fan = if rule.mode == Fan::In { fan_in } else { fan_out };
    distribution(rule.distribution, (2.0 / ((1.0 + rule.slope * rule.slope) * fan)).sqrt())
}

fn xavier(rule: &Xavier, shape: &[u64]) -> Result<Init, Misuse> {
    let (fan_in, fan_out) = fans(shape);
    if rule.gain <= 0.0 {
        return Err(Misuse::new(format!("`gain` must be positive, but is {}", rule.gain)).help("leave it out for 1"));
    }
    distribution(rule.distribution, rule.gain * (2.0 / (fan_in + fan_out)).sqrt())
}

fn distribution(kind: Distribution, deviation: f64) -> Result<Init, Misuse> {
    match kind {
        Distribution::Normal => normal(0.0, deviation),
        Distribution::Uniform => uniform(-(3f64.sqrt()) * deviation, 3f64.sqrt() * deviation),
    }
}

fn single(value: f64) -> Result<f32, Misuse> {
    let rounded = value as f32;
    if rounded.is_finite() {
        return Ok(rounded);
    }
    Err(Misuse::new(format!("{value} is too large for an f32")).help("parameters are f32: at most 3.4e38 in size"))
}

fn constant(value: f64) -> Result<Init, Misuse> {
    Ok(Init::Constant(single(value)?))
}

fn normal(mean: f64, deviation: f64) -> Result<Init, Misuse> {
    if deviation < 0.0 {
        return Err(Misuse::new(format!("the standard deviation must not be negative, but is {deviation}"))
            .help("give `normal(mean, deviation)`"));
    }
    Ok(Init::Normal { mean: single(mean)?, deviation: single(deviation)? })
}

fn uniform(low: f64, high: f64) -> Result<Init, Misuse> {
    if low > high {
        return Err(Misuse::new(format!("the interval {low}..{high} is empty")).help("give `uniform(low, high)`"));
    }
    Ok(Init::Uniform { low: single(low)?, high: single(high)? })
}

/// Given numbers; leading axes that are left out repeat them.
fn given(value: &Value, shape: &[u64]) -> Result<Init, Misuse> {
    let mut numbers = Vec::new();
    let found = collect(value, &mut numbers)?;
    let lead = shape.len().checked_sub(found.len()).filter(|&lead| shape[lead..] == found[..]);
    let Some(lead) = lead else {
        return Err(Misuse::new(format!("the given numbers have shape {found:?}, the parameter has {shape:?}"))
            .help(format!("give nested lists of shape {shape:?}; leading axes may be left out and repeat the rest")));
    };
    let repeats: u64 = shape[..lead].iter().product();
    let repeats = usize::try_from(repeats).ok().filter(|n| n.checked_mul(numbers.len()).is_some_and(|n| n <= 1 << 28));
    let Some(repeats) = repeats else {
        return Err(Misuse::new(format!("given numbers repeated to {shape:?} are too many")).help("use `constant`"));
    };
    Ok(Init::Given(numbers.repeat(repeats).into()))
}

fn collect(value: &Value, numbers: &mut Vec<f32>) -> Result<Vec<u64>, Misuse> {
    match value {
        Value::Int(n) => numbers.push(single(*n as f64)?),
        Value::Float(x) => numbers.push(single(*x)?),
        Value::List(items) => {
            let mut inner: Option<Vec<u64>> = None;
            for item in items {
                let shape = collect(item, numbers)?;
                match &inner {
                    Some(first) if *first != shape => {
                        return Err(Misuse::new(format!(
                            "the given lists differ: one has shape {first:?}, one {shape:?}"
                        ))
                        .help("give rows of equal length"));
                    }
                    _ => inner = Some(shape),
                }
            }
            let Some(inner) = inner else {
                return Err(Misuse::new("a given list is empty").help("give at least one number"));
            };
            return Ok(std::iter::once(items.len() as u64).chain(inner).collect());
        }
        other => {
            return Err(Misuse::new(format!("given numbers hold {} `{other}`", other.kind()))
                .help("give numbers as nested lists, such as `[[-1, 0, 1], [-2, 0, 2]]`"));
        }
    }
    Ok(Vec::new())
}
