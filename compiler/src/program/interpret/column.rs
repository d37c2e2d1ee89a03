//! Values of an expression for several lanes at once, or one value for all of them.

use crate::prim::scalar::{Binary, Unary};
use netc_plan::math::{self, Scalar};

/// One element per lane, or a single one.
#[derive(Clone, Debug)]
pub(super) enum Column {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

impl Column {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Column::F32(values) => values.len(),
            Column::I32(values) => values.len(),
        }
    }

    /// The bits of a lane's element as f32.
    pub fn bits(&self, lane: usize) -> f32 {
        match self {
            Column::F32(values) => values[lane.min(values.len() - 1)],
            Column::I32(values) => f32::from_bits(values[lane.min(values.len() - 1)].cast_unsigned()),
        }
    }

    /// The element of a lane.
    pub fn float(&self, lane: usize) -> f32 {
        match self {
            Column::F32(values) => values[lane.min(values.len() - 1)],
            Column::I32(_) => unreachable!("verified programs have types"),
        }
    }

    fn ints(&self) -> &[i32] {
        match self {
            Column::I32(values) => values,
            Column::F32(_) => unreachable!("verified programs have types"),
        }
    }

    pub fn unary(self, op: Unary) -> Column {
        match self {
            Column::F32(mut values) => {
                values.iter_mut().for_each(|value| *value = float_unary(op, *value));
                Column::F32(values)
            }
            Column::I32(mut values) => {
                values.iter_mut().for_each(|value| *value = int_unary(op, *value));
                Column::I32(values)
            }
        }
    }

    pub fn binary(op: Binary, x: &Column, y: &Column) -> Column {
        match (x, y) {
            (Column::F32(x), Column::F32(y)) if op.is_comparison() => Column::I32(zip(x, y, |x, y| {
                i32::from(match op {
                    Binary::Less => x < y,
                    Binary::LessEqual => x <= y,
                    _ => x == y,
                })
            })),
            (Column::F32(x), Column::F32(y)) => Column::F32(match op {
                Binary::Add => zip(x, y, |x, y| x + y),
                Binary::Sub => zip(x, y, |x, y| x - y),
                Binary::Mul => zip(x, y, |x, y| x * y),
                Binary::Div => zip(x, y, |x, y| x / y),
                Binary::Max => zip(x, y, largest),
                _ => zip(x, y, |x, y| if y < x || y.is_nan() { y } else { x }),
            }),
            (x, y) => Column::I32(zip(x.ints(), y.ints(), |x, y| int_binary(op, x, y))),
        }
    }

    pub fn select(condition: &Column, x: &Column, y: &Column) -> Column {
        let chosen = condition.ints();
        let lanes = chosen.len().max(x.len()).max(y.len());
        let holds = |lane: usize| chosen[lane.min(chosen.len() - 1)] != 0;
        match (x, y) {
            (Column::F32(_), Column::F32(_)) => {
                Column::F32((0..lanes).map(|lane| if holds(lane) { x.float(lane) } else { y.float(lane) }).collect())
            }
            _ => {
                let pick = |values: &[i32], lane: usize| values[lane.min(values.len() - 1)];
                let (x, y) = (x.ints(), y.ints());
                Column::I32((0..lanes).map(|lane| if holds(lane) { pick(x, lane) } else { pick(y, lane) }).collect())
            }
        }
    }

    pub fn to_f32(&self) -> Column {
        Column::F32(self.ints().iter().map(|&value| value as f32).collect())
    }

    pub fn to_i32(&self) -> Column {
        Column::I32((0..self.len()).map(|lane| self.float(lane) as i32).collect())
    }
}

/// The larger, NaN sticks, at a tie the first.
pub(super) fn largest(x: f32, y: f32) -> f32 {
    if x < y || y.is_nan() { y } else { x }
}

fn zip<T: Copy, R>(x: &[T], y: &[T], op: impl Fn(T, T) -> R) -> Vec<R> {
    match (x.len(), y.len()) {
        (1, _) => y.iter().map(|&y| op(x[0], y)).collect(),
        (_, 1) => x.iter().map(|&x| op(x, y[0])).collect(),
        _ => x.iter().zip(y).map(|(&x, &y)| op(x, y)).collect(),
    }
}

fn float_unary(op: Unary, x: f32) -> f32 {
    let o = &mut Scalar;
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Sqrt => x.sqrt(),
        Unary::Exp => math::exp(o, x),
        Unary::Log => math::log(o, x),
        Unary::Tanh => math::tanh(o, x),
        Unary::Sigmoid => math::sigmoid(o, x),
        Unary::Erf => math::erf(o, x),
        Unary::Floor => x.floor(),
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::Not => unreachable!("verified programs have types"),
    }
}

fn int_unary(op: Unary, x: i32) -> i32 {
    match op {
        Unary::Neg => x.wrapping_neg(),
        Unary::Abs => x.wrapping_abs(),
        Unary::Relu => x.max(0),
        Unary::Not => i32::from(x == 0),
        _ => unreachable!("verified programs have types"),
    }
}

fn int_binary(op: Binary, x: i32, y: i32) -> i32 {
    match op {
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
    }
}
