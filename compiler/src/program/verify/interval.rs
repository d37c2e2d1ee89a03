//! Ranges of affine forms over the loops around them.

use crate::program::affine::Affine;
use crate::program::{Bound, Var};

/// Extents of the loops in force; `None` for variables that are not bound here.
#[derive(Clone, Debug)]
pub(super) struct Extents(pub(super) Vec<Option<u32>>);

impl Extents {
    fn last(&self, var: Var) -> Result<i64, String> {
        match self.0.get(usize::from(var.0)) {
            Some(Some(extent)) => Ok(i64::from(*extent) - 1),
            _ => Err(format!("variable {} is used outside its loop", var.0)),
        }
    }

    /// Smallest and largest value.
    pub(super) fn range(&self, affine: &Affine) -> Result<(i64, i64), String> {
        let (mut low, mut high) = (affine.constant, affine.constant);
        for &(var, factor) in &affine.terms {
            let reach = factor.checked_mul(self.last(var)?).ok_or("an address overflows")?;
            low = low.checked_add(reach.min(0)).ok_or("an address overflows")?;
            high = high.checked_add(reach.max(0)).ok_or("an address overflows")?;
        }
        Ok((low, high))
    }

    /// The same where conditions `0 ≤ form < extent` hold: each form that can be split off counts by its own range.
    pub(super) fn range_within(&self, affine: &Affine, bounds: &[Bound]) -> Result<(i64, i64), String> {
        let (mut rest, mut low, mut high) = (affine.clone(), 0i64, 0i64);
        for bound in bounds {
            let Some(&(var, factor)) = bound.index.terms.first() else { continue };
            let wanted = rest.factor(var);
            if wanted == 0 || wanted % factor != 0 {
                continue;
            }
            let times = wanted / factor;
            let smaller = rest.plus(&bound.index, -times);
            if smaller.terms.len() + bound.index.terms.len() > rest.terms.len() {
                continue;
            }
            rest = smaller;
            let reach = times * (i64::from(bound.extent) - 1);
            low += reach.min(0);
            high += reach.max(0);
        }
        let (rest_low, rest_high) = self.range(&rest)?;
        let (plain_low, plain_high) = self.range(affine)?;
        Ok(((rest_low + low).max(plain_low), (rest_high + high).min(plain_high)))
    }
}
