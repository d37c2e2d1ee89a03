//! Folds over rows far apart, a block of rows at a time.
//!
//! A loop in lanes whose statements fold over rows reads a few columns of all rows, then the next few: from memory that
//! is a walk in long strides, once per fold. Here all folds of the loop take a block of rows together, for all columns,
//! before the next block. What they have so far waits in a slot. Every element is added in the same order: no bit
//! changes.

use super::fold::{identity, operation};
use super::statement::Bound;
use super::value::{Kind, Val};
use super::wide::Called;
use super::{Emitter, Lanes, width};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::walk::parts;
use netc_compiler::program::{Expr, FoldOp, Local, Stmt, Var};

/// Elements of one input from which blocks are worth their code.
const LEAST: i64 = 1 << 13;
/// Columns above which a row is a walk of its own.
const MOST_COLUMNS: i64 = 1 << 10;
/// Elements of a block in one input: so few that memory is read in its order, but for a turn of a few rows.
const BLOCK: i64 = 1 << 9;
/// Folds whose sums fit the registers.
const MOST_FOLDS: usize = 4;

/// A fold of the loop, as in [`Expr::Fold`].
struct Fold<'a> {
    op: FoldOp,
    var: Var,
    extent: u32,
    lets: &'a [(Local, Expr)],
    body: &'a Expr,
}

/// The folds of a loop's statements, and the locals that they may read: those that need no fold.
pub(super) struct Folds<'a> {
    folds: Vec<Fold<'a>>,
    locals: Vec<(Local, &'a Expr)>,
    rows: i64,
}

