//! `Pad`: a border, and gaps between elements.

use super::builder::Builder;
use super::tensor::{Places, Real, Tensor, strides};
use super::{Prim, Reverse, ValueId, ValueType};

impl Builder {
    /// A border of `value` around all axes.
    pub fn pad(&mut self, x: ValueId, low: Vec<usize>, high: Vec<usize>, value: f64) -> ValueId {
        let interior = vec![0; low.len()];
        self.pad_gaps(x, low, high, interior, value)
    }

    /// A border and gaps between elements.
    pub fn pad_gaps(
        &mut self,
        x: ValueId,
        low: Vec<usize>,
        high: Vec<usize>,
        interior: Vec<usize>,
        value: f64,
    ) -> ValueId {
        let input = self.graph.ty(x);
        let extent = |axis: usize| {
            let n = input.shape[axis];
            low[axis] + high[axis] + n + n.saturating_sub(1) * interior[axis]
        };
        let shape: Vec<usize> = (0..low.len()).map(extent).collect();
        if shape == input.shape {
            return x;
        }
        let ty = ValueType { dtype: input.dtype, shape };
        self.push(Prim::Pad { low, high, interior, value }, vec![x], ty)
    }
}

/// The slice that reads the elements back; the filling has no gradient.
pub(crate) fn gradient(graph: &mut Builder, low: &[usize], interior: &[usize], at: &Reverse<'_>) -> ValueId {
    let shape = graph.shape(at.inputs[0]).to_vec();
    let step = interior.iter().map(|gap| gap + 1).collect();
    graph.slice_all(at.upstream, low.to_vec(), step, shape)
}

pub(crate) fn evaluate<T: Real>(
    low: &[usize],
    interior: &[usize],
    value: f64,
    input: &Tensor<T>,
    shape: &[usize],
    ty: &ValueType,
) -> Tensor<T> {
    let all = strides(&ty.shape);
    let places = Places {
        offset: low.iter().zip(&all).map(|(&low, stride)| low as isize * stride).sum(),
        strides: interior.iter().zip(&all).map(|(&gap, stride)| (gap as isize + 1) * stride).collect(),
        shape: shape.to_vec(),
    };
    let mut result = Tensor::filled(ty.dtype, value, ty.elements());
    result.write_strided(&places, input);
    result
}
