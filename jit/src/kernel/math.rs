//! `netc_plan::math`'s sequences as instructions: the same operations that the interpreter executes.

use super::Emitter;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Value, types};
use netc_plan::math::Ops;

/// Emits operations on scalars, or on vectors of four.
pub(super) struct Lanes<'e, 'a> {
    pub(super) emitter: &'e mut Emitter<'a>,
    pub(super) is_wide: bool,
}

impl Lanes<'_, '_> {
    /// `value` where the condition is `when`, elsewhere +0: on vectors one operation on bits.
    pub(super) fn masked(&mut self, condition: Value, value: Value, when: bool) -> Value {
        if !self.is_wide {
            let zero = self.float(0.0);
            return if when { self.select(condition, value, zero) } else { self.select(condition, zero, value) };
        }
        let mask = self.bitcast(true, condition);
        let mask = if when { mask } else { self.emitter.builder.ins().bnot(mask) };
        self.emitter.builder.ins().band(value, mask)
    }

    fn bitcast(&mut self, to_float: bool, a: Value) -> Value {
        let ty = match (to_float, self.is_wide) {
            (true, false) => types::F32,
            (true, true) => types::F32X4,
            (false, false) => types::I32,
            (false, true) => types::I32X4,
        };
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.emitter.builder.ins().bitcast(ty, flags, a)
    }
}

macro_rules! emit {
    ($($method:ident => $instruction:ident ( $($operand:ident),* );)*) => {
        $(fn $method(&mut self, $($operand: Value),*) -> Value {
            self.emitter.builder.ins().$instruction($($operand),*)
        })*
    };
}

impl Ops for Lanes<'_, '_> {
    type F = Value;
    type I = Value;
    type B = Value;

    fn float(&mut self, value: f32) -> Value {
        self.emitter.float(self.is_wide, value)
    }
    fn int(&mut self, value: i32) -> Value {
        self.emitter.int(self.is_wide, value)
    }

    emit! {
        add => fadd(a, b);
        sub => fsub(a, b);
        mul => fmul(a, b);
        mul_add => fma(a, b, c);
        div => fdiv(a, b);
        neg => fneg(a);
        sqrt => sqrt(a);
        int_add => iadd(a, b);
        int_sub => isub(a, b);
        int_and => band(a, b);
        int_or => bor(a, b);
        int_xor => bxor(a, b);
    }

    /// On vectors with the mask as a constant, which loops keep in a register.
    fn abs(&mut self, a: Value) -> Value {
        if !self.is_wide {
            return self.emitter.builder.ins().fabs(a);
        }
        let mask = self.float(f32::from_bits(i32::MAX as u32));
        self.emitter.builder.ins().band(a, mask)
    }
    fn less(&mut self, a: Value, b: Value) -> Value {
        self.emitter.builder.ins().fcmp(FloatCC::LessThan, a, b)
    }
    fn equal(&mut self, a: Value, b: Value) -> Value {
        self.emitter.builder.ins().fcmp(FloatCC::Equal, a, b)
    }
    fn select(&mut self, condition: Value, yes: Value, no: Value) -> Value {
        if !self.is_wide {
            return self.emitter.builder.ins().select(condition, yes, no);
        }
        let mask = self.bitcast(true, condition);
        self.emitter.builder.ins().bitselect(mask, yes, no)
    }
    fn bits_of(&mut self, a: Value) -> Value {
        self.bitcast(false, a)
    }
    fn float_of_bits(&mut self, a: Value) -> Value {
        self.bitcast(true, a)
    }
    fn float_of_int(&mut self, a: Value) -> Value {
        let ty = if self.is_wide { types::F32X4 } else { types::F32 };
        self.emitter.builder.ins().fcvt_from_sint(ty, a)
    }
    fn shift_left(&mut self, a: Value, bits: u32) -> Value {
        self.emitter.builder.ins().ishl_imm_s(a, i64::from(bits))
    }
    fn shift_right(&mut self, a: Value, bits: u32) -> Value {
        self.emitter.builder.ins().sshr_imm_s(a, i64::from(bits))
    }
}
