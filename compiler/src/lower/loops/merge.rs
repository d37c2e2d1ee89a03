//! Two loops directly within each other that walk every address and coordinate as one become one loop.

use crate::program::affine::Affine;
use crate::program::walk::{affines, affines_mut, affines_of, affines_within, parts, parts_mut};
use crate::program::{Expr, Extent, Stmt, Var};

/// Merges loops and folds wherever that is possible; `vars` holds the extents of variables.
pub(super) fn merge(body: &mut [Stmt], vars: &mut [u32]) {
    for stmt in body.iter_mut() {
        match stmt {
            Stmt::For { body: inner, .. } => {
                merge(inner, vars);
                merge_loop(stmt, vars);
            }
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => {
                parts_mut(value, &mut |part| merge_fold(part, vars));
            }
        }
    }
}

fn merge_loop(stmt: &mut Stmt, vars: &mut [u32]) {
    let Stmt::For { var: outer, extent: Extent::Fixed(turns), body, .. } = stmt else { return };
    let [Stmt::For { var: inner, extent: Extent::Fixed(steps), body: innermost, .. }] = &mut body[..] else { return };
    let (outer, turns, inner, steps) = (*outer, *turns, *inner, *steps);
    let mut walks = true;
    affines(innermost, &mut |affine| walks &= walks_as_one(affine, outer, inner, steps));
    let Some(extent) = turns.checked_mul(steps).filter(|&extent| walks && extent < 1 << 31) else { return };
    affines_mut(innermost, &mut |affine| *affine = affine.substitute(outer, &Affine::default()));
    vars[usize::from(inner.0)] = extent;
    let body = std::mem::take(innermost);
    *stmt = Stmt::For { var: inner, extent: Extent::Fixed(extent), lanes: false, body };
}

fn merge_fold(expr: &mut Expr, vars: &mut [u32]) {
    let Expr::Fold { op, var: outer, extent: turns, lets, body, .. } = expr else { return };
    let Expr::Fold { op: inner_op, var: inner, extent: steps, lets: inner_lets, body: innermost, .. } = &mut **body
    else {
        return;
    };
    if !lets.is_empty() || op != inner_op {
        return;
    }
    let (op, outer, turns, inner, steps) = (*op, *outer, *turns, *inner, *steps);
    let mut walks = true;
    let mut check = |expr: &Expr| {
        parts(expr, &mut |part| {
            affines_of(part, &mut |affine| walks &= walks_as_one(affine, outer, inner, steps));
        });
    };
    inner_lets.iter().for_each(|(_, value)| check(value));
    check(innermost);
    let Some(extent) = turns.checked_mul(steps).filter(|&extent| walks && extent < 1 << 31) else { return };
    let mut forget = |affine: &mut Affine| *affine = affine.substitute(outer, &Affine::default());
    inner_lets.iter_mut().for_each(|(_, value)| affines_within(value, &mut forget));
    affines_within(innermost, &mut forget);
    vars[usize::from(inner.0)] = extent;
    let (lets, body) = (std::mem::take(inner_lets), std::mem::replace(&mut **innermost, Expr::I32(0)));
    *expr = Expr::Fold { op, var: inner, extent, lanes: 1, lets, body: Box::new(body) };
}

fn walks_as_one(affine: &Affine, outer: Var, inner: Var, steps: u32) -> bool {
    affine.factor(outer) == affine.factor(inner) * i64::from(steps)
}
