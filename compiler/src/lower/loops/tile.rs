//! Cuts a loop along which some memory is contiguous and moves a part of it inwards, where the innermost loop strides
//! through that memory: a transposed tensor is then read by whole cache lines and not by single elements.

use crate::program::affine::Affine;
use crate::program::walk::{affines_mut, expressions, stores};
use crate::program::{Expr, Extent, Stmt, Var};

/// Elements of a cache line.
const LINE: u32 = 16;
/// Turns of the loops inside, at least: fewer leave the lines in the cache until they are used again.
const FAR: u64 = 256;

/// Tiles a body that is one nest of loops around stores; every element is computed from its own loads, so the order
/// does not matter.
pub(super) fn tile(body: &mut [Stmt], vars: &mut Vec<u32>) {
    let Some(Stmt::For { .. }) = body.last() else { return };
    let mut loops: Vec<(Var, u32)> = Vec::new();
    let mut level: &[Stmt] = &body[body.len() - 1..];
    while let [Stmt::For { var, extent: Extent::Fixed(extent), body, .. }] = level {
        loops.push((*var, *extent));
        level = body;
    }
    let Some(at) = contiguous(&loops, level) else { return };
    let (var, extent) = loops[at];
    let inner = Var(vars.len() as u16);
    vars.push(LINE);
    vars[usize::from(var.0)] = extent / LINE;
    let position = Affine::var(var).times(i64::from(LINE)).plus(&Affine::var(inner), 1);
    let mut stmt = body.last_mut();
    for (depth, (var, _)) in loops.iter().enumerate() {
        let Some(Stmt::For { extent, body, .. }) = stmt else { return };
        debug_assert!(usize::from(var.0) < vars.len());
        if depth == at {
            *extent = Extent::Fixed(extent_of(extent) / LINE);
        }
        if depth + 2 == loops.len() {
            affines_mut(body, &mut |affine| *affine = affine.substitute(loops[at].0, &position));
            let moved = std::mem::take(body);
            body.push(Stmt::For { var: inner, extent: Extent::Fixed(LINE), lanes: false, body: moved });
            return;
        }
        stmt = body.last_mut();
    }
}

fn extent_of(extent: &Extent) -> u32 {
    match extent {
        Extent::Fixed(extent) => *extent,
        Extent::Columns => unreachable!("only epilogues loop over columns"),
    }
}

/// The loop, not the innermost, along which some access is contiguous that the innermost loop strides through.
fn contiguous(loops: &[(Var, u32)], leaf: &[Stmt]) -> Option<usize> {
    let (&(innermost, _), outer) = loops.split_last()?;
    let mut is_simple = leaf.iter().all(|stmt| matches!(stmt, Stmt::Let { .. } | Stmt::Store { .. }));
    let mut accesses: Vec<&Affine> = Vec::new();
    expressions(leaf, &mut |expr| match expr {
        Expr::Fold { .. } => is_simple = false,
        Expr::Load { index, .. } => accesses.push(index),
        _ => {}
    });
    stores(leaf, &mut |_, index| accesses.push(index));
    let is_apt = |&(at, &(var, extent)): &(usize, &(Var, u32))| {
        let turns: u64 = loops[at + 1..].iter().map(|&(_, extent)| u64::from(extent)).product();
        let strides = |index: &&Affine| index.factor(var).abs() == 1 && index.factor(innermost).abs() > 1;
        extent % LINE == 0 && turns >= FAR && accesses.iter().any(strides)
    };
    outer.iter().enumerate().filter(|_| is_simple).find(is_apt).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `for v0 < 512 { for v1 < 512 { for v2 < 9 { p0[4608·v0 + 9·v1 + v2] = p1[v0 + 512·v1 + 262144·v2] } } }`
    fn transposed() -> (Vec<Stmt>, Vec<u32>) {
        let extents = vec![512, 512, 9];
        let sum = |factors: [i64; 3]| {
            let term = |sum: Affine, (var, factor)| sum.plus(&Affine::var(Var(var)), factor);
            (0u16..).zip(factors).fold(Affine::default(), term)
        };
        let value = Expr::Load { param: 1, index: sum([1, 512, 262_144]), bounds: Vec::new(), otherwise: 0.0 };
        let mut body = vec![Stmt::Store { param: 0, index: sum([4608, 9, 1]), value }];
        for var in (0u16..3).rev() {
            let extent = Extent::Fixed(extents[usize::from(var)]);
            body = vec![Stmt::For { var: Var(var), extent, lanes: var == 2, body }];
        }
        (body, extents)
    }

    #[test]
    fn a_transposed_read_goes_line_by_line() {
        let (mut body, mut vars) = transposed();
        tile(&mut body, &mut vars);
        assert_eq!(vars, [32, 512, 9, 16]);
        let mut found = Vec::new();
        expressions(&body, &mut |expr| {
            if let Expr::Load { index, .. } = expr {
                found.push(index.clone());
            }
        });
        let factors = [0u16, 1, 2, 3].map(|var| found[0].factor(Var(var)));
        assert_eq!(factors, [16, 512, 262_144, 1]);
        let (mut order, mut level) = (Vec::new(), &body[..]);
        while let [Stmt::For { var, extent, body, .. }] = level {
            order.push((var.0, extent_of(extent)));
            level = body;
        }
        assert_eq!(order, [(0, 32), (1, 512), (3, 16), (2, 9)]);
    }

    #[test]
    fn loops_that_are_contiguous_or_short_stay() {
        let (mut body, mut vars) = transposed();
        vars[0] = 12;
        if let Stmt::For { extent, .. } = &mut body[0] {
            *extent = Extent::Fixed(12);
        }
        let before = body.clone();
        tile(&mut body, &mut vars);
        assert_eq!(body, before);
    }
}
