//! Values that the compiler computes with before the run: numbers, words, lists, and calls of initialisers.

use std::fmt;

/// A compile-time value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Checked 64-bit integer.
    Int(i64),
    /// Finite number.
    Float(f64),
    /// Truth value.
    Bool(bool),
    /// Quoted text.
    Text(String),
    /// A bare word that an argument declares: `same`, `channel`, `nearest`.
    Word(String),
    /// A list, also nested.
    List(Vec<Value>),
    /// A half-open range of integers.
    Range(i64, i64),
    /// A number of epochs or steps.
    Duration(f64, Clock),
    /// A call that is a description and not a layer: `normal(0, 0.02)`, `sgd(rate = 0.1)`.
    Call(Box<Call>),
}

/// The unit of a [`Value::Duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Passes over the training data.
    Epochs,
    /// Updates of the parameters.
    Steps,
}

/// A description by name and arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub name: String,
    /// Arguments in the order written, with their names where given.
    pub arguments: Vec<(Option<String>, Value)>,
}

impl Value {
    /// The kind, for messages: "a list", "a number".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Bool(_) => "a truth value",
            Value::Text(_) => "a text",
            Value::Word(_) => "a word",
            Value::List(_) => "a list",
            Value::Range(..) => "a range",
            Value::Duration(..) => "a duration",
            Value::Call(_) => "a call",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(n) => write!(f, "{n}"),
            Value::Float(x) => write!(f, "{x}"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Word(word) => f.write_str(word),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Value::Range(low, high) => write!(f, "{low}..{high}"),
            Value::Duration(n, Clock::Epochs) => write!(f, "{n} epochs"),
            Value::Duration(n, Clock::Steps) => write!(f, "{n} steps"),
            Value::Call(call) => {
                write!(f, "{}(", call.name)?;
                for (i, (name, value)) in call.arguments.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    if let Some(name) = name {
                        write!(f, "{name} = ")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str(")")
            }
        }
    }
}
