//! `Conv`: cross-correlation and its two adjoints, closed under differentiation.

use super::builder::Builder;
use super::tensor::{Real, Tensor};
use super::window::Segments;
use super::{ConvForm, ConvGeometry, Prim, Reverse, ValueId, ValueType, WindowGeometry};
use crate::types::DType;
use std::ops::Range;

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
    let size = |shape: &[usize]| shape[2..].iter().product::<usize>();
    let sizes = Sizes {
        groups: geometry.groups,
        channels: w_shape[1],
        features: w_shape[0] / geometry.groups,
        x: size(x_shape),
        w: size(w_shape),
        y: size(y_shape),
    };
    let empty = |shape: &[usize]| vec![T::of(0.0); shape.iter().product()];
    // Inside, features are the fastest axis of w [groups, channels, taps, features] and of y [samples, places,
    // features]: loops over them are long also where maps are small.
    match form {
        ConvForm::Forward => {
            let w = sizes.turn_weights(second);
            let mut y = empty(y_shape);
            sizes.visit(x_shape[0], &segments, |x, w_at, y_at| {
                let x = first[x];
                y[y_at].iter_mut().zip(&w[w_at]).for_each(|(y, &w)| *y += x * w);
            });
            Tensor::Real(sizes.turn_back(&y))
        }
        ConvForm::InputGradient => {
            let (w, y) = (sizes.turn_weights(second), sizes.turn(first));
            let mut x = empty(x_shape);
            sizes.visit(x_shape[0], &segments, |x_at, w_at, y_at| x[x_at] += dot(&y[y_at], &w[w_at]));
            Tensor::Real(x)
        }
        ConvForm::WeightGradient => {
            let y = sizes.turn(second);
            let mut w = empty(w_shape);
            sizes.visit(x_shape[0], &segments, |x, w_at, y_at| {
                let x = first[x];
                w[w_at].iter_mut().zip(&y[y_at]).for_each(|(w, &y)| *w += x * y);
            });
            Tensor::Real(sizes.turn_weights_back(&w))
        }
    }
}

/// Four sums side by side, then their total.
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut sums = [T::of(0.0); 4];
    let (a_rows, b_rows) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest = a_rows.remainder().iter().zip(b_rows.remainder());
    let rest = rest.fold(T::of(0.0), |sum, (&a, &b)| sum + a * b);
    for (a, b) in a_rows.zip(b_rows) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Extents of a convolution: channels and features of one group, elements of one map.
struct Sizes {
    groups: usize,
    channels: usize,
    features: usize,
    x: usize,
    w: usize,
    y: usize,
}

impl Sizes {
    /// Calls with the place in x and the rows in w and y of every product.
    fn visit(&self, samples: usize, segments: &Segments, mut product: impl FnMut(usize, Range<usize>, Range<usize>)) {
        for sample in 0..samples {
            for group in 0..self.groups {
                for c in 0..self.channels {
                    let channel = group * self.channels + c;
                    let x_base = (sample * self.groups * self.channels + channel) * self.x;
                    for segment in &segments.list {
                        let w = (channel * self.w + segment.tap) * self.features;
                        for i in 0..segment.count {
                            let place = sample * self.y + segment.y + i;
                            let y = (place * self.groups + group) * self.features;
                            let x = x_base + segment.x + i * segments.step;
                            product(x, w..w + self.features, y..y + self.features);
                        }
                    }
                }
            }
        }
    }

    /// From [samples, features of all groups, places] to [samples, places, features of all groups].
    fn turn<T: Real>(&self, y: &[T]) -> Vec<T> {
        let all = self.groups * self.features;
        y.chunks_exact(all * self.y).flat_map(|sample| transposed(sample, all, self.y)).collect()
    }

    fn turn_back<T: Real>(&self, y: &[T]) -> Vec<T> {
        let all = self.groups * self.features;
        y.chunks_exact(all * self.y).flat_map(|sample| transposed(sample, self.y, all)).collect()
    }

    /// From [groups, features, channels, taps] to [groups, channels, taps, features].
    fn turn_weights<T: Real>(&self, w: &[T]) -> Vec<T> {
        let row = self.channels * self.w;
        w.chunks_exact(self.features * row).flat_map(|group| transposed(group, self.features, row)).collect()
    }

    fn turn_weights_back<T: Real>(&self, w: &[T]) -> Vec<T> {
        let row = self.channels * self.w;
        w.chunks_exact(self.features * row).flat_map(|group| transposed(group, row, self.features)).collect()
    }
}

fn transposed<T: Real>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    let mut result = Vec::with_capacity(values.len());
    for column in 0..columns {
        result.extend((0..rows).map(|row| values[row * columns + column]));
    }
    result
}
