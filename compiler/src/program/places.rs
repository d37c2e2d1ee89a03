//! Whether stores meet: which elements addresses give in the turns of the loops around them.

use super::affine::Affine;
use super::{Extent, LoopKernel, Stmt, Var};

/// Loops around a statement, with their extents.
pub type Extents = Vec<(Var, u32)>;

/// Whether different values of the variables give different addresses: sorted by factor, each steps over all smaller
/// ones together.
pub fn nested(index: &Affine, vars: &[(Var, u32)]) -> bool {
    steps(index, vars).is_some()
}

/// Whether several addresses of a block never give the same element, in whichever turns: they differ by constants, and
/// by none that turns make up for.
pub(super) fn distinct(indices: &[&Affine], vars: &[(Var, u32)]) -> bool {
    let Some((first, _)) = indices.split_first() else { return true };
    let Some(mut steps) = steps(first, vars) else { return false };
    steps.reverse();
    let apart = |a: &Affine, b: &Affine| !is_made(&steps, i128::from(a.constant) - i128::from(b.constant));
    indices.iter().enumerate().all(|(at, a)| a.terms == first.terms && indices[..at].iter().all(|b| apart(a, b)))
}

/// Extents of the loops around the block that stores a parameter, the unit's first; and the block.
pub(super) fn around(kernel: &LoopKernel, written: u16) -> Option<(Extents, &[Stmt])> {
    fn find<'a>(body: &'a [Stmt], written: u16, vars: &mut Extents) -> Option<&'a [Stmt]> {
        if body.iter().any(|stmt| matches!(stmt, Stmt::Store { param, .. } if *param == written)) {
            return Some(body);
        }
        body.iter().find_map(|stmt| {
            let Stmt::For { var, extent: Extent::Fixed(extent), body, .. } = stmt else { return None };
            vars.push((*var, *extent));
            let found = find(body, written, vars);
            if found.is_none() {
                vars.pop();
            }
            found
        })
    }
    let mut vars = vec![(kernel.unit, kernel.units)];
    let block = find(&kernel.body, written, &mut vars)?;
    Some((vars, block))
}

/// Factors and extents of variables with several values, the smallest first, if each steps over all smaller ones.
fn steps(index: &Affine, vars: &[(Var, u32)]) -> Option<Vec<(u64, u64)>> {
    let mut steps: Vec<(u64, u64)> = Vec::new();
    for &(var, extent) in vars.iter().filter(|(_, extent)| *extent > 1) {
        match index.factor(var) {
            0 => return None,
            factor => steps.push((factor.unsigned_abs(), u64::from(extent))),
        }
    }
    steps.sort_unstable();
    let mut covered = 0;
    for (step, extent) in &steps {
        if *step <= covered {
            return None;
        }
        covered += step * (extent - 1);
    }
    Some(steps)
}

/// Whether two turns of the loops, the largest step first, lie `distance` apart. Smaller steps do not make up for one
/// larger, so only the two multiples around the distance can.
fn is_made(steps: &[(u64, u64)], distance: i128) -> bool {
    let Some((&(step, extent), smaller)) = steps.split_first() else { return distance == 0 };
    let step = i128::from(step);
    let below = distance.div_euclid(step);
    [below, below + 1]
        .into_iter()
        .any(|turns| turns.unsigned_abs() < u128::from(extent) && is_made(smaller, distance - turns * step))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARS: [(Var, u32); 3] = [(Var(0), 4), (Var(1), 14), (Var(2), 32)];

    fn affine(constant: i64, factors: [i64; 3]) -> Affine {
        Affine { constant, terms: VARS.iter().map(|&(var, _)| var).zip(factors).collect() }
    }

    #[test]
    fn windows_of_two_by_two_lie_apart() {
        let apart = |constants: &[i64], factors: [i64; 3]| {
            let indices: Vec<Affine> = constants.iter().map(|&constant| affine(constant, factors)).collect();
            distinct(&indices.iter().collect::<Vec<_>>(), &VARS)
        };
        assert!(apart(&[0, 32, 896, 928], [1792, 64, 1]));
        assert!(!apart(&[0, 64], [1792, 64, 1]), "the next turn's");
        assert!(!apart(&[0, -31], [1792, 64, 1]), "another lane's");
        assert!(!apart(&[0, 3 * 1792 + 5 * 64 - 7], [1792, 64, 1]), "a turn of several loops");
        assert!(apart(&[0, 4 * 1792], [1792, 64, 1]), "beyond the last turn");
        assert!(!apart(&[0, 0], [1792, 64, 1]), "the same");
        assert!(!apart(&[0], [1792, 31, 1]), "turns that meet by themselves");
        assert!(!distinct(&[&affine(0, [1792, 64, 1]), &affine(32, [1792, 128, 1])], &VARS), "other steps");
    }
}
