//! Statements and expressions of generated kernels.

use super::Place;
use crate::prim::scalar::{Binary, Unary};
use crate::program::affine::Affine;
use crate::program::{Expr, Extent, FoldOp, Local, LoopKernel, Scalar, Stmt, Var};
use netc_plan::math;

/// A number of one of the two element types; truths are 0 or 1.
#[derive(Clone, Copy, Debug)]
enum Number {
    F32(f32),
    I32(i32),
}

impl Number {
    fn is_true(self) -> bool {
        match self {
            Number::F32(value) => value != 0.0,
            Number::I32(value) => value != 0,
        }
    }
}

/// A kernel under way: its memory, loop variables and locals.
pub(super) struct Frame<'m> {
    kernel: &'m LoopKernel,
    segments: &'m mut [Vec<f32>],
    places: &'m [Place],
    columns: u32,
    vars: Vec<i64>,
    locals: Vec<Number>,
}

impl<'m> Frame<'m> {
    pub(super) fn new(
        kernel: &'m LoopKernel,
        segments: &'m mut [Vec<f32>],
        places: &'m [Place],
        columns: u32,
    ) -> Frame<'m> {
        let vars = vec![0; usize::from(kernel.vars)];
        let locals = vec![Number::I32(0); kernel.locals.len()];
        Frame { kernel, segments, places, columns, vars, locals }
    }

    pub(super) fn set(&mut self, var: Var, value: i64) {
        self.vars[usize::from(var.0)] = value;
    }

    pub(super) fn statements(&mut self, body: &[Stmt]) {
        for statement in body {
            match statement {
                Stmt::For { var, extent, body, .. } => {
                    let extent = match extent {
                        Extent::Fixed(extent) => *extent,
                        Extent::Columns => self.columns,
                    };
                    for turn in 0..extent {
                        self.set(*var, i64::from(turn));
                        self.statements(body);
                    }
                }
                Stmt::Let { local, value } | Stmt::Assign { local, value } => self.define(*local, value),
                Stmt::Store { param, index, value } => {
                    let value = match self.value(value) {
                        Number::F32(value) => value,
                        Number::I32(value) => f32::from_bits(value.cast_unsigned()),
                    };
                    let (segment, at) = self.element(*param, index);
                    self.segments[segment][at] = value;
                }
            }
        }
    }

    fn define(&mut self, local: Local, value: &Expr) {
        self.locals[usize::from(local.0)] = self.value(value);
    }

    fn position(&self, affine: &Affine) -> i64 {
        affine.terms.iter().fold(affine.constant, |sum, &(var, factor)| sum + factor * self.vars[usize::from(var.0)])
    }

    fn element(&self, param: u16, index: &Affine) -> (usize, usize) {
        let (segment, first) = self.places[usize::from(param)];
        (segment, (first + self.position(index)) as usize)
    }

    fn value(&mut self, expr: &Expr) -> Number {
        match expr {
            Expr::F32(value) => Number::F32(*value),
            Expr::I32(value) => Number::I32(*value),
            Expr::Read(local) => self.locals[usize::from(local.0)],
            Expr::Position(affine) => Number::I32(self.position(affine) as i32),
            Expr::Load { param, index, bounds, otherwise } => {
                let inside = bounds.iter().all(|bound| {
                    let position = self.position(&bound.index);
                    (0..i64::from(bound.extent)).contains(&position)
                });
                let scalar = self.kernel.params[usize::from(*param)].scalar;
                if !inside {
                    return match scalar {
                        Scalar::F32 => Number::F32(*otherwise),
                        Scalar::I32 => Number::I32(*otherwise as i32),
                    };
                }
                let (segment, at) = self.element(*param, index);
                let word = self.segments[segment][at];
                match scalar {
                    Scalar::F32 => Number::F32(word),
                    Scalar::I32 => Number::I32(word.to_bits().cast_signed()),
                }
            }
            Expr::Unary(op, operand) => unary(*op, self.value(operand)),
            Expr::Binary(op, left, right) => {
                let left = self.value(left);
                binary(*op, left, self.value(right))
            }
            Expr::Select(condition, yes, no) => {
                let condition = self.value(condition);
                let (yes, no) = (self.value(yes), self.value(no));
                if condition.is_true() { yes } else { no }
            }
            Expr::ToF32(operand) => match self.value(operand) {
                Number::I32(value) => Number::F32(value as f32),
                float => float,
            },
            Expr::ToI32(operand) => match self.value(operand) {
                Number::F32(value) => Number::I32(value as i32),
                integer => integer,
            },
            Expr::Fold { op, var, extent, lanes, lets, body } => {
                let mut partials = vec![identity(*op); *lanes as usize];
                for turn in 0..*extent {
                    self.set(*var, i64::from(turn));
                    for (local, value) in lets {
                        self.define(*local, value);
                    }
                    let partial = partials[(turn % lanes) as usize];
                    let value = self.value(body);
                    partials[(turn % lanes) as usize] = combine(*op, partial, value);
                }
                let mut half = partials.len() / 2;
                while half > 0 {
                    for lane in 0..half {
                        partials[lane] = combine(*op, partials[lane], partials[lane + half]);
                    }
                    half /= 2;
                }
                partials[0]
            }
        }
    }
}

