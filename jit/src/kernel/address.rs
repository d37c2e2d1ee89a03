//! Affine forms as addresses, and the loads and stores at them.

use super::value::{Kind, Val, register};
use super::{Emitter, Index};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};
use netc_compiler::program::affine::Affine;
use netc_compiler::program::{Bound, Scalar, Var};

/// Bytes of an element.
const ELEMENT: i64 = 4;

/// Bytes of four lanes.
const VECTOR: i32 = 16;

impl Emitter<'_> {
    /// A loop of one turn.
    pub(super) fn bind(&mut self, var: Var, value: i64) {
        self.vars[usize::from(var.0)] = Some(Index::Known(value));
    }

    fn index(&self, var: Var) -> Index {
        self.vars[usize::from(var.0)].unwrap_or(Index::Known(0))
    }

    /// The factor of the lanes' variable.
    pub(super) fn lane_stride(&self, affine: &Affine) -> i64 {
        self.lanes.map_or(0, |lanes| affine.factor(lanes.var))
    }

    /// Σ factor·variable·scale as a register, if any variable is in one, and the constant part. Terms are added from
    /// the outermost loop inwards, so that all but the last are invariant in the inner loops.
    fn linear(&mut self, affine: &Affine, scale: i64, start: Option<Value>) -> (Option<Value>, i64) {
        let mut constant = affine.constant * scale;
        let mut sum = start;
        for &(var, factor) in &affine.terms {
            let index = match self.index(var) {
                Index::Known(value) => {
                    constant += value * factor * scale;
                    continue;
                }
                Index::Register(index) => index,
            };
            let factor = factor * scale;
            let term = match factor {
                1 => index,
                _ if factor > 0 && factor.count_ones() == 1 => {
                    self.builder.ins().ishl_imm_s(index, i64::from(factor.trailing_zeros()))
                }
                _ => self.builder.ins().imul_imm_s(index, factor),
            };
            sum = Some(match sum {
                Some(sum) => self.builder.ins().iadd(sum, term),
                None => term,
            });
        }
        (sum, constant)
    }

    /// The value of an affine form at the first lane, 64 bits.
    pub(super) fn position(&mut self, affine: &Affine) -> Value {
        match self.linear(affine, 1, None) {
            (Some(sum), 0) => sum,
            (Some(sum), constant) => self.builder.ins().iadd_imm_s(sum, constant),
            (None, constant) => self.builder.ins().iconst(types::I64, constant),
        }
    }

    /// Address of the first lane's element: a register and a displacement.
    pub(super) fn address(&mut self, param: u16, index: &Affine) -> (Value, i32) {
        let base = self.bases[usize::from(param)];
        let (sum, bytes) = self.linear(index, ELEMENT, Some(base));
        let sum = sum.unwrap_or(base);
        match i32::try_from(bytes) {
            Ok(displacement) if displacement < i32::MAX - 4 * VECTOR => (sum, displacement),
            _ => (self.builder.ins().iadd_imm_s(sum, bytes), 0),
        }
    }

    /// The same as one register.
    pub(super) fn place(&mut self, param: u16, index: &Affine) -> Value {
        let (address, displacement) = self.address(param, index);
        if displacement == 0 { address } else { self.builder.ins().iadd_imm_s(address, i64::from(displacement)) }
    }

    /// Loads an element, or one per lane.
    pub(super) fn load(&mut self, param: u16, index: &Affine, bounds: &[Bound], otherwise: f32) -> Val {
        let scalar = self.kernel.params[usize::from(param)].scalar;
        if bounds.is_empty() {
            return self.load_unbounded(param, index, scalar);
        }
        let inside = self.inside(bounds);
        let (then, outside, join) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(inside, then, &[], outside, &[]);
        self.builder.seal_block(then);
        self.builder.seal_block(outside);

        self.builder.switch_to_block(then);
        let loaded = self.load_unbounded(param, index, scalar);
        let kind = loaded.kind();
        let (is_wide, values) = match loaded {
            Val::Uniform(_, value) => (false, vec![value]),
            Val::Wide(_, values) => (true, values),
        };
        let arguments: Vec<BlockArg> = values.iter().map(|&value| BlockArg::Value(value)).collect();
        let results: Vec<Value> =
            values.iter().map(|_| self.builder.append_block_param(join, register(kind, is_wide))).collect();
        self.builder.ins().jump(join, &arguments);

        self.builder.switch_to_block(outside);
        let filling = match scalar {
            Scalar::F32 => self.float(is_wide, otherwise),
            Scalar::I32 => self.int(is_wide, otherwise as i32),
        };
        let arguments = vec![BlockArg::Value(filling); values.len()];
        self.builder.ins().jump(join, &arguments);
        self.builder.seal_block(join);
        self.builder.switch_to_block(join);
        if is_wide { Val::Wide(kind, results) } else { Val::Uniform(kind, results[0]) }
    }

    /// Whether all positions are inside; none depends on the lanes' variable (`width::allows_lanes`).
    fn inside(&mut self, bounds: &[Bound]) -> Value {
        let mut all = None;
        for bound in bounds {
            let position = self.position(&bound.index);
            // A negative position is a large unsigned one.
            let inside = self.builder.ins().icmp_imm_s(IntCC::UnsignedLessThan, position, i64::from(bound.extent));
            all = Some(match all {
                Some(all) => self.builder.ins().band(all, inside),
                None => inside,
            });
        }
        all.unwrap_or_else(|| self.builder.ins().iconst(types::I8, 1))
    }

    fn load_unbounded(&mut self, param: u16, index: &Affine, scalar: Scalar) -> Val {
        if let Some(value) = self.load_column(param, index) {
            return value;
        }
        let kind = Kind::from(scalar);
        let stride = self.lane_stride(index);
        let (address, displacement) = self.address(param, index);
        let flags = MemFlagsData::new().with_notrap();
        let Some(lanes) = self.lanes.filter(|_| stride != 0) else {
            return Val::Uniform(kind, self.builder.ins().load(register(kind, false), flags, address, displacement));
        };
        if stride == 1 {
            let load = |group| {
                let displacement = displacement + VECTOR * group as i32;
                self.builder.ins().load(register(kind, true), flags, address, displacement)
            };
            return Val::Wide(kind, (0..lanes.groups).map(load).collect());
        }
        let mut groups = Vec::with_capacity(lanes.groups);
        for group in 0..lanes.groups {
            let mut vector = None;
            for lane in 0..4 {
                let (address, displacement) = self.lane_address(address, displacement, stride, 4 * group + lane);
                let element = self.builder.ins().load(register(kind, false), flags, address, displacement);
                vector = Some(match vector {
                    None => self.builder.ins().scalar_to_vector(register(kind, true), element),
                    Some(vector) => self.builder.ins().insertlane(vector, element, lane as u8),
                });
            }
            groups.extend(vector);
        }
        Val::Wide(kind, groups)
    }

    fn lane_address(&mut self, address: Value, displacement: i32, stride: i64, lane: usize) -> (Value, i32) {
        let bytes = stride * ELEMENT * lane as i64;
        match i32::try_from(i64::from(displacement) + bytes) {
            Ok(displacement) => (address, displacement),
            Err(_) => (self.builder.ins().iadd_imm_s(address, bytes), displacement),
        }
    }

    /// Stores an element, or one per lane.
    pub(super) fn store(&mut self, param: u16, index: &Affine, value: Val) {
        let kind = Kind::from(self.kernel.params[usize::from(param)].scalar);
        let value = if kind == Kind::I32 { self.stored(value) } else { value };
        let stride = self.lane_stride(index);
        let (address, displacement) = self.address(param, index);
        let flags = MemFlagsData::new().with_notrap();
        if self.lanes.is_none() || stride == 0 {
            if let Val::Uniform(_, value) = value {
                self.store_column(param, index, Some(value));
                self.builder.ins().store(flags, value, address, displacement);
            }
            return;
        }
        let vectors = self.widen(value);
        self.store_column(param, index, None);
        for (group, vector) in vectors.into_iter().enumerate() {
            if stride == 1 {
                self.builder.ins().store(flags, vector, address, displacement + VECTOR * group as i32);
                continue;
            }
            for lane in 0..4 {
                let element = self.builder.ins().extractlane(vector, lane as u8);
                let (address, displacement) = self.lane_address(address, displacement, stride, 4 * group + lane);
                self.builder.ins().store(flags, element, address, displacement);
            }
        }
    }
}
