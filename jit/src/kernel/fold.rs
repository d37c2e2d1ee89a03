//! Folds: one partial result, or sixteen in a fixed order.

use super::value::{Kind, Val, register};
use super::{Emitter, Lanes, width};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Value, types};
use netc_compiler::prim::scalar::Binary;
use netc_compiler::program::{Expr, FoldOp, Local, Var};

/// What a fold combines: locals of a turn, and its value.
pub(super) type Turn<'a> = (&'a [(Local, Expr)], &'a Expr);

/// Partial results of a fold in lanes.
const PARTIALS: usize = 16;

pub(super) fn operation(op: FoldOp) -> Binary {
    match op {
        FoldOp::Sum => Binary::Add,
        FoldOp::Max => Binary::Max,
    }
}

pub(super) fn identity(op: FoldOp) -> f32 {
    match op {
        FoldOp::Sum => 0.0,
        FoldOp::Max => f32::NEG_INFINITY,
    }
}

impl Emitter<'_> {
    pub(super) fn fold(&mut self, op: FoldOp, var: Var, extent: u32, lanes: u32, turn: Turn<'_>) -> Val {
        if let Some(value) = self.folded(var) {
            return value;
        }
        if lanes == 1 {
            return self.fold_serially(op, var, extent, turn);
        }
        let slot = self.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, 64, 4));
        let extent = i64::from(extent);
        let vectors = if width::allows_lanes(var, turn) { extent / PARTIALS as i64 * PARTIALS as i64 } else { 0 };
        self.fold_vectors(op, var, vectors, turn, slot);
        self.fold_rest(op, var, vectors, extent, turn, slot);
        self.combine(op, slot)
    }

    /// The value of one turn, after its locals.
    pub(super) fn turn(&mut self, (lets, body): Turn<'_>) -> Val {
        for (local, value) in lets {
            self.define(*local, value);
        }
        self.expression(body)
    }

    /// One partial result (per lane of the enclosing loop).
    fn fold_serially(&mut self, op: FoldOp, var: Var, extent: u32, turn: Turn<'_>) -> Val {
        let is_wide = self.lanes.is_some();
        let count = self.lanes.map_or(1, |lanes| lanes.groups);
        let ty = register(Kind::F32, is_wide);
        let variables: Vec<_> = (0..count).map(|_| self.builder.declare_var(ty)).collect();
        let start = self.float(is_wide, identity(op));
        for &variable in &variables {
            self.builder.def_var(variable, start);
        }
        self.static_loop(var, 0, i64::from(extent), 1, |emitter| {
            let value = emitter.turn(turn);
            let so_far: Vec<Value> = variables.iter().map(|&variable| emitter.builder.use_var(variable)).collect();
            let so_far = if is_wide { Val::Wide(Kind::F32, so_far) } else { Val::Uniform(Kind::F32, so_far[0]) };
            let next = match emitter.binary(operation(op), so_far, value) {
                Val::Uniform(_, value) => vec![value],
                Val::Wide(_, values) => values,
            };
            for (&variable, value) in variables.iter().zip(next) {
                emitter.builder.def_var(variable, value);
            }
        });
        let values: Vec<Value> = variables.iter().map(|&variable| self.builder.use_var(variable)).collect();
        if is_wide { Val::Wide(Kind::F32, values) } else { Val::Uniform(Kind::F32, values[0]) }
    }

    /// The first `extent` elements, sixteen at a time; leaves the partial results in the slot.
    fn fold_vectors(&mut self, op: FoldOp, var: Var, extent: i64, turn: Turn<'_>, slot: StackSlot) {
        let variables: Vec<_> = (0..4).map(|_| self.builder.declare_var(types::F32X4)).collect();
        let start = self.float(true, identity(op));
        for &variable in &variables {
            self.builder.def_var(variable, start);
        }
        let outer = self.lanes.replace(Lanes { var, groups: 4 });
        self.static_loop(var, 0, extent, PARTIALS as i64, |emitter| {
            let value = emitter.turn(turn);
            let so_far = variables.iter().map(|&variable| emitter.builder.use_var(variable)).collect();
            let next = emitter.binary(operation(op), Val::Wide(Kind::F32, so_far), value);
            for (&variable, value) in variables.iter().zip(emitter.widen(next)) {
                emitter.builder.def_var(variable, value);
            }
        });
        self.lanes = outer;
        for (group, &variable) in variables.iter().enumerate() {
            let vector = self.builder.use_var(variable);
            self.builder.ins().stack_store(types::I64, vector, slot, 16 * group as i32);
        }
    }

    /// The elements from `begin`, a multiple of sixteen, each into its partial result.
    fn fold_rest(&mut self, op: FoldOp, var: Var, begin: i64, end: i64, turn: Turn<'_>, slot: StackSlot) {
        let outer = self.lanes.take();
        let slots = self.builder.ins().stack_addr(types::I64, slot, Offset32::new(0));
        self.static_loop(var, begin, end, 1, |emitter| {
            let value = emitter.turn(turn);
            let index = emitter.position(&netc_compiler::program::affine::Affine::var(var));
            let lane = emitter.builder.ins().band_imm_s(index, PARTIALS as i64 - 1);
            let offset = emitter.builder.ins().ishl_imm_s(lane, 2);
            let address = emitter.builder.ins().iadd(slots, offset);
            let flags = cranelift_codegen::ir::MemFlagsData::new().with_notrap();
            let so_far = emitter.builder.ins().load(types::F32, flags, address, 0);
            let next = emitter.binary(operation(op), Val::Uniform(Kind::F32, so_far), value);
            if let Val::Uniform(_, next) = next {
                emitter.builder.ins().store(flags, next, address, 0);
            }
        });
        self.lanes = outer;
    }

    /// p[l] = p[l] ∘ p[l + h] for h = 8, 4, 2, 1.
    fn combine(&mut self, op: FoldOp, slot: StackSlot) -> Val {
        let outer = self.lanes.take();
        let load = |emitter: &mut Self, group: i32| {
            let vector = emitter.builder.ins().stack_load(types::I64, types::F32X4, slot, 16 * group);
            Val::Wide(Kind::F32, vec![vector])
        };
        let [p0, p1, p2, p3] = std::array::from_fn(|group| load(self, group as i32));
        let low = self.binary(operation(op), p0, p2);
        let high = self.binary(operation(op), p1, p3);
        let four = self.binary(operation(op), low, high);
        let vector = self.widen(four)[0];
        let [a, b, c, d] =
            std::array::from_fn(|lane| Val::Uniform(Kind::F32, self.builder.ins().extractlane(vector, lane as u8)));
        let low = self.binary(operation(op), a, c);
        let high = self.binary(operation(op), b, d);
        let result = self.binary(operation(op), low, high);
        self.lanes = outer;
        result
    }
}
