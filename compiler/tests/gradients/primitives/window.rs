//! Windows: overlapping, gaping, dilated, on one and two axes, and their adjoints.

use crate::suite::Case;
use netc_compiler::prim::{WindowGeometry, WindowOp};

/// Shape of the map, kernel, stride, dilation.
type Shape = (&'static [usize], &'static [usize], &'static [usize], &'static [usize]);

const SHAPES: &[Shape] = &[
    (&[4], &[2], &[2], &[1]),
    (&[2, 5], &[3], &[1], &[1]),
    (&[2, 7], &[2], &[3], &[2]),
    (&[1, 4, 4], &[2, 2], &[2, 2], &[1, 1]),
    (&[2, 4, 5], &[2, 2], &[2, 2], &[1, 1]),
    (&[1, 2, 5, 5], &[3, 3], &[2, 2], &[1, 1]),
    (&[1, 1, 4, 4], &[3, 3], &[1, 1], &[1, 1]),
    (&[1, 3, 4], &[1, 2], &[1, 1], &[1, 1]),
    (&[1, 4, 3], &[2, 1], &[2, 1], &[1, 1]),
    (&[1, 5, 6], &[2, 3], &[1, 2], &[2, 1]),
    (&[2, 1, 3, 3], &[1, 1], &[1, 1], &[1, 1]),
    (&[1, 1, 3, 3], &[3, 3], &[3, 3], &[1, 1]),
    (&[1, 3, 3, 3], &[2, 2, 2], &[1, 1, 1], &[1, 1, 1]),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &(shape, kernel, stride, dilation) in SHAPES {
        let geometry = WindowGeometry { kernel: kernel.to_vec(), stride: stride.to_vec(), dilation: dilation.to_vec() };
        let lead = shape.len() - kernel.len();
        let mut windows = shape.to_vec();
        for axis in 0..kernel.len() {
            let reach = dilation[axis] * (kernel[axis] - 1) + 1;
            windows[lead + axis] = (shape[lead + axis] - reach) / stride[axis] + 1;
        }
        for op in [WindowOp::Max, WindowOp::Sum] {
            let geometry = geometry.clone();
            cases.push(Case::new(format!("{op:?} of {shape:?}, {geometry:?}"), &[shape], move |graph, x| {
                let y = graph.window(op, x[0], geometry.clone());
                graph.map1(y, |y| y + y * y)
            }));
        }
        let spread = geometry.clone();
        cases.push(Case::new(format!("SpreadSum to {shape:?}, {spread:?}"), &[&windows], move |graph, y| {
            let x = graph.spread(WindowOp::SpreadSum, vec![y[0]], spread.clone(), shape);
            graph.map1(x, |x| x + x * x)
        }));
        cases.push(
            Case::new(format!("SpreadPick to {shape:?}, {geometry:?}"), &[&windows, shape], move |graph, y| {
                let pick = graph.window(WindowOp::Pick, y[1], geometry.clone());
                let x = graph.spread(WindowOp::SpreadPick, vec![y[0], pick], geometry.clone(), shape);
                graph.map1(x, |x| x + x * x)
            })
            .blocked(&[1]),
        );
    }
    cases
}
