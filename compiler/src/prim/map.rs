//! `Map`: a small scalar program on each element.

use super::Reverse;
use super::ValueId;
use super::builder::{Builder, operation_types};
use super::derivative::derivatives;
use super::evaluate::Branches;
use super::scalar::{Binary, Scalar, ScalarId, ScalarOp, ScalarProgram, Unary};
use super::tensor::{Real, Tensor};
use crate::types::DType;

/// One map per wanted input: the derivative of the program times the upstream gradient. Inputs with the same derivative
/// share the map, and where it is 1 they share the upstream gradient.
pub(crate) fn gradient(graph: &mut Builder, program: &ScalarProgram, at: &Reverse<'_>) -> Vec<Option<ValueId>> {
    let types: Vec<DType> = at.inputs.iter().map(|&input| graph.dtype(input)).collect();
    let shape = graph.shape(at.result).to_vec();
    let derivatives = derivatives(program, &operation_types(program, &types, &shape), at.inputs.len());
    let mut operands = at.inputs.to_vec();
    operands.extend([at.result, at.upstream]);
    let one = ScalarProgram::new(&Scalar::input(at.inputs.len() + 1));
    let mut known = vec![(one, at.upstream)];
    let mut emit = |derivative: ScalarProgram| match known.iter().find(|(other, _)| *other == derivative) {
        Some(&(_, value)) => value,
        None => {
            let value = graph.map_program(derivative.clone(), &operands);
            known.push((derivative, value));
            value
        }
    };
    let asked = derivatives.into_iter().zip(at.wanted).map(|(derivative, &wanted)| derivative.filter(|_| wanted));
    asked.map(|derivative| derivative.map(&mut emit)).collect()
}

/// Elements that the evaluator takes through a program at a time.
const CHUNK: usize = 512;

pub(crate) fn evaluate<T: Real>(
    program: &ScalarProgram,
    inputs: &[&Tensor<T>],
    types: &[DType],
    shape: &[usize],
    branches: &mut Branches,
) -> Tensor<T> {
    let types = operation_types(program, types, shape);
    let lane = |dtype: &DType| Tensor::<T>::filled(*dtype, 0.0, CHUNK);
    let mut lanes: Vec<Tensor<T>> = types.iter().map(lane).collect();
    for (op, lane) in program.ops.iter().zip(&mut lanes) {
        if let (ScalarOp::Const(value), Tensor::Real(values)) = (op, lane) {
            values.fill(T::of(*value));
        }
    }
    let elements: usize = shape.iter().product();
    let result = program.result() as usize;
    let mut output = Tensor::filled(types[result], 0.0, elements);
    for first in (0..elements).step_by(CHUNK) {
        let count = CHUNK.min(elements - first);
        for (index, op) in program.ops.iter().enumerate() {
            let (known, rest) = lanes.split_at_mut(index);
            apply(*op, known, &mut rest[0], inputs, shape, first..first + count, branches);
        }
        match (&mut output, &lanes[result]) {
            (Tensor::Real(output), Tensor::Real(lane)) => output[first..first + count].copy_from_slice(&lane[..count]),
            (Tensor::Int(output), Tensor::Int(lane)) => output[first..first + count].copy_from_slice(&lane[..count]),
            _ => unreachable!("lane and output have the type of the result"),
        }
    }
    output
}

fn apply<T: Real>(
    op: ScalarOp,
    known: &[Tensor<T>],
    result: &mut Tensor<T>,
    inputs: &[&Tensor<T>],
    shape: &[usize],
    range: std::ops::Range<usize>,
    branches: &mut Branches,
) {
    let count = range.len();
    let lane = |id: ScalarId| &known[id as usize];
    match op {
        ScalarOp::Const(_) => {}
        ScalarOp::Input(index) => match (inputs[index as usize], result) {
            (Tensor::Real(input), Tensor::Real(result)) => result[..count].copy_from_slice(&input[range]),
            (Tensor::Int(input), Tensor::Int(result)) => result[..count].copy_from_slice(&input[range]),
            _ => panic!("an input of a map has another type than the graph says"),
        },
        ScalarOp::Position(axis) => {
            let inner: usize = shape[axis as usize + 1..].iter().product();
            let extent = shape[axis as usize];
            let Tensor::Int(result) = result else { unreachable!("positions are integers") };
            for (value, element) in result.iter_mut().zip(range) {
                *value = (element / inner % extent) as i32;
            }
        }
        ScalarOp::Unary(op, x) => unary(op, lane(x), result, count, branches),
        ScalarOp::Binary(op, x, y) => binary(op, lane(x), lane(y), result, count, branches),
        ScalarOp::Select(c, x, y) => {
            let choose = lane(c).int();
            match (lane(x), lane(y), result) {
                (Tensor::Real(x), Tensor::Real(y), Tensor::Real(result)) => {
                    (0..count).for_each(|i| result[i] = if choose[i] != 0 { x[i] } else { y[i] });
                }
                (Tensor::Int(x), Tensor::Int(y), Tensor::Int(result)) => {
                    (0..count).for_each(|i| result[i] = if choose[i] != 0 { x[i] } else { y[i] });
                }
                _ => panic!("both sides of a select have one type"),
            }
        }
        ScalarOp::Cast(_, x) => match (lane(x), result) {
            (Tensor::Real(x), Tensor::Real(result)) => result[..count].copy_from_slice(&x[..count]),
            (Tensor::Int(x), Tensor::Int(result)) => result[..count].copy_from_slice(&x[..count]),
            (Tensor::Int(x), Tensor::Real(result)) => {
                (0..count).for_each(|i| result[i] = T::of(f64::from(x[i])));
            }
            (Tensor::Real(x), Tensor::Int(result)) => {
                (0..count).for_each(|i| {
                    result[i] = x[i].widen() as i32;
                    branches.note(result[i] as u64);
                });
            }
        },
    }
}

