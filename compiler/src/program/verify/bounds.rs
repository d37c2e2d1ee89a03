//! Interval arithmetic on addresses.

use super::Fault;
use crate::program::affine::{Affine, common_divisor};
use crate::program::{Bound, Var};

/// The smallest and the largest value of an affine form.
pub(super) fn interval(affine: &Affine, vars: &[(Var, u32)]) -> Result<(i64, i64), Fault> {
    let ranges: Vec<(Var, i64, i64)> = vars.iter().map(|&(var, extent)| (var, 0, i64::from(extent) - 1)).collect();
    interval_of(affine, &ranges)
}

/// The same for variables with a smallest and a largest value each.
fn interval_of(affine: &Affine, ranges: &[(Var, i64, i64)]) -> Result<(i64, i64), Fault> {
    let (mut low, mut high) = (i128::from(affine.constant), i128::from(affine.constant));
    for &(var, factor) in &affine.terms {
        let &(_, from, to) = ranges.iter().find(|range| range.0 == var).ok_or(Fault::Missing)?;
        let ends = [from, to].map(|end| i128::from(factor) * i128::from(end));
        low += ends[0].min(ends[1]);
        high += ends[0].max(ends[1]);
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

/// Where a guarded load may read. Conditions `0 ≤ p < e` of one variable narrow its range; others whose sums of
/// variables occur in the address replace each by one number, for which all conditions on it hold. None if the
/// conditions never hold.
pub(super) fn reach(index: &Affine, bounds: &[Bound], vars: &[(Var, u32)]) -> Result<Option<(i64, i64)>, Fault> {
    let mut ranges: Vec<(Var, i64, i64)> = vars.iter().map(|&(var, extent)| (var, 0, i64::from(extent) - 1)).collect();
    for bound in bounds {
        let [(var, factor)] = bound.index.terms[..] else { continue };
        let range = ranges.iter_mut().find(|range| range.0 == var).ok_or(Fault::Missing)?;
        let (low, high) = solutions(bound, factor)?;
        (range.1, range.2) = (range.1.max(low), range.2.min(high));
        if range.1 > range.2 {
            return Ok(None);
        }
    }
    let mut rest = index.clone();
    let (mut low, mut high) = (0, 0);
    let Some(sums) = sums(bounds, &ranges)? else { return Ok(None) };
    for (sum, least, most) in sums {
        let (var, own) = sum.terms[0];
        let factor = rest.factor(var);
        if factor == 0 || factor % own != 0 {
            continue;
        }
        let times = factor / own;
        let without = rest.plus(&sum, -times);
        // Conditions that would bring in new variables do not narrow the address.
        if without.terms.len() + sum.terms.len() > rest.terms.len() {
            continue;
        }
        rest = without;
        let ends = [times * least, times * most];
        low += ends[0].min(ends[1]);
        high += ends[0].max(ends[1]);
    }
    let (least, most) = interval_of(&rest, &ranges)?;
    Ok(Some((low + least, high + most)))
}

/// A sum of two or more variables with its smallest and its largest value.
type Sum = (Affine, i64, i64);

/// The sums that conditions speak of, the first factor of each positive and no divisor common to all factors, with what
/// all of them allow; none if that is nothing.
fn sums(bounds: &[Bound], ranges: &[(Var, i64, i64)]) -> Result<Option<Vec<Sum>>, Fault> {
    let mut sums: Vec<Sum> = Vec::new();
    for bound in bounds {
        let (least, most) = interval_of(&bound.index, ranges)?;
        let (least, most) = (least.max(0), most.min(i64::from(bound.extent) - 1));
        if least > most {
            return Ok(None);
        }
        let [(_, first), _, ..] = bound.index.terms[..] else { continue };
        let mut sum = bound.index.clone().offset(-bound.index.constant).times(first.signum());
        let ends = [least, most].map(|end| (end - bound.index.constant) * first.signum());
        let divisor = sum.terms.iter().fold(0, |divisor, term| common_divisor(term.1.unsigned_abs(), divisor)) as i64;
        sum.terms.iter_mut().for_each(|term| term.1 /= divisor);
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let (low, high) = (-(-low).div_euclid(divisor), high.div_euclid(divisor));
        match sums.iter_mut().find(|known| known.0 == sum) {
            Some(known) => (known.1, known.2) = (known.1.max(low), known.2.min(high)),
            None => sums.push((sum, low, high)),
        }
    }
    Ok(sums.iter().all(|&(_, low, high)| low <= high).then_some(sums))
}

/// The smallest and the largest v with 0 ≤ factor·v + constant < extent; in the wrong order if there is none.
fn solutions(bound: &Bound, factor: i64) -> Result<(i64, i64), Fault> {
    let (constant, extent) = (bound.index.constant, i64::from(bound.extent));
    let least = constant.checked_neg().ok_or(Fault::Bounds)?;
    let most = least.checked_add(extent - 1).ok_or(Fault::Bounds)?;
    let (from, to) = if factor > 0 { (least, most) } else { (most, least) };
    let down = |value: i64| value.checked_div_euclid(factor.abs()).ok_or(Fault::Bounds);
    let up = |value: i64| Ok(-down(value.checked_neg().ok_or(Fault::Bounds)?)?);
    let sign = factor.signum();
    Ok((up(sign * from)?, down(sign * to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// constant + Σ factor · variable
    fn affine(constant: i64, terms: &[(u16, i64)]) -> Affine {
        Affine { constant, terms: terms.iter().map(|&(var, factor)| (Var(var), factor)).collect() }
    }

    #[test]
    fn guarded_loads_reach_what_all_conditions_allow() {
        let vars = [(Var(0), 4), (Var(1), 3), (Var(2), 12)];
        type Condition<'a> = (i64, &'a [(u16, i64)], u32);
        type Case<'c> = (Affine, &'c [Condition<'c>], Option<(i64, i64)>);
        let cases: &[Case<'_>] = &[
            (affine(0, &[(0, 1)]), &[], Some((0, 3))),
            (affine(-1, &[(0, 1)]), &[(-1, &[(0, 1)], 2)], Some((0, 1))),
            // A stride of 3: only i0 = 2 lies in 0 ≤ 3·i0 − 4 < 4.
            (affine(-4, &[(0, 3)]), &[(-4, &[(0, 3)], 4)], Some((2, 2))),
            // 0 ≤ i1 − 1 < 1 and 0 ≤ 3·i1 − 4 < 2 exclude each other.
            (affine(0, &[(0, 6), (1, 3)]), &[(-1, &[(1, 1)], 1), (-4, &[(1, 3)], 2)], None),
            // Backwards: 0 ≤ 2 − i0 < 2 leaves 1 and 2.
            (affine(2, &[(0, -1)]), &[(2, &[(0, -1)], 2)], Some((0, 1))),
            // The two conditions on i0 narrow it to 1; the address need not be a multiple of either.
            (affine(0, &[(0, 5), (2, 1)]), &[(-1, &[(0, 1)], 4), (1, &[(0, -1)], 4)], Some((5, 16))),
            // Two conditions on one sum, the second of its negative: 1 ≤ i2 − i0 < 5.
            (affine(-1, &[(0, -1), (2, 1)]), &[(0, &[(0, -1), (2, 1)], 8), (4, &[(0, 1), (2, -1)], 4)], Some((0, 3))),
            // 0 ≤ i2 − i0 < 2 and 0 ≤ i2 − i0 − 3 < 4 exclude each other.
            (affine(0, &[(0, -1), (2, 1)]), &[(0, &[(0, -1), (2, 1)], 2), (-3, &[(0, -1), (2, 1)], 4)], None),
            // 0 ≤ 2·i0 + i1 < 3 and 0 ≤ 4·i0 + 2·i1 − 1 < 4 leave 1 and 2.
            (affine(-1, &[(0, 4), (1, 2)]), &[(0, &[(0, 2), (1, 1)], 3), (-1, &[(0, 4), (1, 2)], 4)], Some((1, 3))),
            // A number of two variables below 4.
            (affine(-3, &[(0, 2), (1, 1)]), &[(-3, &[(0, 2), (1, 1)], 4)], Some((0, 3))),
        ];
        for (index, conditions, expected) in cases {
            let bounds: Vec<Bound> = conditions
                .iter()
                .map(|&(constant, terms, extent)| Bound { index: affine(constant, terms), extent })
                .collect();
            assert_eq!(reach(index, &bounds, &vars), Ok(*expected), "{index:?} where {bounds:?}");
        }
    }
}
