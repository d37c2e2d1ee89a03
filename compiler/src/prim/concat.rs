//! `Concat`: joins values along one axis.

use super::builder::Builder;
use super::tensor::{Places, Real, Tensor, strides};
use super::{Prim, Reverse, ValueId, ValueType};

impl Builder {
    /// Joined along one axis.
    pub fn concat(&mut self, values: &[ValueId], axis: usize) -> ValueId {
        let mut ty = self.graph.ty(values[0]).clone();
        ty.shape[axis] = values.iter().map(|&value| self.shape(value)[axis]).sum();
        self.push(Prim::Concat { axis }, values.to_vec(), ty)
    }
}

/// Each input's gradient is its slice of the upstream gradient.
pub(crate) fn gradient(graph: &mut Builder, axis: usize, at: &Reverse<'_>) -> Vec<Option<ValueId>> {
    let mut start = 0;
    let mut parts = Vec::with_capacity(at.inputs.len());
    for (&input, &wanted) in at.inputs.iter().zip(at.wanted) {
        let count = graph.shape(input)[axis];
        parts.push(wanted.then(|| graph.slice(at.upstream, axis, start, count, 1)));
        start += count;
    }
    parts
}

pub(crate) fn evaluate<T: Real>(axis: usize, inputs: &[&Tensor<T>], shapes: &[&[usize]], ty: &ValueType) -> Tensor<T> {
    let all = strides(&ty.shape);
    let mut result = Tensor::filled(ty.dtype, 0.0, ty.elements());
    let mut start = 0;
    for (input, shape) in inputs.iter().zip(shapes) {
        let places = Places { offset: start * all[axis], strides: all.clone(), shape: shape.to_vec() };
        result.write_strided(&places, input);
        start += shape[axis] as isize;
    }
    result
}
