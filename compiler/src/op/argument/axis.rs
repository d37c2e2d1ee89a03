//! Axes of the written shape, by name or number.

use super::{Argument, Value, expected};

/// An axis of the written shape: a name, or an integer counted from the front or, if negative, from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Channels of a map or of a vector: the first written axis.
    Channel,
    /// Rows of a map.
    Height,
    /// Columns of a map.
    Width,
    /// Steps of a sequence.
    Time,
    /// Samples; only where every value carries the batch, in `train`.
    Batch,
    /// By position.
    Index(i64),
}

impl Argument for Axis {
    const EXPECTED: &'static str = "an axis: `channel`, `height`, `width`, `time` or its number";
    const WORDS: &'static [&'static str] = &["channel", "height", "width", "time", "batch"];
    fn from_value(value: &Value) -> Result<Axis, String> {
        match value {
            Value::Int(n) => Ok(Axis::Index(*n)),
            Value::Word(word) => match word.as_str() {
                "channel" => Ok(Axis::Channel),
                "height" => Ok(Axis::Height),
                "width" => Ok(Axis::Width),
                "time" => Ok(Axis::Time),
                "batch" => Ok(Axis::Batch),
                _ => Err(expected::<Axis>(value)),
            },
            other => Err(expected::<Axis>(other)),
        }
    }
    fn show(&self) -> String {
        match self {
            Axis::Channel => "channel".to_string(),
            Axis::Height => "height".to_string(),
            Axis::Width => "width".to_string(),
            Axis::Time => "time".to_string(),
            Axis::Batch => "batch".to_string(),
            Axis::Index(n) => n.to_string(),
        }
    }
}

/// Several axes: one, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(pub Vec<Axis>);

impl Argument for Axes {
    const EXPECTED: &'static str = "an axis (`channel`, `height`, `width`, `time` or its number) or a list of them";
    const WORDS: &'static [&'static str] = Axis::WORDS;
    fn from_value(value: &Value) -> Result<Axes, String> {
        match value {
            Value::List(items) if !items.is_empty() => {
                Ok(Axes(items.iter().map(Axis::from_value).collect::<Result<_, _>>()?))
            }
            Value::Int(_) | Value::Word(_) => Ok(Axes(vec![Axis::from_value(value)?])),
            other => Err(expected::<Axes>(other)),
        }
    }
    fn show(&self) -> String {
        match self.0.as_slice() {
            [single] => single.show(),
            several => format!("[{}]", several.iter().map(Axis::show).collect::<Vec<_>>().join(", ")),
        }
    }
}
