//! How the rate changes: `schedule = cosine(warmup = 1 epochs)`.

use super::Setting;
use super::describe::Described;
use crate::declare_op;
use crate::elaborate::Elaborator;
use crate::model::recipe::{Policy, Schedule};
use crate::op::Misuse;
use crate::op::argument::Argument;
use crate::op::declare::{Declaration, Declare};
use crate::op::value::{Clock, Value};

/// A number of epochs or steps; a bare number counts epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Length(f64, Clock);

impl Argument for Length {
    const EXPECTED: &'static str = "a length such as `3 epochs` or `500 steps`";
    fn from_value(value: &Value) -> Result<Length, String> {
        match value {
            Value::Duration(n, clock) if n.is_finite() && *n > 0.0 => Ok(Length(*n, *clock)),
            Value::Int(n) if *n > 0 => Ok(Length(*n as f64, Clock::Epochs)),
            Value::Duration(..) | Value::Int(_) => Err(format!("must be more than 0, but is `{value}`")),
            other => Err(format!("must be {}, not {} `{other}`", Self::EXPECTED, other.kind())),
        }
    }
    fn show(&self) -> String {
        Value::Duration(self.0, self.1).to_string()
    }
}

declare_op! {
    /// The same rate throughout.
    pub struct Constant = "constant"() {
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Multiplied by a factor after every stair.
    pub struct Stairs = "step"() {
        /// Length of a stair.
        every | step_size: Length,
        /// Multiplier per stair.
        factor | gamma: f64 = 0.1,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Multiplied by a factor after every epoch.
    pub struct Exponential = "exponential"() {
        /// Multiplier per epoch.
        factor | gamma: f64,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

declare_op! {
    /// Half a cosine down to `floor` times the rate.
    pub struct Cosine = "cosine"() {
        /// Factor at the end.
        floor: f64 = 0.0,
        /// Length of a linear rise from zero.
        warmup: Option<Length> = None,
    }
}

/// Declarations of all schedules, for the reference page.
pub fn declarations() -> Vec<Declaration> {
    vec![Constant::declaration(), Stairs::declaration(), Exponential::declaration(), Cosine::declaration()]
}

impl<'a> Elaborator<'a, '_> {
    /// `cosine(warmup = 1 epochs)`; constant where nothing is said.
    pub fn schedule(&mut self, setting: Option<Setting<'a>>) -> Option<Schedule> {
        let Some((expr, _)) = setting else { return Some(Schedule { policy: Policy::Constant, warmup: None }) };
        let mut described = self.described(expr, true)?;
        let length = |length: Option<Length>| length.map(|Length(n, clock)| (n, clock));
        let (policy, warmup) = match described.name.as_str() {
            "constant" => {
                let read = self.read::<Constant>(&mut described)?;
                (Policy::Constant, read.warmup)
            }
            "step" => {
                let read = self.read::<Stairs>(&mut described)?;
                self.factor(read.factor, &described)?;
                (Policy::Step { every: (read.every.0, read.every.1), factor: read.factor }, read.warmup)
            }
            "exponential" => {
                let read = self.read::<Exponential>(&mut described)?;
                self.factor(read.factor, &described)?;
                (Policy::Exponential { factor: read.factor }, read.warmup)
            }
            "cosine" => {
                let read = self.read::<Cosine>(&mut described)?;
                if !(0.0..=1.0).contains(&read.floor) {
                    let problem = Misuse::new(format!("`floor` must be between 0 and 1, but is {}", read.floor));
                    self.misuses(&[problem.argument("floor").help("leave it out for 0")], &described);
                    return None;
                }
                (Policy::Cosine { floor: read.floor }, read.warmup)
            }
            other => {
                let names = ["constant", "step", "exponential", "cosine"];
                self.unknown_word("schedule", other, &names, described.spans.call);
                return None;
            }
        };
        Some(Schedule { policy, warmup: length(warmup) })
    }

    fn factor(&mut self, factor: f64, described: &Described) -> Option<()> {
        if factor > 0.0 && factor <= 1.0 {
            return Some(());
        }
        let problem = Misuse::new(format!("`factor` must be above 0 and at most 1, but is {factor}"));
        self.misuses(&[problem.argument("factor").help("for example 0.1")], described);
        None
    }
}
