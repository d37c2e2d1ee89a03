//! Interval arithmetic on addresses.

use super::Fault;
use crate::program::affine::Affine;
use crate::program::{Bound, Var};

/// Variables in scope with their extents.
pub(super) type Extents = Vec<(Var, u32)>;

/// The smallest and the largest value of an affine form.
pub(super) fn interval(affine: &Affine, vars: &[(Var, u32)]) -> Result<(i64, i64), Fault> {
    let (mut low, mut high) = (i128::from(affine.constant), i128::from(affine.constant));
    for &(var, factor) in &affine.terms {
        let &(_, extent) = vars.iter().find(|(known, _)| *known == var).ok_or(Fault::Missing)?;
        let reach = i128::from(factor) * i128::from(extent - 1);
        low += reach.min(0);
        high += reach.max(0);
    }
    let narrow = |value: i128| i64::try_from(value).map_err(|_| Fault::Bounds);
    Ok((narrow(low)?, narrow(high)?))
}

pub(super) fn check_store(index: &Affine, elements: usize, vars: &[(Var, u32)]) -> Result<(), Fault> {
    let (low, high) = interval(index, vars)?;
    if low >= 0 && high < elements as i64 { Ok(()) } else { Err(Fault::Bounds) }
}

pub(super) fn check_load(index: &Affine, bounds: &[Bound], elements: usize, vars: &[(Var, u32)]) -> Result<(), Fault> {
    for bound in bounds {
        interval(&bound.index, vars)?;
    }
    match reach(index, bounds, vars)? {
        Some((low, high)) if low < 0 || high >= elements as i64 => Err(Fault::Bounds),
        _ => Ok(()),
    }
}

/// Where a guarded load may read: each condition `0 ≤ p < e` that shares all its variables with the address replaces
/// them by one number below e. None if the conditions never hold.
pub(super) fn reach(index: &Affine, bounds: &[Bound], vars: &[(Var, u32)]) -> Result<Option<(i64, i64)>, Fault> {
    let mut rest = index.clone();
    let (mut low, mut high) = (0, 0);
    for bound in bounds {
        let (least, most) = interval(&bound.index, vars)?;
        if most < 0 || least >= i64::from(bound.extent) {
            return Ok(None);
        }
        let Some(&(var, own)) = bound.index.terms.first() else { continue };
        let factor = rest.factor(var);
        if factor == 0 || factor % own != 0 {
            continue;
        }
        let times = factor / own;
        let without = rest.plus(&bound.index, -times);
        // Conditions that would bring in new variables do not narrow the address.
        if without.terms.len() + bound.index.terms.len() > rest.terms.len() {
            continue;
        }
        rest = without;
        let ends = [times * least.max(0), times * most.min(i64::from(bound.extent) - 1)];
        low += ends[0].min(ends[1]);
        high += ends[0].max(ends[1]);
    }
    let (least, most) = interval(&rest, vars)?;
    Ok(Some((low + least, high + most)))
}

/// Whether different values of the variables give different addresses: sorted by factor, each steps over all smaller
/// ones together.
pub(super) fn nested(index: &Affine, vars: &[(Var, u32)]) -> bool {
    let mut steps: Vec<(u64, u64)> = Vec::new();
    for &(var, extent) in vars.iter().filter(|(_, extent)| *extent > 1) {
        match index.factor(var) {
            0 => return false,
            factor => steps.push((factor.unsigned_abs(), u64::from(extent))),
        }
    }
    steps.sort_unstable();
    let mut covered = 0;
    for (step, extent) in steps {
        if step <= covered {
            return false;
        }
        covered += step * (extent - 1);
    }
    true
}
