//! The three forms of convolution over strides, borders, dilation, groups and ranks.

use crate::suite::Case;
use netc_compiler::prim::{ConvForm, ConvGeometry};

struct Shape {
    x: &'static [usize],
    w: &'static [usize],
    stride: &'static [usize],
    low: &'static [usize],
    high: &'static [usize],
    dilation: &'static [usize],
    groups: usize,
}

/// A form, the shapes of its inputs, the shape of its result.
type Form<'a> = (ConvForm, &'a [usize], &'a [usize], &'a [usize]);

#[rustfmt::skip]
const SHAPES: &[Shape] = &[
    Shape { x: &[1, 1, 4], w: &[1, 1, 2], stride: &[1], low: &[0], high: &[0], dilation: &[1], groups: 1 },
    Shape { x: &[2, 2, 5], w: &[3, 2, 3], stride: &[2], low: &[1], high: &[1], dilation: &[1], groups: 1 },
    Shape { x: &[1, 4, 6], w: &[2, 2, 2], stride: &[1], low: &[0], high: &[1], dilation: &[2], groups: 2 },
    Shape { x: &[1, 1, 3, 3], w: &[1, 1, 2, 2], stride: &[1, 1], low: &[0, 0], high: &[0, 0], dilation: &[1, 1], groups: 1 },
    Shape { x: &[2, 2, 3, 4], w: &[2, 2, 3, 3], stride: &[1, 1], low: &[1, 1], high: &[1, 1], dilation: &[1, 1], groups: 1 },
    Shape { x: &[1, 2, 4, 4], w: &[2, 2, 1, 1], stride: &[1, 1], low: &[0, 0], high: &[0, 0], dilation: &[1, 1], groups: 1 },
    Shape { x: &[1, 2, 5, 4], w: &[1, 2, 3, 2], stride: &[2, 1], low: &[0, 1], high: &[1, 0], dilation: &[1, 1], groups: 1 },
    Shape { x: &[1, 1, 6, 6], w: &[1, 1, 2, 2], stride: &[2, 3], low: &[0, 0], high: &[0, 0], dilation: &[1, 2], groups: 1 },
    Shape { x: &[1, 3, 3, 3], w: &[3, 1, 2, 2], stride: &[1, 1], low: &[1, 0], high: &[0, 1], dilation: &[1, 1], groups: 3 },
    Shape { x: &[2, 4, 3, 2], w: &[2, 2, 2, 2], stride: &[1, 1], low: &[0, 0], high: &[0, 0], dilation: &[1, 1], groups: 2 },
    Shape { x: &[1, 1, 4, 4], w: &[2, 1, 3, 3], stride: &[2, 2], low: &[2, 2], high: &[0, 1], dilation: &[1, 1], groups: 1 },
    Shape { x: &[1, 2, 2, 2], w: &[4, 1, 2, 2], stride: &[1, 1], low: &[1, 1], high: &[1, 1], dilation: &[2, 2], groups: 2 },
    Shape { x: &[1, 1, 2, 3, 2], w: &[1, 1, 2, 2, 1], stride: &[1, 1, 1], low: &[0, 1, 0], high: &[1, 0, 0], dilation: &[1, 1, 1], groups: 1 },
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for shape in SHAPES {
        let geometry = ConvGeometry {
            stride: shape.stride.to_vec(),
            low: shape.low.to_vec(),
            high: shape.high.to_vec(),
            dilation: shape.dilation.to_vec(),
            groups: shape.groups,
        };
        let mut y = vec![shape.x[0], shape.w[0]];
        for axis in 0..shape.stride.len() {
            let reach = shape.dilation[axis] * (shape.w[axis + 2] - 1) + 1;
            y.push((shape.x[axis + 2] + shape.low[axis] + shape.high[axis] - reach) / shape.stride[axis] + 1);
        }
        let leaves: [Form<'_>; 3] = [
            (ConvForm::Forward, shape.x, shape.w, &y),
            (ConvForm::InputGradient, &y, shape.w, shape.x),
            (ConvForm::WeightGradient, shape.x, &y, shape.w),
        ];
        for (form, first, second, result) in leaves {
            let (geometry, result) = (geometry.clone(), result.to_vec());
            let name = format!("{form:?} of {:?} by {:?}, {geometry:?}", shape.x, shape.w);
            cases.push(Case::new(name, &[first, second], move |graph, x| {
                let y = graph.conv_adjoint(form, x[0], x[1], geometry.clone(), &result);
                graph.map1(y, |y| y + y * y)
            }));
        }
    }
    cases
}