fn unary<T: Real>(op: Unary, x: &Tensor<T>, result: &mut Tensor<T>, count: usize, branches: &mut Branches) {
    if let Tensor::Int(result) = result {
        let x = x.int();
        match op {
            Unary::Not => (0..count).for_each(|i| result[i] = i32::from(x[i] == 0)),
            Unary::Neg => (0..count).for_each(|i| result[i] = x[i].wrapping_neg()),
            Unary::Abs => (0..count).for_each(|i| result[i] = x[i].wrapping_abs()),
            other => panic!("{other:?} of integers"),
        }
        return;
    }
    let (x, Tensor::Real(result)) = (x.real(), result) else { unreachable!("integers are done") };
    let result = &mut result[..count];
    let zero = T::of(0.0);
    match op {
        Unary::Neg => each(x, result, |x| -x),
        Unary::Abs => each(x, result, |x| {
            branches.note(u64::from(x < zero));
            x.magnitude()
        }),
        Unary::Sqrt => each(x, result, T::root),
        Unary::Exp => each(x, result, T::exponential),
        Unary::Log => each(x, result, T::logarithm),
        Unary::Tanh => each(x, result, T::hyperbolic_tangent),
        Unary::Sigmoid => each(x, result, T::logistic),
        Unary::Erf => each(x, result, T::error_function),
        Unary::Floor => each(x, result, |x| {
            branches.note(x.round_down().widen().to_bits());
            x.round_down()
        }),
        Unary::Relu => each(x, result, |x| {
            branches.note(u64::from(x > zero));
            if x > zero || x.undefined() { x } else { zero }
        }),
        Unary::Not => panic!("logical not of real numbers"),
    }
}

#[inline]
fn each<T: Copy>(x: &[T], result: &mut [T], mut f: impl FnMut(T) -> T) {
    for (result, &x) in result.iter_mut().zip(x) {
        *result = f(x);
    }
}

fn binary<T: Real>(
    op: Binary,
    x: &Tensor<T>,
    y: &Tensor<T>,
    result: &mut Tensor<T>,
    count: usize,
    branches: &mut Branches,
) {
    match (x, y, result) {
        (Tensor::Real(x), Tensor::Real(y), Tensor::Real(result)) => {
            let pairs = result[..count].iter_mut().zip(x.iter().zip(y));
            match op {
                Binary::Add => pairs.for_each(|(result, (&x, &y))| *result = x + y),
                Binary::Sub => pairs.for_each(|(result, (&x, &y))| *result = x - y),
                Binary::Mul => pairs.for_each(|(result, (&x, &y))| *result = x * y),
                Binary::Div => pairs.for_each(|(result, (&x, &y))| *result = x / y),
                Binary::Max | Binary::Min => pairs.for_each(|(result, (&x, &y))| {
                    let second = if op == Binary::Max { x < y } else { y < x };
                    branches.note(u64::from(second));
                    *result = if (second || y.undefined()) && !x.undefined() { y } else { x };
                }),
                other => panic!("{other:?} of real numbers is not a real number"),
            }
        }
        (Tensor::Real(x), Tensor::Real(y), Tensor::Int(result)) => {
            for (result, (&x, &y)) in result[..count].iter_mut().zip(x.iter().zip(y)) {
                let holds = match op {
                    Binary::Less => x < y,
                    Binary::LessEqual => x <= y,
                    Binary::Equal => x == y,
                    other => panic!("{other:?} of real numbers is not a truth value"),
                };
                branches.note(u64::from(holds));
                *result = i32::from(holds);
            }
        }
        (Tensor::Int(x), Tensor::Int(y), Tensor::Int(result)) => {
            for (result, (&x, &y)) in result[..count].iter_mut().zip(x.iter().zip(y)) {
                *result = match op {
                    Binary::Add => x.wrapping_add(y),
                    Binary::Sub => x.wrapping_sub(y),
                    Binary::Mul => x.wrapping_mul(y),
                    Binary::Div => x.checked_div(y).unwrap_or(0),
                    Binary::Max => x.max(y),
                    Binary::Min => x.min(y),
                    Binary::Less => i32::from(x < y),
                    Binary::LessEqual => i32::from(x <= y),
                    Binary::Equal => i32::from(x == y),
                    Binary::And => i32::from(x != 0 && y != 0),
                    Binary::Or => i32::from(x != 0 || y != 0),
                };
            }
        }
        _ => panic!("{op:?} of operands of two types"),
    }
}