fn identity(op: FoldOp) -> Number {
    Number::F32(match op {
        FoldOp::Sum => 0.0,
        FoldOp::Max => f32::NEG_INFINITY,
    })
}

fn combine(op: FoldOp, partial: Number, value: Number) -> Number {
    match op {
        FoldOp::Sum => binary(Binary::Add, partial, value),
        FoldOp::Max => binary(Binary::Max, partial, value),
    }
}

fn unary(op: Unary, operand: Number) -> Number {
    if op == Unary::Not {
        return Number::I32(i32::from(!operand.is_true()));
    }
    match operand {
        Number::F32(x) => Number::F32(match op {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Sqrt => x.sqrt(),
            Unary::Exp => math::exp(&mut math::Scalar, x),
            Unary::Log => math::log(&mut math::Scalar, x),
            Unary::Tanh => math::tanh(&mut math::Scalar, x),
            Unary::Sigmoid => math::sigmoid(&mut math::Scalar, x),
            Unary::Erf => math::erf(&mut math::Scalar, x),
            Unary::Floor => x.floor(),
            Unary::Relu => {
                if x < 0.0 {
                    0.0
                } else {
                    x
                }
            }
            Unary::Not => x,
        }),
        Number::I32(n) => Number::I32(match op {
            Unary::Neg => n.wrapping_neg(),
            Unary::Abs => n.wrapping_abs(),
            Unary::Relu => n.max(0),
            _ => n,
        }),
    }
}

fn binary(op: Binary, left: Number, right: Number) -> Number {
    let truth = |value: bool| Number::I32(i32::from(value));
    match op {
        Binary::And => return truth(left.is_true() && right.is_true()),
        Binary::Or => return truth(left.is_true() || right.is_true()),
        _ => {}
    }
    match (left, right) {
        (Number::F32(a), Number::F32(b)) => match op {
            Binary::Add => Number::F32(a + b),
            Binary::Sub => Number::F32(a - b),
            Binary::Mul => Number::F32(a * b),
            Binary::Div => Number::F32(a / b),
            Binary::Max => Number::F32(if a < b || b.is_nan() { b } else { a }),
            Binary::Min => Number::F32(if b < a || b.is_nan() { b } else { a }),
            Binary::Less => truth(a < b),
            Binary::LessEqual => truth(a <= b),
            Binary::Equal | Binary::And | Binary::Or => truth(a == b),
        },
        (Number::I32(a), Number::I32(b)) => match op {
            Binary::Add => Number::I32(a.wrapping_add(b)),
            Binary::Sub => Number::I32(a.wrapping_sub(b)),
            Binary::Mul => Number::I32(a.wrapping_mul(b)),
            Binary::Div => Number::I32(a.checked_div(b).unwrap_or(0)),
            Binary::Max => Number::I32(a.max(b)),
            Binary::Min => Number::I32(a.min(b)),
            Binary::Less => truth(a < b),
            Binary::LessEqual => truth(a <= b),
            Binary::Equal | Binary::And | Binary::Or => truth(a == b),
        },
        // `verify` admits one type per operation.
        (mixed, _) => mixed,
    }
}
