//! Scalar operations of the program as instructions, on single registers or lanes.

use super::Emitter;
use super::math::Lanes;
use super::value::{Kind, Val};
use super::wide::Called;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Value, types};
use netc_compiler::prim::scalar::{Binary, Unary};
use netc_plan::math::{self, Ops};

impl Emitter<'_> {
    /// What may be a call, as one where it takes the operand, else as instructions.
    pub(super) fn called(&mut self, called: Called, operand: Val) -> Val {
        let operand = match self.call_wide(called, operand) {
            Ok(result) => return result,
            Err(operand) => operand,
        };
        match called {
            Called::Unary(op) => self.unary(op, operand),
            Called::Gelu => {
                self.apply(Kind::F32, [operand], |emitter, is_wide, [a]| math::gelu(&mut Lanes { emitter, is_wide }, a))
            }
        }
    }

    fn unary(&mut self, op: Unary, operand: Val) -> Val {
        let kind = operand.kind();
        if op == Unary::Not {
            let truth = self.truth(operand);
            return self.apply(Kind::Truth, [truth], |emitter, is_wide, [a]| {
                let builder = &mut emitter.builder;
                if is_wide { builder.ins().bnot(a) } else { builder.ins().bxor_imm_s(a, 1) }
            });
        }
        if kind == Kind::F32 {
            return self.apply(Kind::F32, [operand], |emitter, is_wide, [a]| {
                float_unary(&mut Lanes { emitter, is_wide }, op, a)
            });
        }
        let integer = self.stored(operand);
        self.apply(Kind::I32, [integer], |emitter, is_wide, [a]| match op {
            Unary::Neg => emitter.builder.ins().ineg(a),
            Unary::Abs => emitter.builder.ins().iabs(a),
            Unary::Relu => {
                let zero = emitter.int(is_wide, 0);
                emitter.builder.ins().smax(a, zero)
            }
            _ => a,
        })
    }

    pub(super) fn binary(&mut self, op: Binary, left: Val, right: Val) -> Val {
        if matches!(op, Binary::And | Binary::Or) {
            let operands = [self.truth(left), self.truth(right)];
            return self.apply(Kind::Truth, operands, |emitter, _, [a, b]| match op {
                Binary::And => emitter.builder.ins().band(a, b),
                _ => emitter.builder.ins().bor(a, b),
            });
        }
        let is_float = left.kind() == Kind::F32;
        let operands = [self.stored(left), self.stored(right)];
        let kind = match (op.is_comparison(), is_float) {
            (true, _) => Kind::Truth,
            (false, true) => Kind::F32,
            (false, false) => Kind::I32,
        };
        self.apply(kind, operands, |emitter, is_wide, [a, b]| {
            if is_float {
                float_binary(&mut Lanes { emitter, is_wide }, op, a, b)
            } else {
                emitter.int_binary(op, a, b)
            }
        })
    }

    fn int_binary(&mut self, op: Binary, a: Value, b: Value) -> Value {
        let ins = self.builder.ins();
        match op {
            Binary::Add => ins.iadd(a, b),
            Binary::Sub => ins.isub(a, b),
            Binary::Mul => ins.imul(a, b),
            Binary::Div => ins.sdiv(a, b),
            Binary::Max => ins.smax(a, b),
            Binary::Min => ins.smin(a, b),
            Binary::Less => ins.icmp(IntCC::SignedLessThan, a, b),
            Binary::LessEqual => ins.icmp(IntCC::SignedLessThanOrEqual, a, b),
            Binary::Equal => ins.icmp(IntCC::Equal, a, b),
            Binary::And => ins.band(a, b),
            Binary::Or => ins.bor(a, b),
        }
    }

    pub(super) fn select(&mut self, condition: Val, yes: Val, no: Val) -> Val {
        let kind = if yes.kind() == Kind::F32 { Kind::F32 } else { Kind::I32 };
        let operands = [self.truth(condition), self.stored(yes), self.stored(no)];
        self.apply(kind, operands, |emitter, is_wide, [condition, yes, no]| {
            if is_wide && kind == Kind::I32 {
                return emitter.builder.ins().bitselect(condition, yes, no);
            }
            Lanes { emitter, is_wide }.select(condition, yes, no)
        })
    }

    /// `value` where the condition is `when`, elsewhere +0.
    pub(super) fn masked(&mut self, condition: Val, value: Val, when: bool) -> Val {
        let operands = [self.truth(condition), value];
        self.apply(Kind::F32, operands, |emitter, is_wide, [condition, value]| {
            Lanes { emitter, is_wide }.masked(condition, value, when)
        })
    }

    pub(super) fn floated(&mut self, operand: Val) -> Val {
        if operand.kind() == Kind::F32 {
            return operand;
        }
        let integer = self.stored(operand);
        self.apply(Kind::F32, [integer], |emitter, is_wide, [a]| Lanes { emitter, is_wide }.float_of_int(a))
    }

    pub(super) fn truncated(&mut self, operand: Val) -> Val {
        if operand.kind() != Kind::F32 {
            return self.stored(operand);
        }
        self.apply(Kind::I32, [operand], |emitter, is_wide, [a]| {
            let ty = if is_wide { types::I32X4 } else { types::I32 };
            emitter.builder.ins().fcvt_to_sint_sat(ty, a)
        })
    }
}

pub(super) fn float_unary(o: &mut Lanes<'_, '_>, op: Unary, a: Value) -> Value {
    match op {
        Unary::Neg => o.neg(a),
        Unary::Abs => o.abs(a),
        Unary::Sqrt => o.sqrt(a),
        Unary::Exp => math::exp(o, a),
        Unary::Log => math::log(o, a),
        Unary::Tanh => math::tanh(o, a),
        Unary::Sigmoid => math::sigmoid(o, a),
        Unary::Erf => math::erf(o, a),
        Unary::Floor => o.emitter.builder.ins().floor(a),
        Unary::Relu => {
            let zero = o.float(0.0);
            let below = o.less(a, zero);
            o.masked(below, a, false)
        }
        Unary::Not => a,
    }
}

/// Maximum and minimum as a select in which NaN sticks and the first wins a tie.
fn float_binary(o: &mut Lanes<'_, '_>, op: Binary, a: Value, b: Value) -> Value {
    match op {
        Binary::Add => o.add(a, b),
        Binary::Sub => o.sub(a, b),
        Binary::Mul => o.mul(a, b),
        Binary::Div => o.div(a, b),
        Binary::Max | Binary::Min => {
            let beyond = if op == Binary::Max { o.less(a, b) } else { o.less(b, a) };
            let is_nan = o.emitter.builder.ins().fcmp(FloatCC::Unordered, b, b);
            let second = o.emitter.builder.ins().bor(beyond, is_nan);
            o.select(second, b, a)
        }
        Binary::Less => o.less(a, b),
        Binary::LessEqual => o.emitter.builder.ins().fcmp(FloatCC::LessThanOrEqual, a, b),
        Binary::Equal => o.equal(a, b),
        Binary::And => o.emitter.builder.ins().band(a, b),
        Binary::Or => o.emitter.builder.ins().bor(a, b),
    }
}
