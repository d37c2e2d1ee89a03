//! Types of operators' arguments: from a compile-time value to a checked Rust value, and back to text.

use super::value::Value;

/// A type that an argument may have.
pub trait Argument: Sized {
    /// What is expected, in words.
    const EXPECTED: &'static str;
    /// Bare words that this type understands.
    const WORDS: &'static [&'static str] = &[];
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
    const EXPECTED: &'static str = "a list";
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

/// A rule for starting values: `normal(0, 0.02)`, `he`, `constant(1)`, or given numbers as nested lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Initialiser(pub Value);

impl Argument for Initialiser {
    const EXPECTED: &'static str =
        "an initialiser (`normal`, `uniform`, `he`, `xavier`, `constant`) or given numbers as nested lists";
    const WORDS: &'static [&'static str] = super::initialiser::NAMES;
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

/// Declares an argument whose values are a few bare words.
///
/// ```ignore
/// words! {
///     /// Which formula.
///     pub enum Form { /// With erf. Exact = "exact" | "none", /// With tanh. Tanh = "tanh" }
/// }
/// ```
#[macro_export]
macro_rules! words {
    (
        $(#[$attribute:meta])*
        $vis:vis enum $ty:ident {
            $( $(#[$variant_attribute:meta])* $variant:ident = $word:literal $(| $alias:literal)* ),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $ty {
            $( $(#[$variant_attribute])* $variant, )*
        }

        impl $crate::op::argument::Argument for $ty {
            const EXPECTED: &'static str = concat!("one of", $(" `", $word, "`"),*);
            const WORDS: &'static [&'static str] = &[$($word, $($alias,)*)*];
            fn from_value(value: &$crate::op::value::Value) -> Result<$ty, String> {
                if let $crate::op::value::Value::Word(word) | $crate::op::value::Value::Text(word) = value {
                    match word.as_str() {
                        $( $word $(| $alias)* => return Ok($ty::$variant), )*
                        _ => {}
                    }
                }
                Err(format!("must be {}, not {} `{value}`", Self::EXPECTED, value.kind()))
            }
            fn show(&self) -> String {
                match self {
                    $( $ty::$variant => $word.to_string(), )*
                }
            }
        }
    };
}
