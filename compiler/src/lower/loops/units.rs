//! Cuts the outermost loop into units of work.

use crate::prim::scalar::{Binary, Unary};
use crate::program::affine::Affine;
use crate::program::walk::{affines_mut, expressions};
use crate::program::{Expr, Extent, Stmt, Var};

/// Simple operations of one unit, at least: about 5 µs in lanes.
const WORK: u64 = 1 << 15;
/// The same where a kernel is small: a step of two such units is just worth sharing out.
const SMALL: u64 = 1 << 14;
/// Units down to that size, at most.
const FEW: u64 = 4;
/// Units, at most.
const MOST: u64 = 256;
/// Turns of a cut loop in lanes are a multiple of this where possible.
const WIDTH: u32 = 16;

/// Makes the outermost loop a loop over units, if there is only one and the work is worth it; else there is one unit.
pub(super) fn split(body: &mut Vec<Stmt>, vars: &mut Vec<u32>) -> (Var, u32) {
    let work = work(body);
    let wanted = (work / WORK).max((work / SMALL).min(FEW)).clamp(1, MOST) as u32;
    let is_dealt = wanted > 1 && has_one_loop(body);
    let Some(Stmt::For { var, extent: Extent::Fixed(extent), lanes, body: inner }) =
        body.last_mut().filter(|_| is_dealt)
    else {
        return whole(vars);
    };
    let (var, extent, lanes) = (*var, *extent, *lanes);
    if !lanes && extent <= 2 * wanted {
        let inner = std::mem::take(inner);
        body.pop();
        body.extend(inner);
        return (var, extent);
    }
    let divisors = || (1..=wanted.min(extent)).rev().filter(|count| extent.is_multiple_of(*count));
    let apt = divisors().find(|count| !lanes || (extent / count).is_multiple_of(WIDTH));
    let units = match apt {
        Some(units) if units > 1 => units,
        _ => divisors().next().unwrap_or(1),
    };
    if units == 1 {
        return whole(vars);
    }
    let unit = Var(vars.len() as u16);
    vars.push(units);
    let turns = extent / units;
    let position = Affine::var(unit).times(i64::from(turns)).plus(&Affine::var(var), 1);
    affines_mut(inner, &mut |affine| *affine = affine.substitute(var, &position));
    vars[usize::from(var.0)] = turns;
    if let Some(Stmt::For { extent, .. }) = body.last_mut() {
        *extent = Extent::Fixed(turns);
    }
    (unit, units)
}

fn whole(vars: &mut Vec<u32>) -> (Var, u32) {
    vars.push(1);
    (Var(vars.len() as u16 - 1), 1)
}

/// Whether the body is one loop after at most a few cheap definitions.
fn has_one_loop(body: &[Stmt]) -> bool {
    let Some((Stmt::For { .. }, before)) = body.split_last() else { return false };
    let mut is_cheap = before.iter().all(|stmt| matches!(stmt, Stmt::Let { .. }));
    expressions(before, &mut |expr| is_cheap &= !matches!(expr, Expr::Fold { .. }));
    is_cheap
}

/// Simple operations.
fn work(body: &[Stmt]) -> u64 {
    let one = |stmt: &Stmt| match stmt {
        Stmt::For { extent: Extent::Fixed(extent), body, .. } => u64::from(*extent).saturating_mul(work(body)),
        Stmt::For { body, .. } => work(body),
        Stmt::Let { value, .. } | Stmt::Assign { value, .. } => effort(value),
        Stmt::Store { value, .. } => 1 + effort(value),
    };
    body.iter().map(one).fold(0, u64::saturating_add)
}

fn effort(expr: &Expr) -> u64 {
    match expr {
        Expr::F32(_) | Expr::I32(_) | Expr::Read(_) | Expr::Position(_) => 0,
        Expr::Load { .. } => 1,
        Expr::Unary(op, x) => {
            let own = match op {
                Unary::Exp | Unary::Log | Unary::Tanh | Unary::Sigmoid | Unary::Erf => 14,
                Unary::Sqrt => 6,
                Unary::Neg | Unary::Abs | Unary::Floor | Unary::Relu | Unary::Not => 1,
            };
            own + effort(x)
        }
        Expr::Binary(Binary::Div, x, y) => 4 + effort(x) + effort(y),
        Expr::Binary(_, x, y) => 1 + effort(x) + effort(y),
        Expr::Select(c, x, y) => 1 + effort(c) + effort(x) + effort(y),
        Expr::ToF32(x) | Expr::ToI32(x) => 1 + effort(x),
        Expr::Fold { extent, lets, body, .. } => {
            let turn = lets.iter().map(|(_, value)| effort(value)).fold(1 + effort(body), u64::saturating_add);
            u64::from(*extent).saturating_mul(turn)
        }
    }
}
