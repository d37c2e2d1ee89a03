//! Arguments of windows: extents per axis, and borders.

use super::{Argument, Value, expected};

/// One number for both spatial axes, or `[height, width]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub [usize; 2]);

impl Pair {
    /// The same number for both axes.
    pub const fn both(n: usize) -> Pair {
        Pair([n, n])
    }
}

impl Argument for Pair {
    const EXPECTED: &'static str = "a positive integer or `[height, width]`";
    fn from_value(value: &Value) -> Result<Pair, String> {
        match value {
            Value::List(items) if items.len() == 2 => {
                Ok(Pair([usize::from_value(&items[0])?, usize::from_value(&items[1])?]))
            }
            Value::Int(_) => usize::from_value(value).map(Pair::both),
            other => Err(expected::<Pair>(other)),
        }
    }
    fn show(&self) -> String {
        let [height, width] = self.0;
        if height == width { height.to_string() } else { format!("[{height}, {width}]") }
    }
}

/// Border of a map, before the operator's window moves over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Pixels on the four sides.
    Sides {
        /// Before the first row and before the first column.
        low: [usize; 2],
        /// After the last row and after the last column.
        high: [usize; 2],
    },
    /// Output as large as the input; stride 1 only; the odd pixel at the end.
    Same,
    /// TensorFlow's `same`: out = ⌈in/stride⌉, the odd pixel at the end.
    SameTf,
}

impl Padding {
    /// No border.
    pub const NONE: Padding = Padding::Sides { low: [0, 0], high: [0, 0] };
}

impl Argument for Padding {
    const EXPECTED: &'static str =
        "a number of pixels, `[height, width]`, `[top, bottom, left, right]`, `same`, `same_tf` or `valid`";
    const WORDS: &'static [&'static str] = &["same", "same_tf", "valid"];
    fn from_value(value: &Value) -> Result<Padding, String> {
        let pixels = |value: &Value| match value {
            Value::Int(n) if (0..=crate::types::MAX_EXTENT as i64).contains(n) => Ok(*n as usize),
            Value::Int(n) => Err(format!("must not be negative, but is {n}")),
            other => Err(expected::<Padding>(other)),
        };
        match value {
            Value::Word(word) => match word.as_str() {
                "same" => Ok(Padding::Same),
                "same_tf" => Ok(Padding::SameTf),
                "valid" => Ok(Padding::NONE),
                _ => Err(expected::<Padding>(value)),
            },
            Value::List(items) => match items.as_slice() {
                [height, width] => {
                    let sides = [pixels(height)?, pixels(width)?];
                    Ok(Padding::Sides { low: sides, high: sides })
                }
                [top, bottom, left, right] => {
                    Ok(Padding::Sides { low: [pixels(top)?, pixels(left)?], high: [pixels(bottom)?, pixels(right)?] })
                }
                _ => Err(expected::<Padding>(value)),
            },
            single => {
                let n = pixels(single)?;
                Ok(Padding::Sides { low: [n, n], high: [n, n] })
            }
        }
    }
    fn show(&self) -> String {
        match *self {
            Padding::Same => "same".to_string(),
            Padding::SameTf => "same_tf".to_string(),
            Padding::Sides { low, high } if low == high && low[0] == low[1] => low[0].to_string(),
            Padding::Sides { low, high } if low == high => format!("[{}, {}]", low[0], low[1]),
            Padding::Sides { low, high } => format!("[{}, {}, {}, {}]", low[0], high[0], low[1], high[1]),
        }
    }
}
