//! `Conv`: cross-correlation and its two adjoints, closed under differentiation.

use super::builder::Builder;
use super::tensor::{Real, Tensor};
use super::window::Segments;
use super::{ConvForm, ConvGeometry, Prim, Reverse, ValueId, ValueType, WindowGeometry};
use crate::types::DType;

impl Builder {
    /// Cross-correlation of x [N, C, …] with w [O, C/groups, …].
    pub fn conv(&mut self, x: ValueId, w: ValueId, geometry: ConvGeometry) -> ValueId {
        let (input, kernel) = (self.shape(x), self.shape(w));
        let mut shape = vec![input[0], kernel[0]];
        for axis in 0..geometry.stride.len() {
            let reach = geometry.dilation[axis] * (kernel[axis + 2] - 1) + 1;
            let padded = input[axis + 2] + geometry.low[axis] + geometry.high[axis];
            shape.push((padded - reach) / geometry.stride[axis] + 1);
        }
        self.conv_adjoint(ConvForm::Forward, x, w, geometry, &shape)
    }

    /// Any of the three forms, with the shape of its result.
    pub fn conv_adjoint(
        &mut self,
        form: ConvForm,
        x: ValueId,
        y: ValueId,
        geometry: ConvGeometry,
        shape: &[usize],
    ) -> ValueId {
        let ty = ValueType { dtype: DType::F32, shape: shape.to_vec() };
        self.push(Prim::Conv { form, geometry }, vec![x, y], ty)
    }
}

/// With x, w and y = conv(x, w) in any of the three roles, the form is bilinear in its two inputs; the derivative by
/// one of them is the form that takes the other and the upstream gradient.
pub(crate) fn gradient(
    graph: &mut Builder,
    form: ConvForm,
    geometry: &ConvGeometry,
    at: &Reverse<'_>,
) -> Vec<Option<ValueId>> {
    let (first, second, upstream) = (at.inputs[0], at.inputs[1], at.upstream);
    let (to_first, to_second) = match form {
        ConvForm::Forward => ((ConvForm::InputGradient, upstream, second), (ConvForm::WeightGradient, first, upstream)),
        ConvForm::InputGradient => ((ConvForm::Forward, upstream, second), (ConvForm::WeightGradient, upstream, first)),
        ConvForm::WeightGradient => ((ConvForm::InputGradient, second, upstream), (ConvForm::Forward, first, upstream)),
    };
    let mut emit = |index: usize, (form, x, y): (ConvForm, ValueId, ValueId)| {
        let shape = graph.shape(at.inputs[index]).to_vec();
        at.wanted[index].then(|| graph.conv_adjoint(form, x, y, geometry.clone(), &shape))
    };
    vec![emit(0, to_first), emit(1, to_second)]
}

pub(crate) fn evaluate<T: Real>(
    form: ConvForm,
    geometry: &ConvGeometry,
    first: &[T],
    first_shape: &[usize],
    second: &[T],
    second_shape: &[usize],
    result_shape: &[usize],
) -> Tensor<T> {
    let (x_shape, w_shape, y_shape) = match form {
        ConvForm::Forward => (first_shape, second_shape, result_shape),
        ConvForm::InputGradient => (result_shape, second_shape, first_shape),
        ConvForm::WeightGradient => (first_shape, result_shape, second_shape),
    };
    let windows = WindowGeometry {
        kernel: w_shape[2..].to_vec(),
        stride: geometry.stride.clone(),
        dilation: geometry.dilation.clone(),
    };
    let segments = Segments::new(&windows, &geometry.low, &x_shape[2..], &y_shape[2..]);
    let mut result = vec![T::of(0.0); result_shape.iter().product()];
    let per_group = [w_shape[0] / geometry.groups, w_shape[1]];
    let size = |shape: &[usize]| shape[2..].iter().product::<usize>();
    let (x_size, w_size, y_size) = (size(x_shape), size(w_shape), size(y_shape));
    for sample in 0..x_shape[0] {
        for o in 0..w_shape[0] {
            for c in 0..w_shape[1] {
                let channel = o / per_group[0] * per_group[1] + c;
                let x_base = (sample * x_shape[1] + channel) * x_size;
                let w_base = (o * w_shape[1] + c) * w_size;
                let y_base = (sample * y_shape[1] + o) * y_size;
                for segment in &segments.list {
                    let (xs, w) = (x_base + segment.x, w_base + segment.tap);
                    let ys = y_base + segment.y..y_base + segment.y + segment.count;
                    let step = segments.step;
                    match form {
                        ConvForm::Forward => {
                            let w = second[w];
                            let x = first[xs..].iter().step_by(step);
                            result[ys].iter_mut().zip(x).for_each(|(y, &x)| *y = x.fma(w, *y));
                        }
                        ConvForm::InputGradient => {
                            let w = second[w];
                            let x = result[xs..].iter_mut().step_by(step);
                            x.zip(&first[ys]).for_each(|(x, &y)| *x = y.fma(w, *x));
                        }
                        ConvForm::WeightGradient => {
                            let x = first[xs..].iter().step_by(step);
                            let products = second[ys].iter().zip(x);
                            result[w] = products.fold(result[w], |sum, (&y, &x)| x.fma(y, sum));
                        }
                    }
                }
            }
        }
    }
    Tensor::Real(result)
}
