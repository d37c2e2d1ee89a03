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
