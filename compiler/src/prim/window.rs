//! `Window`: maximum, sum and choice over sliding windows, and their adjoints.

use super::builder::Builder;
use super::evaluate::Branches;
use super::tensor::{Real, Tensor};
use super::{Prim, Reverse, ValueId, ValueType, WindowGeometry, WindowOp};
use crate::types::DType;

impl Builder {
    /// `Max`, `Sum` or `Pick` over sliding windows of the trailing axes.
    pub fn window(&mut self, op: WindowOp, value: ValueId, geometry: WindowGeometry) -> ValueId {
        let mut shape = self.shape(value).to_vec();
        let lead = shape.len() - geometry.kernel.len();
        for axis in 0..geometry.kernel.len() {
            let reach = geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1;
            shape[lead + axis] = (shape[lead + axis] - reach) / geometry.stride[axis] + 1;
        }
        let dtype = match op {
            WindowOp::Pick => DType::Int { bound: geometry.kernel.iter().product::<usize>() as u32 },
            _ => self.dtype(value),
        };
        self.push(Prim::Window { op, geometry }, vec![value], ValueType { dtype, shape })
    }

    /// The adjoint of a window operation: values of windows back to `shape`.
    pub fn spread(&mut self, op: WindowOp, inputs: Vec<ValueId>, geometry: WindowGeometry, shape: &[usize]) -> ValueId {
        let ty = ValueType { dtype: DType::F32, shape: shape.to_vec() };
        self.push(Prim::Window { op, geometry }, inputs, ty)
    }
}

/// `Max` sends each window's gradient to the element it picked, `Sum` to all of its elements; both adjoints are linear
/// and turn back.
pub(crate) fn gradient(
    graph: &mut Builder,
    op: WindowOp,
    geometry: &WindowGeometry,
    at: &Reverse<'_>,
) -> Option<ValueId> {
    let x = at.inputs[0];
    let shape = graph.shape(x).to_vec();
    match op {
        WindowOp::Max => {
            let pick = graph.window(WindowOp::Pick, x, geometry.clone());
            Some(graph.spread(WindowOp::SpreadPick, vec![at.upstream, pick], geometry.clone(), &shape))
        }
        WindowOp::Sum => Some(graph.spread(WindowOp::SpreadSum, vec![at.upstream], geometry.clone(), &shape)),
        WindowOp::SpreadSum => Some(graph.window(WindowOp::Sum, at.upstream, geometry.clone())),
        WindowOp::SpreadPick => Some(read_picked(graph, geometry, at.upstream, at.inputs[1])),
        WindowOp::Pick => None,
    }
}

/// Of each window of `x` the element that `pick` names: one strided slice per tap, of which one is selected.
fn read_picked(graph: &mut Builder, geometry: &WindowGeometry, x: ValueId, pick: ValueId) -> ValueId {
    let shape = graph.shape(pick).to_vec();
    let lead = shape.len() - geometry.kernel.len();
    let taps: usize = geometry.kernel.iter().product();
    let mut picked = None;
    for tap in 0..taps {
        let (mut start, mut step, mut rest) = (vec![0; shape.len()], vec![1; shape.len()], tap);
        for axis in (0..geometry.kernel.len()).rev() {
            start[lead + axis] = rest % geometry.kernel[axis] * geometry.dilation[axis];
            step[lead + axis] = geometry.stride[axis];
            rest /= geometry.kernel[axis];
        }
        let slice = graph.slice_all(x, start, step, shape.clone());
        picked = Some(match picked {
            None => slice,
            Some(other) => graph.map(&[pick, slice, other], |args| {
                args[0].cast(DType::F32).equals(tap as f64).select(&args[1], &args[2])
            }),
        });
    }
    picked.unwrap_or(x)
}

/// A run of windows along the last axis that all read one tap: elements `x`, `x + step`, … for windows `y`, `y + 1`, ….
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub tap: usize,
    pub x: usize,
    pub y: usize,
    pub count: usize,
}

/// All pairs of a window and an element inside the map, as runs in ascending order of taps.
#[derive(Debug)]
pub(crate) struct Segments {
    pub list: Vec<Segment>,
    /// Distance of neighbours in the map.
    pub step: usize,
}

