//! Which loops run as lanes: folds along contiguous memory, and innermost loops whose turns are independent.

use crate::program::walk::{expressions, expressions_mut, parts, stores};
use crate::program::{Expr, Local, Stmt, Var};

/// Partial results of a fold in lanes.
const LANES: u32 = 16;
/// Elements from which on a fold is worth partial results.
const LONG: u32 = 32;

/// Gives folds along contiguous memory partial results.
pub(super) fn fold_in_lanes(body: &mut [Stmt]) {
    expressions_mut(body, &mut |expr| {
        let Expr::Fold { var, extent, lanes, lets, body, .. } = expr else { return };
        let (mut contiguous, mut apt) = (false, *extent >= LONG);
        let mut survey = |part: &Expr| match part {
            Expr::Load { index, bounds, .. } => {
                contiguous |= index.factor(*var) == 1;
                apt &=
                    (0..=1).contains(&index.factor(*var)) && bounds.iter().all(|bound| bound.index.factor(*var) == 0);
            }
            Expr::Fold { .. } => apt = false,
            _ => {}
        };
        lets.iter().for_each(|(_, value)| parts(value, &mut survey));
        parts(body, &mut survey);
        *lanes = if contiguous && apt { LANES } else { 1 };
    });
}

/// Marks innermost loops whose turns are independent.
pub(super) fn mark(body: &mut [Stmt]) {
    for stmt in body {
        if let Stmt::For { var, lanes, body, .. } = stmt {
            if has_storing_loop(body) {
                mark(body);
            } else {
                *lanes = is_independent(*var, body);
            }
        }
    }
}

fn has_storing_loop(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| {
        let mut found = false;
        if let Stmt::For { body, .. } = stmt {
            stores(body, &mut |_, _| found = true);
        }
        found
    })
}

fn is_independent(var: Var, body: &[Stmt]) -> bool {
    let mut independent = true;
    stores(body, &mut |_, index| independent &= index.factor(var) != 0);
    expressions(body, &mut |expr| {
        if let Expr::Fold { lanes, .. } = expr {
            independent &= *lanes == 1;
        }
    });
    let (mut defined, mut assigned) = (Vec::new(), Vec::new());
    locals(body, &mut defined, &mut assigned);
    independent && assigned.iter().all(|local| defined.contains(local))
}

fn locals(body: &[Stmt], defined: &mut Vec<Local>, assigned: &mut Vec<Local>) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => locals(body, defined, assigned),
            Stmt::Let { local, .. } => defined.push(*local),
            Stmt::Assign { local, .. } => assigned.push(*local),
            Stmt::Store { .. } => {}
        }
    }
}
