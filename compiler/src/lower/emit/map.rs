//! Scalar programs as expressions.

use super::{Emitter, Guard, Refusal, constant, scalar};
use crate::prim::ValueId;
use crate::prim::scalar::{ScalarOp, ScalarProgram, Unary};
use crate::program::affine::Affine;
use crate::program::{Expr, Scalar};
use crate::types::DType;

impl Emitter<'_> {
    pub(super) fn map(
        &mut self,
        value: ValueId,
        program: &ScalarProgram,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let inputs = &self.graph.node(value).inputs;
        let mut arguments: Vec<Option<Expr>> = vec![None; inputs.len()];
        let mut uses = vec![0u32; program.ops.len()];
        for op in &program.ops {
            operands(op).for_each(|operand| uses[usize::from(operand)] += 1);
        }
        let mut results: Vec<(Expr, Scalar)> = Vec::with_capacity(program.ops.len());
        for (position, op) in program.ops.iter().enumerate() {
            let boxed = |operand: u16| Box::new(results[usize::from(operand)].0.clone());
            let ty = |operand: u16| results[usize::from(operand)].1;
            let (expr, kind) = match *op {
                ScalarOp::Input(input) => {
                    let input = usize::from(input);
                    if arguments[input].is_none() {
                        arguments[input] = Some(self.pull(inputs[input], index, guard)?);
                    }
                    let argument = arguments[input].clone().expect("pulled above");
                    (argument, scalar(self.graph.ty(inputs[input]).dtype))
                }
                ScalarOp::Const(number) => (constant(number, DType::F32), Scalar::F32),
                ScalarOp::Position(axis) => (Expr::Position(index[usize::from(axis)].clone()), Scalar::I32),
                ScalarOp::Unary(op, x) => {
                    (Expr::Unary(op, boxed(x)), if op == Unary::Not { Scalar::I32 } else { ty(x) })
                }
                ScalarOp::Binary(op, x, y) => {
                    let kind = if op.is_comparison() { Scalar::I32 } else { ty(x) };
                    (Expr::Binary(op, boxed(x), boxed(y)), kind)
                }
                ScalarOp::Select(condition, x, y) => (Expr::Select(boxed(condition), boxed(x), boxed(y)), ty(x)),
                ScalarOp::Cast(dtype, x) => cast(results[usize::from(x)].clone(), dtype),
            };
            let is_simple = matches!(expr, Expr::Read(_) | Expr::F32(_) | Expr::I32(_) | Expr::Position(_));
            let expr = if uses[position] > 1 && !is_simple { Expr::Read(self.define(kind, expr)) } else { expr };
            results.push((expr, kind));
        }
        Ok(results.swap_remove(usize::from(program.result())).0)
    }
}

fn operands(op: &ScalarOp) -> impl Iterator<Item = u16> {
    let list = match *op {
        ScalarOp::Input(_) | ScalarOp::Const(_) | ScalarOp::Position(_) => [None; 3],
        ScalarOp::Unary(_, x) | ScalarOp::Cast(_, x) => [Some(x), None, None],
        ScalarOp::Binary(_, x, y) => [Some(x), Some(y), None],
        ScalarOp::Select(c, x, y) => [Some(c), Some(x), Some(y)],
    };
    list.into_iter().flatten()
}

fn cast((expr, from): (Expr, Scalar), dtype: DType) -> (Expr, Scalar) {
    let kind = scalar(dtype);
    let expr = match (from, kind) {
        (Scalar::I32, Scalar::F32) => Expr::ToF32(Box::new(expr)),
        (Scalar::F32, Scalar::I32) => match expr {
            Expr::F32(number) => Expr::I32(number as i32),
            expr => Expr::ToI32(Box::new(expr)),
        },
        _ => expr,
    };
    (expr, kind)
}