impl Segments {
    pub(crate) fn new(geometry: &WindowGeometry, low: &[usize], x: &[usize], y: &[usize]) -> Segments {
        let rank = x.len();
        let mut list = Vec::new();
        for tap in 0..geometry.kernel.iter().product() {
            let (mut rest, mut first, mut count) = (tap, vec![0; rank], vec![0; rank]);
            let mut offset = vec![0isize; rank];
            for axis in (0..rank).rev() {
                let reach = (rest % geometry.kernel[axis] * geometry.dilation[axis]) as isize - low[axis] as isize;
                rest /= geometry.kernel[axis];
                let stride = geometry.stride[axis] as isize;
                let from = (-reach).max(0).unsigned_abs().div_ceil(stride.unsigned_abs());
                let last = (x[axis] as isize - 1 - reach).div_euclid(stride);
                let to = (last + 1).clamp(0, y[axis] as isize) as usize;
                (first[axis], count[axis], offset[axis]) = (from, to.saturating_sub(from), reach);
            }
            if count.contains(&0) {
                continue;
            }
            let rows: usize = count[..rank - 1].iter().product();
            for row in 0..rows {
                let (mut rest, mut x_at, mut y_at, mut x_size, mut y_size) = (row, 0, 0, 1, 1);
                for axis in (0..rank).rev() {
                    let within = if axis + 1 == rank { 0 } else { rest % count[axis] };
                    if axis + 1 < rank {
                        rest /= count[axis];
                    }
                    let window = first[axis] + within;
                    let element = (window * geometry.stride[axis]) as isize + offset[axis];
                    x_at += element as usize * x_size;
                    y_at += window * y_size;
                    x_size *= x[axis];
                    y_size *= y[axis];
                }
                list.push(Segment { tap, x: x_at, y: y_at, count: count[rank - 1] });
            }
        }
        Segments { list, step: geometry.stride[rank - 1] }
    }
}

pub(crate) fn evaluate<T: Real>(
    op: WindowOp,
    geometry: &WindowGeometry,
    inputs: &[&Tensor<T>],
    input: &[usize],
    result: &[usize],
    branches: &mut Branches,
) -> Tensor<T> {
    let lead = input.len() - geometry.kernel.len();
    let spreads = matches!(op, WindowOp::SpreadSum | WindowOp::SpreadPick);
    let (x_shape, y_shape) = if spreads { (result, input) } else { (input, result) };
    let low = vec![0; geometry.kernel.len()];
    let segments = Segments::new(geometry, &low, &x_shape[lead..], &y_shape[lead..]);
    let maps: usize = input[..lead].iter().product();
    let x_size: usize = x_shape[lead..].iter().product();
    let y_size: usize = y_shape[lead..].iter().product();
    let values = inputs[0].real();
    let zero = T::of(0.0);
    if spreads {
        let mut x = vec![zero; maps * x_size];
        for map in 0..maps {
            for segment in &segments.list {
                for i in 0..segment.count {
                    let y = map * y_size + segment.y + i;
                    if op == WindowOp::SpreadSum || inputs[1].int()[y] as usize == segment.tap {
                        x[map * x_size + segment.x + i * segments.step] += values[y];
                    }
                }
            }
        }
        return Tensor::Real(x);
    }
    let mut y = vec![zero; maps * y_size];
    let mut picks = vec![0; if op == WindowOp::Sum { 0 } else { maps * y_size }];
    for map in 0..maps {
        for segment in &segments.list {
            for i in 0..segment.count {
                let x = values[map * x_size + segment.x + i * segments.step];
                let at = map * y_size + segment.y + i;
                if op == WindowOp::Sum {
                    y[at] += x;
                } else if segment.tap == 0 || y[at] < x || x.undefined() && !y[at].undefined() {
                    (y[at], picks[at]) = (x, segment.tap as i32);
                }
            }
        }
    }
    picks.iter().for_each(|&pick| branches.note(pick as u64));
    if op == WindowOp::Pick { Tensor::Int(picks) } else { Tensor::Real(y) }
}
