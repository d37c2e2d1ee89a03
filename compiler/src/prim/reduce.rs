//! `Reduce`: removes axes by sum, maximum, position of the maximum, or variance.

use super::builder::Builder;
use super::evaluate::Branches;
use super::tensor::{Places, Real, Tensor, strides};
use super::{Prim, ReduceOp, Reverse, ValueId, ValueType};
use crate::types::DType;

impl Builder {
    /// Removes axes (ascending).
    pub fn reduce(&mut self, op: ReduceOp, value: ValueId, axes: &[usize]) -> ValueId {
        if axes.is_empty() && matches!(op, ReduceOp::Sum | ReduceOp::Max) {
            return value;
        }
        let input = self.graph.ty(value).clone();
        let kept = (0..input.shape.len()).filter(|axis| !axes.contains(axis));
        let shape: Vec<usize> = kept.map(|axis| input.shape[axis]).collect();
        let dtype = match op {
            ReduceOp::Argmax => DType::Int { bound: axes.iter().map(|&axis| input.shape[axis] as u32).product() },
            _ => input.dtype,
        };
        self.push(Prim::Reduce { op, axes: axes.to_vec() }, vec![value], ValueType { dtype, shape })
    }

    /// Sum over axes.
    pub fn sum(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        self.reduce(ReduceOp::Sum, value, axes)
    }

    /// Arithmetic mean over axes.
    pub fn mean(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        let count: usize = axes.iter().map(|&axis| self.shape(value)[axis]).product();
        let sum = self.sum(value, axes);
        self.map1(sum, |x| x / count as f64)
    }

    /// x − max x along an axis: exponentials of it neither overflow nor all vanish. The maximum is a constant for the
    /// gradient, because softmax and log-sum-exp do not change with it.
    pub fn below_maximum(&mut self, x: ValueId, axis: usize) -> ValueId {
        let largest = self.reduce(ReduceOp::Max, x, &[axis]);
        let largest = self.detach(largest);
        let largest = self.restore(largest, x, axis);
        self.map2(x, largest, |x, largest| x - largest)
    }

    /// exp(xᵢ)/Σⱼ exp(xⱼ) along an axis.
    pub fn softmax(&mut self, x: ValueId, axis: usize) -> ValueId {
        let shifted = self.below_maximum(x, axis);
        let exponentials = self.map1(shifted, |x| x.exp());
        let sum = self.sum(exponentials, &[axis]);
        let sum = self.restore(sum, x, axis);
        self.map2(exponentials, sum, |e, sum| e / sum)
    }

    /// x − ln Σ eˣ along an axis.
    pub fn log_softmax(&mut self, x: ValueId, axis: usize) -> ValueId {
        let shifted = self.below_maximum(x, axis);
        let exponentials = self.map1(shifted, |x| x.exp());
        let sum = self.sum(exponentials, &[axis]);
        let log = self.map1(sum, |sum| sum.log());
        let log = self.restore(log, x, axis);
        self.map2(shifted, log, |x, log| x - log)
    }

    /// A value reduced along one axis of `like`, with that axis back.
    fn restore(&mut self, value: ValueId, like: ValueId, axis: usize) -> ValueId {
        let shape = self.shape(like).to_vec();
        let kept = (0..shape.len()).filter(|&other| other != axis).collect();
        self.broadcast_along(value, &shape, kept)
    }
}

/// Sum: the gradient is the same along removed axes. Maximum: shared evenly by all elements that hold it, as PyTorch's
/// `amax`. Variance: 2/n · (x − mean).
pub(crate) fn gradient(graph: &mut Builder, op: ReduceOp, axes: &[usize], at: &Reverse<'_>) -> Option<ValueId> {
    let x = at.inputs[0];
    let shape = graph.shape(x).to_vec();
    let kept: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    match op {
        ReduceOp::Sum => Some(graph.broadcast_along(at.upstream, &shape, kept)),
        ReduceOp::Max => {
            let y = graph.broadcast_along(at.result, &shape, kept.clone());
            let holds = graph.map(&[x, y], |args| args[0].equals(&args[1]).select(1.0, 0.0));
            let holders = graph.sum(holds, axes);
            let share = graph.map2(at.upstream, holders, |upstream, holders| upstream / holders);
            let share = graph.broadcast_along(share, &shape, kept);
            Some(graph.map(&[x, y, share], |args| args[0].equals(&args[1]).select(&args[2], 0.0)))
        }
        ReduceOp::Variance => {
            let count: usize = axes.iter().map(|&axis| shape[axis]).product();
            let mean = graph.mean(x, axes);
            let mean = graph.broadcast_along(mean, &shape, kept.clone());
            let upstream = graph.broadcast_along(at.upstream, &shape, kept);
            Some(graph.map(&[x, mean, upstream], |args| (&args[0] - &args[1]) * &args[2] * (2.0 / count as f64)))
        }
        ReduceOp::Argmax => None,
    }
}

pub(crate) fn evaluate<T: Real>(
    op: ReduceOp,
    axes: &[usize],
    input: &Tensor<T>,
    shape: &[usize],
    branches: &mut Branches,
) -> Tensor<T> {
    let order: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).chain(axes.iter().copied()).collect();
    let all = strides(shape);
    let places = Places {
        offset: 0,
        strides: order.iter().map(|&axis| all[axis]).collect(),
        shape: order.iter().map(|&axis| shape[axis]).collect(),
    };
    let count: usize = axes.iter().map(|&axis| shape[axis]).product();
    let sorted = input.strided(&places);
    if let Tensor::Int(values) = &sorted {
        let rows = values.chunks_exact(count);
        return Tensor::Int(match op {
            ReduceOp::Sum => rows.map(|row| row.iter().sum()).collect(),
            ReduceOp::Max => rows.map(|row| row.iter().copied().fold(i32::MIN, i32::max)).collect(),
            ReduceOp::Argmax => rows.map(|row| first_largest(row, |x, y| x < y) as i32).collect(),
            ReduceOp::Variance => panic!("variance of integers"),
        });
    }
    let mut winner = |row: &[T]| {
        let at = first_largest(row, |x, y| x < y || y.undefined() && !x.undefined());
        branches.note(at as u64);
        at
    };
    let rows = sorted.real().chunks_exact(count);
    match op {
        ReduceOp::Sum => Tensor::Real(rows.map(sum).collect()),
        ReduceOp::Max => Tensor::Real(rows.map(|row| row[winner(row)]).collect()),
        ReduceOp::Argmax => Tensor::Int(rows.map(|row| winner(row) as i32).collect()),
        ReduceOp::Variance => {
            let variance = |row: &[T]| {
                let mean = sum(row) / T::of(count as f64);
                let squares = row.iter().fold(T::of(0.0), |sum, &x| sum + (x - mean) * (x - mean));
                squares / T::of(count as f64)
            };
            Tensor::Real(rows.map(variance).collect())
        }
    }
}

fn sum<T: Real>(row: &[T]) -> T {
    row.iter().fold(T::of(0.0), |sum, &x| sum + x)
}

fn first_largest<V: Copy>(row: &[V], less: impl Fn(V, V) -> bool) -> usize {
    (1..row.len()).fold(0, |best, i| if less(row[best], row[i]) { i } else { best })
}
