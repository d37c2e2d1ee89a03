//! A small product in place: each row's sums in registers, then its epilogue, then its stores.
//!
//! A sum is the chain of fused multiply-adds that its plan says, one lane per column.

use super::arithmetic::float_unary;
use super::math::Lanes;
use super::row::Row;
use super::{Columns, Emitter, Locals};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::Variable;
use netc_compiler::prim::scalar::Unary;
use netc_compiler::program::affine::Affine;
use netc_compiler::program::{LoopKernel, Var};
use netc_plan::kernels::contract_pointer;
use netc_plan::math::Ops;
use netc_plan::{ContractPlan, Operand, Panels};

/// The variables of a product: outer axes, m, taps, k.
const OUTER: u16 = 0;
const M: Var = Var(6);
const TAPS: u16 = 7;
const K: Var = Var(11);
pub(super) const VARS: usize = 12;

/// The first operand of a closed epilogue; products of one chunk have no slots.
const OPERANDS: u16 = contract_pointer::SLOTS as u16;
/// Most multiply-adds of a row that are written one by one.
const UNROLLED: u64 = 256;
/// Terms in a turn of a loop over k.
const BLOCK: i64 = 8;

/// How many vectors of multiply-adds and of an epilogue with so many operations are written for a product.
pub(crate) fn written(plan: &ContractPlan, epilogue: u64) -> u64 {
    let (panels, vectors) =
        (u64::from(plan.n.div_ceil(Panels::COLUMNS)), u64::from(plan.n.min(Panels::COLUMNS).div_ceil(4)));
    let terms = if plan.terms() * vectors <= UNROLLED { plan.terms() } else { 2 * BLOCK as u64 };
    panels * vectors * (terms + epilogue)
}

/// A generated epilogue and the base addresses of its operands beyond the row.
pub(super) type Ending<'a> = (&'a LoopKernel, Vec<Value>);

impl<'a> Emitter<'a> {
    /// All rows of a product.
    pub(super) fn contraction(&mut self, plan: &ContractPlan, ending: Option<&Ending<'a>>) {
        self.outer(plan, ending, 0);
    }

    fn outer(&mut self, plan: &ContractPlan, ending: Option<&Ending<'a>>, axis: usize) {
        let Some(outer) = plan.outer.get(axis) else {
            return self.static_loop(M, 0, i64::from(plan.m.extent), 1, |emitter| {
                for panel in 0..plan.n.div_ceil(Panels::COLUMNS) {
                    emitter.segment(plan, ending, panel);
                }
            });
        };
        let var = Var(OUTER + axis as u16);
        self.static_loop(var, 0, i64::from(outer.extent), 1, |emitter| emitter.outer(plan, ending, axis + 1));
    }