impl Emitter<'_> {
    /// The folds of a loop over columns, if they run a block of rows at a time.
    pub(super) fn folds<'b>(&self, var: Var, extent: i64, body: &'b [Stmt]) -> Option<Folds<'b>> {
        let (mut locals, mut late): (Vec<(Local, &Expr)>, Vec<Local>) = (Vec::new(), Vec::new());
        let mut folds = Vec::new();
        let mut is_fit = extent <= MOST_COLUMNS;
        for statement in body {
            let value = match statement {
                Stmt::Let { value, .. } | Stmt::Store { value, .. } => value,
                Stmt::For { .. } | Stmt::Assign { .. } => return None,
            };
            let mut is_late = false;
            parts(value, &mut |part| match part {
                Expr::Fold { op, var, extent, lanes, lets, body } => {
                    (is_late, is_fit) = (true, is_fit && *lanes == 1);
                    folds.push(Fold { op: *op, var: *var, extent: *extent, lets, body });
                }
                Expr::Read(local) => is_late |= late.contains(local),
                Expr::Unary(op, _) => is_fit &= self.calls(Called::Unary(*op)).is_none(),
                _ => {}
            });
            match statement {
                Stmt::Let { local, .. } if is_late => late.push(*local),
                Stmt::Let { local, value } => locals.push((*local, value)),
                _ => {}
            }
        }
        let rows = i64::from(folds.first()?.extent);
        for fold in &folds {
            is_fit &= i64::from(fold.extent) == rows;
            let known = |local: Local| {
                locals.iter().any(|(known, _)| *known == local) || fold.lets.iter().any(|(own, _)| *own == local)
            };
            for part in fold.lets.iter().map(|(_, value)| value).chain([fold.body]) {
                parts(part, &mut |part| match part {
                    Expr::Fold { .. } => is_fit = false,
                    Expr::Read(local) => is_fit &= known(*local),
                    Expr::Load { index, .. } => is_fit &= matches!(index.factor(var), 0 | 1),
                    _ => {}
                });
            }
        }
        is_fit &=
            folds.len() <= MOST_FOLDS && rows * extent >= LEAST && !width::groups(var, body, |_| false).is_empty();
        is_fit.then_some(Folds { folds, locals, rows })
    }

    /// The loop over columns whose statements have these folds.
    pub(super) fn blocks(&mut self, var: Var, extent: i64, folds: &Folds<'_>, body: &[Stmt]) {
        let bytes = 4 * extent as u32;
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes * folds.folds.len() as u32, 4);
        let slot = self.builder.create_sized_stack_slot(data);
        let sums: Vec<Value> = (0..folds.folds.len())
            .map(|fold| self.builder.ins().stack_addr(types::I64, slot, Offset32::new((bytes * fold as u32) as i32)))
            .collect();
        let groups: &[usize] = if folds.folds.len() == 1 { &[4, 1] } else { &[2, 1] };
        self.by_groups(var, extent, groups, |emitter| {
            for (fold, &sums) in folds.folds.iter().zip(&sums) {
                let start = emitter.float(emitter.lanes.is_some(), identity(fold.op));
                let start = vec![start; emitter.lanes.map_or(1, |lanes| lanes.groups)];
                emitter.keep(var, sums, &start);
            }
        });
        let block = (BLOCK / extent).clamp(4, 32);
        let last = self.builder.ins().iconst(types::I64, folds.rows);
        let row = folds.folds[0].var;
        self.static_loop(row, 0, folds.rows, block, |emitter| {
            let begin = emitter.position(&Affine::var(row));
            let end = emitter.builder.ins().iadd_imm_s(begin, block);
            let end = emitter.builder.ins().smin(end, last);
            emitter.by_groups(var, extent, groups, |emitter| emitter.rows(var, folds, &sums, begin, end));
        });
        let before = std::mem::take(&mut self.folded);
        self.folded.extend(folds.folds.iter().zip(&sums).map(|(fold, &sums)| (fold.var, var, sums)));
        self.by_groups(var, extent, width::groups(var, body, |_| false), |emitter| emitter.statements(body));
        self.folded = before;
    }

    /// What a fold of the loop has come to, if it ran before.
    pub(super) fn folded(&mut self, fold: Var) -> Option<Val> {
        let &(_, var, sums) = self.folded.iter().find(|(known, ..)| *known == fold)?;
        let values = self.kept(var, sums);
        Some(if self.lanes.is_some() { Val::Wide(Kind::F32, values) } else { Val::Uniform(Kind::F32, values[0]) })
    }

    /// Adds rows to the sums of some columns.
    fn rows(&mut self, var: Var, folds: &Folds<'_>, sums: &[Value], begin: Value, end: Value) {
        for &(local, value) in &folds.locals {
            self.define(local, value);
        }
        let is_wide = self.lanes.is_some();
        let ty = super::value::register(Kind::F32, is_wide);
        let mut variables = Vec::with_capacity(sums.len());
        for &sums in sums {
            let so_far = self.kept(var, sums);
            let own: Vec<_> = so_far.iter().map(|_| self.builder.declare_var(ty)).collect();
            own.iter().zip(so_far).for_each(|(&variable, value)| self.builder.def_var(variable, value));
            variables.push(own);
        }
        let first = folds.folds[0].var;
        self.loop_until(first, begin, Bound::Register(end), 1, |emitter| {
            let row = emitter.vars[usize::from(first.0)];
            for (fold, own) in folds.folds.iter().zip(&variables) {
                emitter.vars[usize::from(fold.var.0)] = row;
                let value = emitter.turn((fold.lets, fold.body));
                let so_far: Vec<Value> = own.iter().map(|&variable| emitter.builder.use_var(variable)).collect();
                let so_far = if is_wide { Val::Wide(Kind::F32, so_far) } else { Val::Uniform(Kind::F32, so_far[0]) };
                let next = match emitter.binary(operation(fold.op), so_far, value) {
                    Val::Uniform(_, value) => vec![value],
                    Val::Wide(_, values) => values,
                };
                own.iter().zip(next).for_each(|(&variable, value)| emitter.builder.def_var(variable, value));
            }
        });
        for (own, &sums) in variables.iter().zip(sums) {
            let values: Vec<Value> = own.iter().map(|&variable| self.builder.use_var(variable)).collect();
            self.keep(var, sums, &values);
        }
    }

    /// Runs columns in groups of lanes, as many as possible, the rest one by one.
    fn by_groups(&mut self, var: Var, extent: i64, groups: &[usize], mut turn: impl FnMut(&mut Self)) {
        let mut begin = 0;
        for &groups in groups {
            let step = 4 * groups as i64;
            let end = begin + (extent - begin) / step * step;
            self.lanes = Some(Lanes { var, groups });
            self.static_loop(var, begin, end, step, &mut turn);
            self.lanes = None;
            begin = end;
        }
        self.static_loop(var, begin, extent, 1, turn);
    }

    /// Address of the slot's element for the first lane.
    fn sum_place(&mut self, var: Var, sums: Value) -> Value {
        let column = self.position(&Affine::var(var));
        let offset = self.builder.ins().ishl_imm_s(column, 2);
        self.builder.ins().iadd(sums, offset)
    }

    fn keep(&mut self, var: Var, sums: Value, values: &[Value]) {
        let place = self.sum_place(var, sums);
        for (group, &value) in values.iter().enumerate() {
            self.builder.ins().store(MemFlagsData::new().with_notrap(), value, place, 16 * group as i32);
        }
    }

    fn kept(&mut self, var: Var, sums: Value) -> Vec<Value> {
        let place = self.sum_place(var, sums);
        let ty = super::value::register(Kind::F32, self.lanes.is_some());
        let groups = self.lanes.map_or(1, |lanes| lanes.groups);
        let flags = MemFlagsData::new().with_notrap();
        (0..groups).map(|group| self.builder.ins().load(ty, flags, place, 16 * group as i32)).collect()
    }
}
