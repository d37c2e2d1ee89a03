//! Units of a kernel touch a written parameter apart from each other.
//!
//! Let the unit's variable have factor s and extent U in every access. The other variables of an access are either
//! *small* (together they span less than s) or *big*: their factors are multiples of some M ≥ s·U. Then a position
//! modulo M tells the unit.

use crate::program::Var;

/// One access: constant, and per variable its factor and extent.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) constant: i64,
    pub(super) axes: Vec<(Var, i64, u32)>,
}

/// What tells units apart in one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Nothing is touched, or there is one unit.
    Trivially,
    /// Position modulo `modulus` lies in `low + stride·unit ..= high + stride·unit`, and these ranges are apart.
    By {
        /// Factor of the unit.
        stride: i64,
        /// Least M, or `None` where there is no big variable.
        modulus: Option<i64>,
        /// Smallest position of unit 0, modulo M.
        low: i64,
        /// Largest position of unit 0, modulo M.
        high: i64,
    },
    /// Nothing was found.
    Unknown,
}

impl Apart {
    pub(super) fn is_proved(self) -> bool {
        self != Apart::Unknown
    }

    pub(super) fn of(unit: Var, units: u32, accesses: &[Access]) -> Result<Apart, String> {
        if units == 0 {
            return Err("a kernel has no units".to_string());
        }
        if units == 1 || accesses.is_empty() {
            return Ok(Apart::Trivially);
        }
        let parts: Option<Vec<Apart>> = accesses.iter().map(|access| one(unit, units, access)).collect();
        let Some(parts) = parts else { return Ok(Apart::Unknown) };
        let joined = parts.iter().skip(1).try_fold(parts[0], |joined, &part| joined.join(part));
        Ok(joined.filter(|joined| joined.holds(units)).unwrap_or(Apart::Unknown))
    }

    /// Both at once: accesses of one parameter, or of two parameters that share memory.
    pub(super) fn join(self, other: Apart) -> Option<Apart> {
        match (self, other) {
            (Apart::Trivially, known) | (known, Apart::Trivially) => Some(known),
            (
                Apart::By { stride, modulus, low, high },
                Apart::By { stride: other_stride, modulus: other_modulus, low: other_low, high: other_high },
            ) if stride == other_stride => Some(Apart::By {
                stride,
                modulus: match (modulus, other_modulus) {
                    (Some(a), Some(b)) => Some(gcd(a, b)),
                    (one, None) | (None, one) => one,
                },
                low: low.min(other_low),
                high: high.max(other_high),
            }),
            _ => None,
        }
    }

    /// The same after all positions moved.
    pub(super) fn shifted(self, by: i64) -> Apart {
        match self {
            Apart::By { stride, modulus, low, high } => Apart::By { stride, modulus, low: low + by, high: high + by },
            other => other,
        }
    }

    /// Whether the ranges of different units are apart.
    pub(super) fn holds(self, units: u32) -> bool {
        match self {
            Apart::By { stride, modulus, low, high } => {
                high - low < stride.abs()
                    && modulus.is_none_or(|modulus| stride.abs() * i64::from(units - 1) + (high - low) < modulus)
            }
            Apart::Trivially => true,
            Apart::Unknown => false,
        }
    }
}

fn one(unit: Var, units: u32, access: &Access) -> Option<Apart> {
    let stride = access.axes.iter().find(|axis| axis.0 == unit)?.1;
    let span = stride.abs().checked_mul(i64::from(units))?;
    let (mut low, mut high, mut modulus) = (access.constant, access.constant, None);
    for &(var, factor, extent) in &access.axes {
        if var == unit || extent == 1 {
            continue;
        }
        if factor.abs() >= span {
            modulus = Some(modulus.map_or(factor.abs(), |known| gcd(known, factor.abs())));
        } else {
            let reach = factor.checked_mul(i64::from(extent) - 1)?;
            low += reach.min(0);
            high += reach.max(0);
        }
    }
    Some(Apart::By { stride, modulus, low, high })
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