    /// The columns of one panel in the present row.
    fn segment(&mut self, plan: &ContractPlan, ending: Option<&Ending<'a>>, panel: u32) {
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS) as usize;
        let row = self.sums(plan, panel, columns);
        let c = placed(plan, plan.c_panels, panel, plan.outer.map(|axis| axis.c), plan.m.c);
        let Some((kernel, bases)) = ending else {
            let row = self.closed(plan, panel, row);
            return self.store_row(&c, row);
        };
        let mut addresses = vec![self.place(contract_pointer::C as u16, &c)];
        for (operand, &base) in plan.operands.iter().zip(bases) {
            let at = operand_at(plan, operand, panel);
            let outside = std::mem::replace(&mut self.bases, vec![base]);
            addresses.push(self.place(0, &at));
            self.bases = outside;
        }
        let (vars, locals) = (vec![None; usize::from(kernel.vars)], Locals::of(kernel));
        let outside = (
            std::mem::replace(&mut self.kernel, kernel),
            std::mem::replace(&mut self.bases, addresses),
            std::mem::replace(&mut self.vars, vars),
            std::mem::replace(&mut self.locals, locals),
        );
        self.columns = Some(Columns::Known(row.columns()));
        self.row = Some(row);
        self.bind(kernel.unit, 0);
        self.statements(&kernel.body);
        (self.kernel, self.bases, self.vars, self.locals) = outside;
        (self.columns, self.row) = (None, None);
    }

    /// The sums of a segment. Packed panels have room for whole vectors, elsewhere the last columns are summed one by
    /// one.
    fn sums(&mut self, plan: &ContractPlan, panel: u32, columns: usize) -> Row {
        let is_packed = plan.b_panels.is_packed();
        let vectors = if is_packed { columns.div_ceil(4) } else { columns / 4 };
        let singles = if is_packed { 0 } else { columns % 4 };
        let types = std::iter::repeat_n(types::F32X4, vectors).chain(std::iter::repeat_n(types::F32, singles));
        let sums: Vec<(Variable, Type)> = types.map(|ty| (self.builder.declare_var(ty), ty)).collect();
        for &(sum, ty) in &sums {
            let zero = self.float(ty == types::F32X4, 0.0);
            self.builder.def_var(sum, zero);
        }
        let a = plan
            .outer
            .iter()
            .enumerate()
            .fold(Affine::default(), |a, (axis, outer)| a.plus(&Affine::var(Var(OUTER + axis as u16)), outer.a));
        let mut a = a.plus(&Affine::var(M), plan.m.a);
        let mut b = placed(plan, plan.b_panels, panel, plan.outer.map(|axis| axis.b), 0);
        for (axis, tap) in plan.taps.iter().enumerate() {
            let at = Affine::var(Var(TAPS + axis as u16));
            a = a.plus(&at, tap.a);
            b = b.plus(&at, plan.b_panels.scale(tap.b, panel, plan.n));
        }
        let k = Affine::var(K);
        a = a.plus(&k, plan.k.a);
        b = b.plus(&k, plan.b_panels.scale(plan.k.b, panel, plan.n));
        let unrolls = plan.terms() * sums.len() as u64 <= UNROLLED;
        self.terms(plan, 0, unrolls, &mut |emitter, ahead| {
            emitter.term(&ahead_by(&a, ahead), &ahead_by(&b, ahead), &sums);
        });
        let mut values: Vec<Value> = sums.iter().map(|&(sum, _)| self.builder.use_var(sum)).collect();
        let mut tail = values.split_off(vectors);
        if values.len() > columns / 4 {
            let last = values.remove(columns / 4);
            tail.extend((0..columns % 4).map(|lane| self.builder.ins().extractlane(last, lane as u8)));
        }
        Row::new(values, tail)
    }

    /// All terms in their order; `term` gets how many turns of k it is ahead of the variable.
    fn terms(&mut self, plan: &ContractPlan, axis: usize, unrolls: bool, term: &mut dyn FnMut(&mut Self, i64)) {
        if let Some(tap) = plan.taps.get(axis) {
            let (var, extent) = (Var(TAPS + axis as u16), i64::from(tap.extent));
            if unrolls {
                return self.unrolled(var, 0, extent, 1, |emitter| emitter.terms(plan, axis + 1, unrolls, term));
            }
            return self.static_loop(var, 0, extent, 1, |emitter| emitter.terms(plan, axis + 1, unrolls, term));
        }
        let extent = i64::from(plan.k.extent);
        let blocks = if unrolls { 0 } else { extent / BLOCK * BLOCK };
        self.static_loop(K, 0, blocks, BLOCK, |emitter| (0..BLOCK).for_each(|ahead| term(emitter, ahead)));
        self.unrolled(K, blocks, extent, 1, |emitter| term(emitter, 0));
    }

    /// `sum ← fma(A, B, sum)` in every column.
    fn term(&mut self, a: &Affine, b: &Affine, sums: &[(Variable, Type)]) {
        let flags = MemFlagsData::new().with_notrap();
        let (address, displacement) = self.address(contract_pointer::A as u16, a);
        let single = self.builder.ins().load(types::F32, flags, address, displacement);
        let wide = self.builder.ins().splat(types::F32X4, single);
        let (address, mut displacement) = self.address(contract_pointer::B as u16, b);
        for &(sum, ty) in sums {
            let factor = if ty == types::F32 { single } else { wide };
            let element = self.builder.ins().load(ty, flags, address, displacement);
            let before = self.builder.use_var(sum);
            let after = self.builder.ins().fma(element, factor, before);
            self.builder.def_var(sum, after);
            displacement += ty.bytes() as i32;
        }
    }

    /// An epilogue of the closed set.
    fn closed(&mut self, plan: &ContractPlan, panel: u32, mut row: Row) -> Row {
        let flags = MemFlagsData::new().with_notrap();
        let gate = plan.epilogue.gate();
        for (index, operand) in plan.operands.iter().take(plan.operand_count as usize).enumerate() {
            let at = operand_at(plan, operand, panel);
            let (address, mut displacement) = self.address(OPERANDS + index as u16, &at);
            for value in row.values_mut() {
                let ty = self.builder.func.dfg.value_type(*value);
                let other = if operand.n == 0 {
                    let single = self.builder.ins().load(types::F32, flags, address, displacement);
                    if ty == types::F32 { single } else { self.builder.ins().splat(ty, single) }
                } else {
                    self.builder.ins().load(ty, flags, address, displacement)
                };
                displacement += operand.n as i32 * ty.bytes() as i32;
                *value = if gate == Some(index) {
                    self.gated(*value, other)
                } else {
                    self.builder.ins().fadd(*value, other)
                };
            }
        }
        if plan.epilogue.rectifies() {
            for value in row.values_mut() {
                let is_wide = self.builder.func.dfg.value_type(*value) == types::F32X4;
                *value = float_unary(&mut Lanes { emitter: self, is_wide }, Unary::Relu, *value);
            }
        }
        row
    }

    /// The value where the gate is positive, +0 elsewhere.
    fn gated(&mut self, value: Value, gate: Value) -> Value {
        let is_wide = self.builder.func.dfg.value_type(value) == types::F32X4;
        let mut lanes = Lanes { emitter: self, is_wide };
        let zero = lanes.float(0.0);
        let is_open = lanes.less(zero, gate);
        lanes.select(is_open, value, zero)
    }

    fn store_row(&mut self, c: &Affine, mut row: Row) {
        let flags = MemFlagsData::new().with_notrap();
        let (address, mut displacement) = self.address(contract_pointer::C as u16, c);
        for &mut value in row.values_mut() {
            self.builder.ins().store(flags, value, address, displacement);
            displacement += self.builder.func.dfg.value_type(value).bytes() as i32;
        }
    }
}

/// Column 0 of a panel at the present outer position and row.
fn placed(plan: &ContractPlan, panels: Panels, panel: u32, outer: [i64; 6], m: i64) -> Affine {
    let start =
        Affine::constant(i64::from(panel) * panels.stride).plus(&Affine::var(M), panels.scale(m, panel, plan.n));
    outer.iter().enumerate().fold(start, |at, (axis, &stride)| {
        at.plus(&Affine::var(Var(OUTER + axis as u16)), panels.scale_outer(axis, stride, panel, plan.n))
    })
}

fn operand_at(plan: &ContractPlan, operand: &Operand, panel: u32) -> Affine {
    placed(plan, operand.columns(), panel, operand.outer, operand.m)
}

/// The form some turns of k later.
fn ahead_by(form: &Affine, turns: i64) -> Affine {
    form.clone().offset(turns * form.factor(K))
}
