//! Statements of the program as blocks: loops, locals, stores.

use super::value::{Val, register};
use super::wide::Called;
use super::{Columns, Emitter, Index, Lanes, Slot, width};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use netc_compiler::program::{Expr, Extent, Local, Stmt, Var};

/// Turns up to which a loop in lanes is unrolled.
const FEW_TURNS: i64 = 4;

/// Where a loop ends.
pub(super) enum Bound {
    /// Known now.
    Known(i64),
    /// In a register, 64 bits.
    Register(Value),
}

impl Emitter<'_> {
    /// The body of the kernel for each unit of a range that may be empty.
    pub(super) fn units(&mut self, begin: Value, end: Value) {
        let kernel = self.kernel;
        self.dynamic_loop(kernel.unit, begin, end, 1, |emitter| emitter.statements(&kernel.body));
    }

    pub(super) fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::For { var, extent, lanes, body } => match extent {
                    Extent::Fixed(extent) => self.fixed(*var, i64::from(*extent), *lanes, body),
                    Extent::Columns => self.columns(*var, *lanes, body),
                },
                Stmt::Let { local, value } => self.define(*local, value),
                Stmt::Assign { local, value } => self.assign(*local, value),
                Stmt::Store { param, index, value } => match Called::of(value) {
                    Some((called, operand)) => {
                        let operand = self.expression(operand);
                        if let Err(operand) = self.store_wide(called, operand, *param, index) {
                            let value = self.called(called, operand);
                            self.store(*param, index, value);
                        }
                    }
                    None => {
                        let value = self.expression(value);
                        self.store(*param, index, value);
                    }
                },
            }
        }
    }

    /// A loop of a known length: as many groups of lanes as possible, then single groups, then single turns.
    fn fixed(&mut self, var: Var, extent: i64, lanes: bool, body: &[Stmt]) {
        let mut begin = 0;
        if lanes && self.lanes.is_none() {
            if let Some(folds) = self.folds(var, extent, body) {
                return self.blocks(var, extent, &folds, body);
            }
            for groups in width::groups(var, body, |called| self.calls(called).is_some()) {
                let step = 4 * *groups as i64;
                let end = begin + (extent - begin) / step * step;
                self.lanes = Some(Lanes { var, groups: *groups });
                self.static_loop(var, begin, end, step, |emitter| emitter.statements(body));
                self.lanes = None;
                begin = end;
            }
        }
        self.static_loop(var, begin, extent, 1, |emitter| emitter.statements(body));
    }

    /// A loop over the columns of an epilogue's segment.
    fn columns(&mut self, var: Var, lanes: bool, body: &[Stmt]) {
        let end = match self.columns.expect("only epilogues loop over columns") {
            Columns::Register(end) => end,
            Columns::Known(extent) => return self.fixed(var, extent, lanes, body),
        };
        let mut begin = self.builder.ins().iconst(types::I64, 0);
        if lanes {
            for groups in width::groups(var, body, |called| self.calls(called).is_some()) {
                let step = 4 * *groups as i64;
                let rest = self.builder.ins().isub(end, begin);
                let whole = self.builder.ins().band_imm_s(rest, -step);
                let middle = self.builder.ins().iadd(begin, whole);
                self.lanes = Some(Lanes { var, groups: *groups });
                self.dynamic_loop(var, begin, middle, step, |emitter| emitter.statements(body));
                self.lanes = None;
                begin = middle;
            }
        }
        self.dynamic_loop(var, begin, end, 1, |emitter| emitter.statements(body));
    }

    /// [`Self::static_loop`] as code for each turn, in which the variable is known.
    pub(super) fn unrolled(&mut self, var: Var, begin: i64, end: i64, step: i64, mut turn: impl FnMut(&mut Self)) {
        let saved = self.vars[usize::from(var.0)];
        for value in (begin..end).step_by(step as usize) {
            self.bind(var, value);
            turn(self);
        }
        self.vars[usize::from(var.0)] = saved;
    }

    /// `var` = begin, begin + step, … below end; the condition is tested after the first turn. Unrolled over a row that
    /// is in registers, and where few turns run as lanes: each of their reads then keeps its distance from one pixel to
    /// the next, by which processors know what to fetch.
    pub(super) fn static_loop(&mut self, var: Var, begin: i64, end: i64, step: i64, turn: impl FnMut(&mut Self)) {
        let saved = self.vars[usize::from(var.0)];
        let most = if self.lanes.is_some() { FEW_TURNS } else { 1 };
        if end - begin <= most * step || self.row.is_some() {
            self.unrolled(var, begin, end, step, turn);
        } else {
            let first = self.builder.ins().iconst(types::I64, begin);
            self.loop_until(var, first, Bound::Known(end), step, turn);
        }
        self.vars[usize::from(var.0)] = saved;
    }

    /// A loop of at least one turn.
    pub(super) fn loop_until(&mut self, var: Var, begin: Value, end: Bound, step: i64, turn: impl FnOnce(&mut Self)) {
        let (block, exit) = (self.builder.create_block(), self.builder.create_block());
        let index = self.builder.append_block_param(block, types::I64);
        self.builder.ins().jump(block, &[BlockArg::Value(begin)]);
        self.builder.switch_to_block(block);
        let saved = self.vars[usize::from(var.0)].replace(Index::Register(index));
        turn(self);
        self.vars[usize::from(var.0)] = saved;
        let next = self.builder.ins().iadd_imm_s(index, step);
        let again = match end {
            Bound::Known(end) => self.builder.ins().icmp_imm_s(IntCC::SignedLessThan, next, end),
            Bound::Register(end) => self.builder.ins().icmp(IntCC::SignedLessThan, next, end),
        };
        self.builder.ins().brif(again, block, &[BlockArg::Value(next)], exit, &[]);
        self.builder.seal_block(block);
        self.builder.seal_block(exit);
        self.builder.switch_to_block(exit);
    }

    /// The same for bounds in registers; there may be no turn.
    fn dynamic_loop(&mut self, var: Var, begin: Value, end: Value, step: i64, turn: impl FnOnce(&mut Self)) {
        let (header, block, exit) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let index = self.builder.append_block_param(header, types::I64);
        self.builder.ins().jump(header, &[BlockArg::Value(begin)]);
        self.builder.switch_to_block(header);
        let more = self.builder.ins().icmp(IntCC::SignedLessThan, index, end);
        self.builder.ins().brif(more, block, &[], exit, &[]);
        self.builder.seal_block(block);
        self.builder.switch_to_block(block);
        let saved = self.vars[usize::from(var.0)].replace(Index::Register(index));
        turn(self);
        self.vars[usize::from(var.0)] = saved;
        let next = self.builder.ins().iadd_imm_s(index, step);
        self.builder.ins().jump(header, &[BlockArg::Value(next)]);
        self.builder.seal_block(header);
        self.builder.seal_block(exit);
        self.builder.switch_to_block(exit);
    }

    /// Inside lanes every local has one register per lane, even if it starts the same in all.
    pub(super) fn define(&mut self, local: Local, value: &Expr) {
        let mut value = self.expression(value);
        if self.locals.assigned[usize::from(local.0)] {
            value = self.stored(value);
        }
        let kind = value.kind();
        let is_wide = self.lanes.is_some();
        let count = self.lanes.map_or(1, |lanes| lanes.groups);
        let ty = register(kind, is_wide);
        let variables = (0..count).map(|_| self.builder.declare_var(ty)).collect();
        let slot = Slot { kind, is_wide, variables };
        self.fill(&slot, value);
        self.locals.slots[usize::from(local.0)] = Some(slot);
    }

    fn assign(&mut self, local: Local, value: &Expr) {
        let value = self.expression(value);
        let value = self.stored(value);
        let slot = self.locals.slots[usize::from(local.0)].clone().expect("verified programs define locals before use");
        self.fill(&slot, value);
    }

    fn fill(&mut self, slot: &Slot, value: Val) {
        let values = match value {
            Val::Uniform(_, value) if !slot.is_wide => vec![value],
            other => self.widen(other),
        };
        for (&variable, value) in slot.variables.iter().zip(values) {
            self.builder.def_var(variable, value);
        }
    }
}
