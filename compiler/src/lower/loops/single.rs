//! Puts the values of locals that are read once where they are read, and drops those that are never read.

use crate::program::walk::{expressions, parts, parts_mut};
use crate::program::{Expr, Local, Stmt};
use std::collections::HashMap;

/// A local is inlined if its only reader is a later statement of the same block, outside of folds: there it is
/// evaluated as often as before.
pub(crate) fn inline_single(body: &mut Vec<Stmt>) {
    let mut reads: HashMap<Local, u32> = HashMap::new();
    expressions(body, &mut |expr| {
        if let Expr::Read(local) = expr {
            *reads.entry(*local).or_default() += 1;
        }
    });
    let mut assigned = Vec::new();
    assignments(body, &mut assigned);
    assigned.into_iter().for_each(|local| *reads.entry(local).or_default() += 2);
    block(body, &mut reads);
}

fn assignments(body: &[Stmt], found: &mut Vec<Local>) {
    for stmt in body {
        match stmt {
            Stmt::For { body, .. } => assignments(body, found),
            Stmt::Assign { local, .. } => found.push(*local),
            Stmt::Let { .. } | Stmt::Store { .. } => {}
        }
    }
}

fn block(body: &mut Vec<Stmt>, reads: &mut HashMap<Local, u32>) {
    drop_unread(body, reads);
    let mut pending: HashMap<Local, Expr> = HashMap::new();
    let mut done = Vec::with_capacity(body.len());
    for mut stmt in body.drain(..) {
        match &mut stmt {
            Stmt::For { body: inner, .. } => {
                // A loop may read a pending local in each turn, so the local must exist before it.
                let mut needed = Vec::new();
                expressions(inner, &mut |expr| {
                    if let Expr::Read(local) = expr {
                        needed.push(*local);
                    }
                });
                define(&needed, &mut pending, &mut done);
                block(inner, reads);
            }
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => {
                let mut needed = Vec::new();
                inside_folds(value, &mut needed);
                define(&needed, &mut pending, &mut done);
                replace(value, &mut pending);
                fold_lets(value, reads);
            }
        }
        match stmt {
            Stmt::Let { local, value } if reads.get(&local) == Some(&1) => {
                pending.insert(local, value);
            }
            stmt => done.push(stmt),
        }
    }
    debug_assert!(pending.is_empty(), "locals are read in the block that defines them or within it");
    *body = done;
}

/// Defines pending locals in the order of their numbers, which is the order of their definitions.
fn define(needed: &[Local], pending: &mut HashMap<Local, Expr>, done: &mut Vec<Stmt>) {
    let mut needed = needed.to_vec();
    needed.sort();
    for local in needed {
        if let Some(value) = pending.remove(&local) {
            done.push(Stmt::Let { local, value });
        }
    }
}

/// Reads within folds of an expression.
fn inside_folds(expr: &Expr, found: &mut Vec<Local>) {
    parts(expr, &mut |part| {
        if let Expr::Fold { .. } = part {
            parts(part, &mut |inner| {
                if let Expr::Read(local) = inner {
                    found.push(*local);
                }
            });
        }
    });
}

fn replace(expr: &mut Expr, pending: &mut HashMap<Local, Expr>) {
    parts_mut(expr, &mut |part| {
        if let Expr::Read(local) = part
            && let Some(value) = pending.remove(local)
        {
            *part = value;
        }
    });
}

/// The same within the locals of folds.
fn fold_lets(expr: &mut Expr, reads: &mut HashMap<Local, u32>) {
    parts_mut(expr, &mut |part| {
        let Expr::Fold { lets, body, .. } = part else { return };
        let mut pending: HashMap<Local, Expr> = HashMap::new();
        let mut done: Vec<(Local, Expr)> = Vec::new();
        let keep = |value: &Expr, pending: &mut HashMap<Local, Expr>, done: &mut Vec<(Local, Expr)>| {
            let mut needed = Vec::new();
            inside_folds(value, &mut needed);
            needed.sort();
            for local in needed {
                if let Some(value) = pending.remove(&local) {
                    done.push((local, value));
                }
            }
        };
        for (local, mut value) in lets.drain(..) {
            keep(&value, &mut pending, &mut done);
            replace(&mut value, &mut pending);
            match reads.get(&local) {
                Some(1) => drop(pending.insert(local, value)),
                Some(_) => done.push((local, value)),
                None => {}
            }
        }
        keep(body, &mut pending, &mut done);
        replace(body, &mut pending);
        *lets = done;
    });
}

fn drop_unread(body: &mut Vec<Stmt>, reads: &mut HashMap<Local, u32>) {
    let mut kept: Vec<Stmt> = Vec::with_capacity(body.len());
    for stmt in body.drain(..).rev() {
        match &stmt {
            Stmt::Let { local, value } if reads.get(local).is_none_or(|&count| count == 0) => {
                parts(value, &mut |part| {
                    if let Expr::Read(local) = part
                        && let Some(count) = reads.get_mut(local)
                    {
                        *count -= 1;
                    }
                });
            }
            _ => kept.push(stmt),
        }
    }
    kept.reverse();
    *body = kept;
}
