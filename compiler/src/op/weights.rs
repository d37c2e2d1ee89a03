//! Weight and bias of a layer, from the arguments that say how they start and whether they are trained.

use super::argument::{Bias, Initialiser};
use super::initialiser::{default_uniform, fans};
use super::{Misuse, ParamKind, ParamSpec};

/// The arguments `weight`, `init`, `bias` and `trainable` of a layer.
#[derive(Clone, Copy, Debug)]
pub struct WeightArguments<'a> {
    /// Given numbers or a rule for the weight.
    pub weight: &'a Option<Initialiser>,
    /// A rule for the weight.
    pub init: &'a Option<Initialiser>,
    /// The added vector.
    pub bias: &'a Bias,
    /// Whether the optimiser changes both.
    pub trainable: bool,
}

/// `weight` and, unless it is off, `bias`. Both start uniform within ±1/√fan_in unless told otherwise, as in PyTorch
/// (`kaiming_uniform` with a = √5).
pub fn weight_and_bias(shape: Vec<u64>, outputs: u64, given: WeightArguments<'_>) -> Result<Vec<ParamSpec>, Misuse> {
    let (fan_in, _) = fans(&shape);
    let kind = if given.trainable { ParamKind::Trainable } else { ParamKind::Frozen };
    let start = match (given.weight, given.init) {
        (Some(_), Some(_)) => {
            return Err(Misuse::new("`weight` and `init` both say how the weight starts")
                .argument("init")
                .help("keep `weight` for given numbers, or `init` for a rule"));
        }
        (Some(weight), None) => weight.resolve(&shape).map_err(|problem| problem.argument("weight"))?,
        (None, Some(init)) => init.resolve(&shape).map_err(|problem| problem.argument("init"))?,
        (None, None) => default_uniform(fan_in),
    };
    let mut params = vec![ParamSpec::new("weight", shape, start, kind)?];
    let start = match given.bias {
        Bias::None => return Ok(params),
        Bias::Default => default_uniform(fan_in),
        Bias::Starting(rule) => rule.resolve(&[outputs]).map_err(|problem| problem.argument("bias"))?,
    };
    params.push(ParamSpec::new("bias", vec![outputs], start, kind)?);
    Ok(params)
}
