//! The rules on scalar programs. Each keeps every bit of the result: nothing is reassociated, and what depends on the
//! sign of a zero stays.

use super::duplicates::operation_words;
use crate::prim::builder::operation_types;
use crate::prim::scalar::{Binary, ScalarId, ScalarOp, ScalarProgram, Unary};
use crate::types::DType;
use std::collections::HashMap;

/// The same function by fewer operations: constants folded in single precision, identities, duplicates, dead parts.
/// `inputs` are the types of the program's inputs, `shape` that of its result.
pub fn simplify_program(program: &ScalarProgram, inputs: &[DType], shape: &[usize]) -> ScalarProgram {
    let types = operation_types(program, inputs, shape);
    let mut draft = Draft::default();
    let mut places: Vec<Known> = Vec::with_capacity(program.ops.len());
    for (op, ty) in program.ops.iter().zip(&types) {
        let place = draft.place(*op, *ty, &places);
        places.push(place);
    }
    let result = draft.operation(places[program.result() as usize]);
    draft.program(result)
}

/// What an operation of the old program has become.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    /// An operation of the draft.
    Op(ScalarId),
    /// A truth value known now.
    Truth(bool),
}

#[derive(Default)]
struct Draft {
    ops: Vec<ScalarOp>,
    types: Vec<DType>,
    known: HashMap<[u64; 4], ScalarId>,
}

impl Draft {
    fn push(&mut self, op: ScalarOp, ty: DType) -> Known {
        let next = self.ops.len() as ScalarId;
        let id = *self.known.entry(operation_words(op)).or_insert(next);
        if id == next {
            self.ops.push(op);
            self.types.push(ty);
        }
        Known::Op(id)
    }

    /// An operation for a value. Truth values have no constants, so 0 = 0 stands for true and 0 < 0 for false.
    fn operation(&mut self, value: Known) -> ScalarId {
        match value {
            Known::Op(id) => id,
            Known::Truth(truth) => {
                let zero = self.push(ScalarOp::Const(0.0), DType::F32);
                let zero = self.operation(zero);
                let op = if truth { Binary::Equal } else { Binary::Less };
                let comparison = self.push(ScalarOp::Binary(op, zero, zero), DType::Bool);
                self.operation(comparison)
            }
        }
    }

    fn constant(&self, id: ScalarId) -> Option<f32> {
        match self.ops[id as usize] {
            ScalarOp::Const(value) => Some(value as f32),
            _ => None,
        }
    }

    fn place(&mut self, op: ScalarOp, ty: DType, places: &[Known]) -> Known {
        let at = |id: ScalarId| places[id as usize];
        match op {
            ScalarOp::Input(_) | ScalarOp::Const(_) | ScalarOp::Position(_) => self.push(op, ty),
            ScalarOp::Unary(op, x) => match at(x) {
                Known::Truth(value) => Known::Truth(if op == Unary::Not { !value } else { value }),
                Known::Op(x) => self.unary(op, x, ty),
            },
            ScalarOp::Binary(op, x, y) => match (at(x), at(y)) {
                (Known::Op(x), Known::Op(y)) => self.binary(op, x, y, ty),
                (x, y) => match logical(op, x, y) {
                    Some(value) => value,
                    None => {
                        let (x, y) = (self.operation(x), self.operation(y));
                        self.push(ScalarOp::Binary(op, x, y), ty)
                    }
                },
            },
            ScalarOp::Select(c, x, y) => match (at(c), at(x), at(y)) {
                (Known::Truth(true), chosen, _) | (Known::Truth(false), _, chosen) => chosen,
                (_, x, y) if x == y => x,
                (c, x, y) => {
                    let [c, x, y] = [c, x, y].map(|value| self.operation(value));
                    self.push(ScalarOp::Select(c, x, y), ty)
                }
            },
            ScalarOp::Cast(to, x) => match at(x) {
                Known::Op(x) if self.types[x as usize] == to => Known::Op(x),
                Known::Op(x) => self.push(ScalarOp::Cast(to, x), ty),
                Known::Truth(value) if to.is_float() => self.push(ScalarOp::Const(f64::from(u8::from(value))), ty),
                truth => truth,
            },
        }
    }

    fn unary(&mut self, op: Unary, x: ScalarId, ty: DType) -> Known {
        if let Some(value) = self.constant(x).and_then(|x| fold_unary(op, x)) {
            return self.push(ScalarOp::Const(f64::from(value)), ty);
        }
        match (op, self.ops[x as usize]) {
            (Unary::Neg, ScalarOp::Unary(Unary::Neg, inner)) | (Unary::Not, ScalarOp::Unary(Unary::Not, inner)) => {
                Known::Op(inner)
            }
            (Unary::Abs, ScalarOp::Unary(Unary::Neg, inner)) => self.unary(Unary::Abs, inner, ty),
            (Unary::Abs, ScalarOp::Unary(Unary::Abs | Unary::Exp | Unary::Sigmoid, _))
            | (Unary::Relu, ScalarOp::Unary(Unary::Relu | Unary::Abs | Unary::Exp | Unary::Sigmoid, _))
            | (Unary::Floor, ScalarOp::Unary(Unary::Floor, _)) => Known::Op(x),
            _ => self.push(ScalarOp::Unary(op, x), ty),
        }
    }

