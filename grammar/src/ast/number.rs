//! Numbers and their units.

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The number before the unit.
    pub value: NumberValue,
    /// The unit.
    pub unit: Option<Unit>,
}

/// A checked number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NumberValue {
    /// Written without point and exponent.
    Int(i64),
    /// Written with a point or an exponent; finite.
    Float(f64),
}

/// The closed list of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `%`: a hundredth.
    Percent,
    /// `k`: 10³.
    Thousand,
    /// `M`: 10⁶.
    Million,
    /// `G`: 10⁹.
    Billion,
    /// `T`: 10¹².
    Trillion,
    /// `B`, `kB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB`, `TiB`: this many bytes.
    Bytes(u64),
    /// `epoch`, `epochs`
    Epochs,
    /// `step`, `steps`
    Steps,
}

impl Unit {
    /// Every spelling with its unit. `epochs` and `steps` need a blank before them.
    pub const SPELLINGS: &'static [(&'static str, Unit)] = &[
        ("%", Unit::Percent),
        ("k", Unit::Thousand),
        ("M", Unit::Million),
        ("G", Unit::Billion),
        ("T", Unit::Trillion),
        ("B", Unit::Bytes(1)),
        ("kB", Unit::Bytes(1_000)),
        ("MB", Unit::Bytes(1_000_000)),
        ("GB", Unit::Bytes(1_000_000_000)),
        ("TB", Unit::Bytes(1_000_000_000_000)),
        ("KiB", Unit::Bytes(1 << 10)),
        ("MiB", Unit::Bytes(1 << 20)),
        ("GiB", Unit::Bytes(1 << 30)),
        ("TiB", Unit::Bytes(1 << 40)),
        ("epoch", Unit::Epochs),
        ("epochs", Unit::Epochs),
        ("step", Unit::Steps),
        ("steps", Unit::Steps),
    ];

    /// The unit that is spelled so.
    pub fn from_spelling(text: &str) -> Option<Unit> {
        Self::SPELLINGS.iter().find(|(spelling, _)| *spelling == text).map(|&(_, unit)| unit)
    }
}

impl Unit {
    /// The factor of a unit that counts: `k`, `M`, `G`, `T` and bytes.
    pub fn factor(self) -> Option<i64> {
        match self {
            Unit::Thousand => Some(1_000),
            Unit::Million => Some(1_000_000),
            Unit::Billion => Some(1_000_000_000),
            Unit::Trillion => Some(1_000_000_000_000),
            Unit::Bytes(bytes) => i64::try_from(bytes).ok(),
            Unit::Percent | Unit::Epochs | Unit::Steps => None,
        }
    }
}

impl Number {
    /// The number as a whole one, counting units multiplied in: 5000000 for `5M` and 1500000 for
    /// `1.5M`. `epochs` and `steps` give the number before them. `None` for `10%`, for `0.5`, and
    /// beyond `i64` (which the parser has refused).
    pub fn as_int(self) -> Option<i64> {
        match (self.value, self.unit.and_then(Unit::factor)) {
            (_, None) if self.unit == Some(Unit::Percent) => None,
            (NumberValue::Int(value), factor) => value.checked_mul(factor.unwrap_or(1)),
            (NumberValue::Float(value), Some(factor)) => {
                let product = value * factor as f64;
                (product.fract() == 0.0 && product.abs() < 2_f64.powi(53)).then_some(product as i64)
            }
            (NumberValue::Float(_), None) => None,
        }
    }

    /// The number as a float, the unit multiplied in: 0.1 for `10%`.
    pub fn as_float(self) -> f64 {
        let value = match self.value {
            NumberValue::Int(value) => value as f64,
            NumberValue::Float(value) => value,
        };
        match self.unit {
            Some(Unit::Percent) => value / 100.0,
            Some(unit) => value * unit.factor().unwrap_or(1) as f64,
            None => value,
        }
    }
}
