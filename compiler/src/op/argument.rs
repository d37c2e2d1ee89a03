//! Types of operators' arguments: from a compile-time value to a checked Rust value, and back to text.

mod axis;
mod geometry;
mod start;
mod words;

pub use axis::{Axes, Axis};
pub use geometry::{Padding, Pair};
pub use start::{Bias, Initialiser};

use super::value::Value;

/// A type that an argument may have.
pub trait Argument: Sized {
    /// What is expected, in words.
    const EXPECTED: &'static str;
    /// Bare words that this type understands.
    const WORDS: &'static [&'static str] = &[];
    /// What a list of them is, in words.
    const LIST: &'static str = "a list";
    /// Reads a value; the message continues "`kernel` …".
    fn from_value(value: &Value) -> Result<Self, String>;
    /// As it would be written.
    fn show(&self) -> String;
}

fn expected<T: Argument>(value: &Value) -> String {
    let shown = value.to_string();
    let shown = if shown.chars().count() > 40 { shown.chars().take(40).chain(['…']).collect() } else { shown };
    format!("must be {}, not {} `{shown}`", T::EXPECTED, value.kind())
}

impl Argument for usize {
    const EXPECTED: &'static str = "a positive integer";
    fn from_value(value: &Value) -> Result<usize, String> {
        match value {
            Value::Int(n) if *n < 1 => Err(format!("must be at least 1, but is {n}")),
            Value::Int(n) if *n <= crate::types::MAX_EXTENT as i64 => Ok(*n as usize),
            Value::Int(n) => Err(format!("is {n}, more than the limit of {}", crate::types::MAX_EXTENT)),
            other => Err(expected::<usize>(other)),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Argument for i64 {
    const EXPECTED: &'static str = "an integer";
    fn from_value(value: &Value) -> Result<i64, String> {
        match value {
            Value::Int(n) => Ok(*n),
            other => Err(expected::<i64>(other)),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Argument for f64 {
    const EXPECTED: &'static str = "a number";
    fn from_value(value: &Value) -> Result<f64, String> {
        match value {
            Value::Int(n) => Ok(*n as f64),
            Value::Float(x) if x.is_finite() => Ok(*x),
            Value::Float(x) => Err(format!("must be finite, but is {x}")),
            other => Err(expected::<f64>(other)),
        }
    }
    fn show(&self) -> String {
        number(*self)
    }
}

/// Plain where that is short, else with an exponent.
fn number(x: f64) -> String {
    match x.abs() {
        size if size != 0.0 && !(1e-3..1e7).contains(&size) => format!("{x:e}"),
        _ => x.to_string(),
    }
}

impl Argument for bool {
    const EXPECTED: &'static str = "`true` or `false`";
    fn from_value(value: &Value) -> Result<bool, String> {
        match value {
            Value::Bool(b) => Ok(*b),
            other => Err(expected::<bool>(other)),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

/// An argument that may be absent; its default is `None`.
impl<T: Argument> Argument for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const WORDS: &'static [&'static str] = T::WORDS;
    fn from_value(value: &Value) -> Result<Option<T>, String> {
        T::from_value(value).map(Some)
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_string(), T::show)
    }
}

impl<T: Argument> Argument for Vec<T> {
    const EXPECTED: &'static str = T::LIST;
    fn from_value(value: &Value) -> Result<Vec<T>, String> {
        match value {
            Value::List(items) => items.iter().map(T::from_value).collect(),
            single => Ok(vec![T::from_value(single)?]),
        }
    }
    fn show(&self) -> String {
        format!("[{}]", self.iter().map(T::show).collect::<Vec<_>>().join(", "))
    }
}
