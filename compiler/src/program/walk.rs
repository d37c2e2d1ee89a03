//! Visits the parts of generated kernels.

use super::affine::Affine;
use super::{Expr, LoopKernel, Stmt};

/// Calls `visit` for every expression of the statements, parents before their parts.
pub fn expressions<'a>(body: &'a [Stmt], visit: &mut impl FnMut(&'a Expr)) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => expressions(body, visit),
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => parts(value, visit),
        }
    }
}

/// Calls `visit` for the expression and every part of it.
pub fn parts<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    visit(expr);
    match expr {
        Expr::F32(_) | Expr::I32(_) | Expr::Read(_) | Expr::Position(_) | Expr::Load { .. } => {}
        Expr::Unary(_, x) | Expr::ToF32(x) | Expr::ToI32(x) => parts(x, visit),
        Expr::Binary(_, x, y) => [x, y].into_iter().for_each(|part| parts(part, visit)),
        Expr::Select(c, x, y) => [c, x, y].into_iter().for_each(|part| parts(part, visit)),
        Expr::Fold { lets, body, .. } => {
            lets.iter().for_each(|(_, value)| parts(value, visit));
            parts(body, visit);
        }
    }
}

/// Calls `visit` for every expression of the statements, parts before their parents.
pub fn expressions_mut(body: &mut [Stmt], visit: &mut impl FnMut(&mut Expr)) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => expressions_mut(body, visit),
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => {
                parts_mut(value, visit);
            }
        }
    }
}

/// Calls `visit` for every part of the expression and then for itself.
pub fn parts_mut(expr: &mut Expr, visit: &mut impl FnMut(&mut Expr)) {
    match expr {
        Expr::F32(_) | Expr::I32(_) | Expr::Read(_) | Expr::Position(_) | Expr::Load { .. } => {}
        Expr::Unary(_, x) | Expr::ToF32(x) | Expr::ToI32(x) => parts_mut(x, visit),
        Expr::Binary(_, x, y) => [x, y].into_iter().for_each(|part| parts_mut(part, visit)),
        Expr::Select(c, x, y) => [c, x, y].into_iter().for_each(|part| parts_mut(part, visit)),
        Expr::Fold { lets, body, .. } => {
            lets.iter_mut().for_each(|(_, value)| parts_mut(value, visit));
            parts_mut(body, visit);
        }
    }
    visit(expr);
}

/// Calls `visit` for every affine form of one expression, its parts not included.
pub fn affines_of<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Affine)) {
    match expr {
        Expr::Position(affine) => visit(affine),
        Expr::Load { index, bounds, .. } => {
            visit(index);
            bounds.iter().for_each(|bound| visit(&bound.index));
        }
        _ => {}
    }
}

/// Calls `visit` for every affine form of the statements.
pub fn affines<'a>(body: &'a [Stmt], visit: &mut impl FnMut(&'a Affine)) {
    stores(body, &mut |_, index| visit(index));
    expressions(body, &mut |expr| affines_of(expr, visit));
}

/// Calls `visit` for every affine form of the statements.
pub fn affines_mut(body: &mut [Stmt], visit: &mut impl FnMut(&mut Affine)) {
    for stmt in body.iter_mut() {
        match stmt {
            Stmt::For { body, .. } => affines_mut(body, visit),
            Stmt::Store { index, value, .. } => {
                visit(index);
                affines_within(value, visit);
            }
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } => affines_within(value, visit),
        }
    }
}

/// Calls `visit` for every affine form of the expression and its parts.
pub fn affines_within(expr: &mut Expr, visit: &mut impl FnMut(&mut Affine)) {
    parts_mut(expr, &mut |part| match part {
        Expr::Position(affine) => visit(affine),
        Expr::Load { index, bounds, .. } => {
            visit(index);
            bounds.iter_mut().for_each(|bound| visit(&mut bound.index));
        }
        _ => {}
    });
}

/// Calls `visit` for parameter and index of every store.
pub fn stores<'a>(body: &'a [Stmt], visit: &mut impl FnMut(u16, &'a Affine)) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => stores(body, visit),
            Stmt::Store { param, index, .. } => visit(*param, index),
            Stmt::Let { .. } | Stmt::Assign { .. } => {}
        }
    }
}

/// Which locals are assigned after they were defined.
pub fn assigned(kernel: &LoopKernel) -> Vec<bool> {
    fn visit(body: &[Stmt], found: &mut [bool]) {
        for stmt in body {
            match stmt {
                Stmt::For { body, .. } => visit(body, found),
                Stmt::Assign { local, .. } => found[usize::from(local.0)] = true,
                Stmt::Let { .. } | Stmt::Store { .. } => {}
            }
        }
    }
    let mut found = vec![false; kernel.locals.len()];
    visit(&kernel.body, &mut found);
    found
}