    fn binary(&mut self, op: Binary, x: ScalarId, y: ScalarId, ty: DType) -> Known {
        let (left, right) = (self.constant(x), self.constant(y));
        if let (Some(left), Some(right)) = (left, right) {
            if let Some(truth) = compare(op, left, right) {
                return Known::Truth(truth);
            }
            if let Some(value) = fold_binary(op, left, right) {
                return self.push(ScalarOp::Const(f64::from(value)), ty);
            }
        }
        let negated = |draft: &Draft, id: ScalarId| match draft.ops[id as usize] {
            ScalarOp::Unary(Unary::Neg, inner) => Some(inner),
            _ => None,
        };
        let is = |constant: Option<f32>, value: f32| constant.is_some_and(|c| c.to_bits() == value.to_bits());
        match op {
            Binary::Mul | Binary::Div if is(right, 1.0) => Known::Op(x),
            Binary::Mul if is(left, 1.0) => Known::Op(y),
            Binary::Mul | Binary::Div if is(right, -1.0) => self.unary(Unary::Neg, x, ty),
            Binary::Mul if is(left, -1.0) => self.unary(Unary::Neg, y, ty),
            Binary::Sub if is(right, 0.0) => Known::Op(x),
            Binary::Add if is(right, -0.0) => Known::Op(x),
            Binary::Add if is(left, -0.0) => Known::Op(y),
            Binary::Max | Binary::Min | Binary::And | Binary::Or if x == y => Known::Op(x),
            Binary::Div => match right.and_then(reciprocal) {
                Some(factor) => {
                    let factor = self.push(ScalarOp::Const(f64::from(factor)), ty);
                    let factor = self.operation(factor);
                    self.binary(Binary::Mul, x, factor, ty)
                }
                None => self.push(ScalarOp::Binary(op, x, y), ty),
            },
            Binary::Add | Binary::Sub if ty.is_float() => match negated(self, y) {
                Some(inner) if op == Binary::Add => self.push(ScalarOp::Binary(Binary::Sub, x, inner), ty),
                Some(inner) => self.push(ScalarOp::Binary(Binary::Add, x, inner), ty),
                None => self.push(ScalarOp::Binary(op, x, y), ty),
            },
            Binary::Mul if ty.is_float() => match (negated(self, x), negated(self, y)) {
                (Some(x), Some(y)) => self.binary(Binary::Mul, x, y, ty),
                _ => self.push(ScalarOp::Binary(op, x, y), ty),
            },
            _ => self.push(ScalarOp::Binary(op, x, y), ty),
        }
    }

    /// The operations that `result` needs, renumbered.
    fn program(self, result: ScalarId) -> ScalarProgram {
        let mut read = vec![false; self.ops.len()];
        read[result as usize] = true;
        for id in (0..=result).rev() {
            if read[id as usize] {
                self.ops[id as usize].operands().for_each(|operand| read[operand as usize] = true);
            }
        }
        let mut places = vec![0; self.ops.len()];
        let mut ops = Vec::new();
        for (id, op) in self.ops.into_iter().enumerate().filter(|&(id, _)| read[id]) {
            places[id] = ops.len() as ScalarId;
            ops.push(op.renumbered(|operand| places[operand as usize]));
        }
        ScalarProgram { ops }
    }
}

/// And, or of truth values of which at least one is known.
fn logical(op: Binary, x: Known, y: Known) -> Option<Known> {
    let (known, other) = match (x, y) {
        (Known::Truth(known), other) | (other, Known::Truth(known)) => (known, other),
        _ => return None,
    };
    match (op, known) {
        (Binary::And, true) | (Binary::Or, false) => Some(other),
        (Binary::And, false) => Some(Known::Truth(false)),
        (Binary::Or, true) => Some(Known::Truth(true)),
        _ => None,
    }
}

/// Single IEEE operations only: transcendental functions are left to the executors.
fn fold_unary(op: Unary, x: f32) -> Option<f32> {
    Some(match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sqrt => x.sqrt(),
        Unary::Floor => x.floor(),
        Unary::Relu => {
            if x > 0.0 || x.is_nan() {
                x
            } else {
                0.0
            }
        }
        Unary::Exp | Unary::Log | Unary::Tanh | Unary::Sigmoid | Unary::Erf | Unary::Not => return None,
    })
}

fn fold_binary(op: Binary, x: f32, y: f32) -> Option<f32> {
    Some(match op {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Max if !x.is_nan() && !y.is_nan() => {
            if x < y {
                y
            } else {
                x
            }
        }
        Binary::Min if !x.is_nan() && !y.is_nan() => {
            if y < x {
                y
            } else {
                x
            }
        }
        _ => return None,
    })
}

fn compare(op: Binary, x: f32, y: f32) -> Option<bool> {
    match op {
        Binary::Less => Some(x < y),
        Binary::LessEqual => Some(x <= y),
        Binary::Equal => Some(x == y),
        _ => None,
    }
}

/// 1/x where x is a power of two and 1/x is normal: then x divides as 1/x multiplies, rounded once from one number.
fn reciprocal(x: f32) -> Option<f32> {
    let is_power = x.is_normal() && x.to_bits() & 0x007f_ffff == 0;
    Some(1.0 / x).filter(|factor| is_power && factor.is_normal())
}
