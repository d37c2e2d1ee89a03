//! How weights and biases start.

use super::{Argument, Value, expected};

/// A rule for starting values: `normal(0, 0.02)`, `he`, `constant(1)`, or given numbers as nested lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Initialiser(pub Value);

impl Argument for Initialiser {
    const EXPECTED: &'static str =
        "an initialiser (`normal`, `uniform`, `he`, `xavier`, `constant`) or given numbers as nested lists";
    const WORDS: &'static [&'static str] = crate::op::initialiser::NAMES;
    fn from_value(value: &Value) -> Result<Initialiser, String> {
        match value {
            Value::Call(_) | Value::List(_) | Value::Word(_) | Value::Int(_) | Value::Float(_) => {
                Ok(Initialiser(value.clone()))
            }
            other => Err(expected::<Initialiser>(other)),
        }
    }
    fn show(&self) -> String {
        match &self.0 {
            Value::List(_) => "given".to_string(),
            other => other.to_string(),
        }
    }
}

/// The added vector of a layer: `true` (PyTorch's default start), `false`, given numbers or an initialiser.
#[derive(Clone, Debug, PartialEq)]
pub enum Bias {
    /// No vector is added.
    None,
    /// Starts as the layer's default says.
    Default,
    /// Starts as given.
    Starting(Initialiser),
}

impl Argument for Bias {
    const EXPECTED: &'static str = "`true`, `false`, a list of numbers or an initialiser";
    const WORDS: &'static [&'static str] = Initialiser::WORDS;
    fn from_value(value: &Value) -> Result<Bias, String> {
        match value {
            Value::Bool(true) => Ok(Bias::Default),
            Value::Bool(false) => Ok(Bias::None),
            other => match Initialiser::from_value(other) {
                Ok(initialiser) => Ok(Bias::Starting(initialiser)),
                Err(_) => Err(expected::<Bias>(other)),
            },
        }
    }
    fn show(&self) -> String {
        match self {
            Bias::None => "false".to_string(),
            Bias::Default => "true".to_string(),
            Bias::Starting(initialiser) => initialiser.show(),
        }
    }
}
