//! Derivatives of scalar programs, by reverse mode on their SSA form.

use super::scalar::{Binary, Scalar, ScalarId, ScalarOp, ScalarProgram, Unary};
use crate::types::DType;

/// Per input of `program` the derivative of the result, times the upstream gradient; `None` where it is zero for every
/// argument. The derivatives' inputs are those of the program, then its result, then the upstream gradient; they read
/// the result instead of computing it again. `types` are those of the program's operations.
pub fn derivatives(program: &ScalarProgram, types: &[DType], inputs: usize) -> Vec<Option<ScalarProgram>> {
    let values = values(program, inputs);
    let mut adjoints: Vec<Option<Scalar>> = vec![None; program.ops.len()];
    let mut results: Vec<Option<Scalar>> = vec![None; inputs];
    adjoints[program.result() as usize] = Some(Scalar::input(inputs + 1));
    for (index, op) in program.ops.iter().enumerate().rev() {
        let Some(upstream) = adjoints[index].take() else { continue };
        if !types[index].is_float() {
            continue;
        }
        let mut flow = |to: ScalarId, part: Scalar| accumulate(&mut adjoints[to as usize], part);
        match *op {
            ScalarOp::Input(input) => accumulate(&mut results[input as usize], upstream),
            ScalarOp::Const(_) | ScalarOp::Position(_) => {}
            ScalarOp::Unary(op, x) => {
                if let Some(part) = unary(op, &values[x as usize], &values[index], &upstream) {
                    flow(x, part);
                }
            }
            ScalarOp::Binary(op, x, y) => {
                let (left, right) = (&values[x as usize], &values[y as usize]);
                if let Some([to_left, to_right]) = binary(op, left, right, &values[index], &upstream) {
                    flow(x, to_left);
                    flow(y, to_right);
                }
            }
            ScalarOp::Select(choice, x, y) => {
                let choice = &values[choice as usize];
                flow(x, choice.select(&upstream, 0.0));
                flow(y, choice.select(0.0, &upstream));
            }
            ScalarOp::Cast(_, x) => flow(x, upstream),
        }
    }
    results.iter().map(|result| result.as_ref().map(ScalarProgram::new)).collect()
}

/// Every operation of the program as an expression; the last one is read as input number `inputs`.
fn values(program: &ScalarProgram, inputs: usize) -> Vec<Scalar> {
    let mut values: Vec<Scalar> = Vec::with_capacity(program.ops.len());
    for op in &program.ops {
        let value = |id: ScalarId| values[id as usize].clone();
        let next = op.rebuilt(value);
        values.push(next);
    }
    if let Some(last) = values.last_mut() {
        *last = Scalar::input(inputs);
    }
    values
}

fn accumulate(sum: &mut Option<Scalar>, part: Scalar) {
    *sum = Some(match sum.take() {
        Some(sum) => sum + part,
        None => part,
    });
}

/// Derivative of y = op(x), times `upstream`; `None` where it is zero almost everywhere.
fn unary(op: Unary, x: &Scalar, y: &Scalar, upstream: &Scalar) -> Option<Scalar> {
    Some(match op {
        Unary::Neg => -upstream,
        Unary::Abs => x.less(0.0).select(-upstream, Scalar::from(0.0).less(x).select(upstream, 0.0)),
        Unary::Sqrt => upstream * 0.5 / y,
        Unary::Exp => upstream * y,
        Unary::Log => upstream / x,
        Unary::Tanh => upstream * (1.0 - y * y),
        Unary::Sigmoid => upstream * (y * (1.0 - y)),
        Unary::Erf => upstream * ((-(x * x)).exp() * std::f64::consts::FRAC_2_SQRT_PI),
        Unary::Relu => y.greater(0.0).select(upstream, 0.0),
        Unary::Floor | Unary::Not => return None,
    })
}

/// Derivatives of z = op(x, y) by x and by y, times `upstream`.
fn binary(op: Binary, x: &Scalar, y: &Scalar, z: &Scalar, upstream: &Scalar) -> Option<[Scalar; 2]> {
    Some(match op {
        Binary::Add => [upstream.clone(), upstream.clone()],
        Binary::Sub => [upstream.clone(), -upstream],
        Binary::Mul => [upstream * y, upstream * x],
        Binary::Div => [upstream / y, -(upstream * z / y)],
        Binary::Max => {
            let second = x.less(y);
            [second.select(0.0, upstream), second.select(upstream, 0.0)]
        }
        Binary::Min => {
            let second = y.less(x);
            [second.select(0.0, upstream), second.select(upstream, 0.0)]
        }
        Binary::Less | Binary::LessEqual | Binary::Equal | Binary::And | Binary::Or => return None,
    })
}
