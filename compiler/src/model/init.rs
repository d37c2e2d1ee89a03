//! Starting values of parameters, resolved to numbers: what the runtime draws before the first step.

use super::ValueRef;
use netc_plan::Start;
use std::sync::Arc;

/// A distribution or numbers, with every fan and gain already worked in.
#[derive(Clone, Debug, PartialEq)]
pub enum Init {
    /// Every element the same.
    Constant(f32),
    /// Uniform over `low..high`.
    Uniform {
        /// Lower end.
        low: f32,
        /// Upper end.
        high: f32,
    },
    /// Normal with mean and standard deviation.
    Normal {
        /// Mean.
        mean: f32,
        /// Standard deviation.
        deviation: f32,
    },
    /// Numbers from the source, in logical order.
    Given(Arc<[f32]>),
    /// A statistic of the layer's input over the training part, fitted before the first step.
    Fit {
        /// Which statistic.
        statistic: Statistic,
        /// The value before any fit.
        start: f32,
    },
    /// Rows of a value of the network, one per entry of the first axis: its values on samples that are drawn from the
    /// training part before the first step.
    Sample(ValueRef),
}

impl Init {
    /// Where the values come from before any data is seen: fitted and sampled tensors hold their value before the fit.
    pub fn start(&self) -> Start<'_> {
        match self {
            Init::Constant(value) => Start::Constant(*value),
            Init::Uniform { low, high } => Start::Uniform(*low, *high),
            Init::Normal { mean, deviation } => Start::Normal(*mean, *deviation),
            Init::Given(values) => Start::Given(values),
            Init::Fit { start, .. } => Start::Constant(*start),
            Init::Sample(_) => Start::Constant(0.0),
        }
    }
}

/// What a fitted buffer holds, per feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The population standard deviation; 1 where the feature is constant.
    Deviation,
}
