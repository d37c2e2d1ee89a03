//! `View`: the same elements under other coordinates.

use super::builder::Builder;
use super::tensor::{Places, Real, Tensor, strides};
use super::{Prim, Reverse, ValueId, ValueType, View};

impl Builder {
    /// Broadcast from the right as in NumPy.
    pub fn broadcast_to(&mut self, value: ValueId, shape: &[usize]) -> ValueId {
        let lead = shape.len() - self.shape(value).len();
        let axes: Vec<usize> = (lead..shape.len()).collect();
        self.broadcast_along(value, shape, axes)
    }

    /// Axis `i` of the value becomes axis `axes[i]` of the result.
    pub fn broadcast_along(&mut self, value: ValueId, shape: &[usize], axes: Vec<usize>) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        self.view(View::Broadcast(axes), value, shape.to_vec())
    }

    /// The same elements in row-major order under other extents.
    pub fn reshape(&mut self, value: ValueId, shape: &[usize]) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        self.view(View::Reshape, value, shape.to_vec())
    }

    /// Axis `i` of the result is axis `axes[i]` of the value.
    pub fn permute(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        if axes.iter().copied().eq(0..axes.len()) {
            return value;
        }
        let shape = axes.iter().map(|&axis| self.shape(value)[axis]).collect();
        self.view(View::Permute(axes.to_vec()), value, shape)
    }

    /// `count` elements along one axis from `start`, every `step`-th.
    pub fn slice(&mut self, value: ValueId, axis: usize, start: usize, count: usize, step: usize) -> ValueId {
        let mut shape = self.shape(value).to_vec();
        let (mut starts, mut steps) = (vec![0; shape.len()], vec![1; shape.len()]);
        (starts[axis], steps[axis], shape[axis]) = (start, step, count);
        self.slice_all(value, starts, steps, shape)
    }

    /// A slice along all axes at once.
    pub fn slice_all(&mut self, value: ValueId, start: Vec<usize>, step: Vec<usize>, shape: Vec<usize>) -> ValueId {
        if self.shape(value) == shape {
            return value;
        }
        self.view(View::Slice { start, step }, value, shape)
    }

    /// Reversed along axes.
    pub fn flip(&mut self, value: ValueId, axes: &[usize]) -> ValueId {
        let shape = self.shape(value).to_vec();
        self.view(View::Flip(axes.to_vec()), value, shape)
    }

    fn view(&mut self, view: View, value: ValueId, shape: Vec<usize>) -> ValueId {
        let ty = ValueType { dtype: self.dtype(value), shape };
        self.push(Prim::View(view), vec![value], ty)
    }
}

/// The adjoint view: reshape, permutation and flip turn back, broadcasts sum, slices pad with zeros.
pub(crate) fn gradient(graph: &mut Builder, view: &View, at: &Reverse<'_>) -> ValueId {
    let shape = graph.shape(at.inputs[0]).to_vec();
    match view {
        View::Reshape => graph.reshape(at.upstream, &shape),
        View::Permute(axes) => graph.permute(at.upstream, &inverse(axes)),
        View::Broadcast(axes) => {
            let result = graph.shape(at.result).to_vec();
            let stays = |axis: &usize| axes.iter().position(|at| at == axis).is_some_and(|i| shape[i] == result[*axis]);
            let summed: Vec<usize> = (0..result.len()).filter(|axis| !stays(axis)).collect();
            let sum = graph.sum(at.upstream, &summed);
            graph.reshape(sum, &shape)
        }
        View::Slice { start, step } => {
            let result = graph.shape(at.result).to_vec();
            let reach = |axis: usize| start[axis] + (result[axis] - 1) * step[axis] + 1;
            let high = (0..shape.len()).map(|axis| shape[axis] - reach(axis)).collect();
            let interior = step.iter().map(|step| step - 1).collect();
            graph.pad_gaps(at.upstream, start.clone(), high, interior, 0.0)
        }
        View::Flip(axes) => graph.flip(at.upstream, axes),
    }
}

/// The permutation that undoes `axes`.
pub fn inverse(axes: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; axes.len()];
    for (to, &from) in axes.iter().enumerate() {
        inverse[from] = to;
    }
    inverse
}

pub(crate) fn evaluate<T: Real>(view: &View, input: &Tensor<T>, shape: &[usize], result: &[usize]) -> Tensor<T> {
    let mut offset = 0;
    let all = strides(shape);
    let strides = match view {
        View::Reshape => return input.clone(),
        View::Permute(axes) => axes.iter().map(|&axis| all[axis]).collect(),
        View::Broadcast(axes) => {
            let mut strides = vec![0; result.len()];
            for (from, &to) in axes.iter().enumerate() {
                strides[to] = if shape[from] == 1 { 0 } else { all[from] };
            }
            strides
        }
        View::Slice { start, step } => {
            offset = start.iter().zip(&all).map(|(&start, stride)| start as isize * stride).sum();
            step.iter().zip(&all).map(|(&step, stride)| step as isize * stride).collect()
        }
        View::Flip(axes) => {
            let mut strides = all;
            for &axis in axes {
                offset += (shape[axis] as isize - 1) * strides[axis];
                strides[axis] = -strides[axis];
            }
            strides
        }
    };
    input.strided(&Places { offset, strides, shape: result.to_vec() })
}
