//! Convolutions and their adjoints as contractions over taps, read in place from maps with zeros around them.

use super::border::MapAxis;
use super::call::{Axis, Call, LONG_CHUNK, SHORT_CHUNK, Tap};
use super::layout::Place;
use super::pooled::Pooling;
use super::winograd::Tiled;
use super::{Lowering, Request};
use crate::prim::{ConvForm, ConvGeometry, Prim, ValueId};
use crate::program::affine::Affine;
use crate::program::{Step, Var};
use netc_plan::{Axis as FillAxis, FillPlan, Kernel};

/// Elements of an axis of x whose position has the same remainder modulo the stride: x = stride·q + rest for
/// q < count. Tap first + step·j reaches them from y at position start + q − back·j.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub rest: i64,
    pub count: u32,
    pub first: i64,
    pub step: i64,
    pub taps: u32,
    pub start: i64,
    pub back: i64,
}

/// The phases of an axis; where no tap reaches, the remainder and count alone.
pub(super) fn phases(geometry: &ConvGeometry, axis: usize, x: usize, kernel: usize) -> Vec<Result<Phase, (i64, u32)>> {
    let (stride, low) = (geometry.stride[axis] as i64, geometry.low[axis] as i64);
    let (dilation, kernel) = (geometry.dilation[axis] as i64, kernel as i64);
    (0..stride.min(x as i64))
        .map(|rest| {
            let count = (x as i64 - rest + stride - 1) / stride;
            let reaches = |tap: &i64| (rest + low - tap * dilation) % stride == 0;
            let mut taps = (0..kernel).filter(reaches);
            let first = taps.next().ok_or((rest, count as u32))?;
            let second = taps.next();
            let step = second.map_or(1, |second| second - first);
            Ok(Phase {
                rest,
                count: count as u32,
                first,
                step,
                taps: (kernel - first + step - 1).div_euclid(step) as u32,
                start: (rest + low - first * dilation) / stride,
                back: step * dilation / stride,
            })
            .map(|phase: Phase| if second.is_none() { Phase { taps: 1, back: 0, ..phase } } else { phase })
        })
        .collect()
}

/// The channels of a convolution in a call.
struct Channels {
    /// Groups that are repeated.
    groups: usize,
    /// Channels of a group that are columns.
    columns: usize,
    /// Whether columns are groups instead: each channel of A is one, and so is each of C.
    by_column: bool,
}

impl Channels {
    /// Of groups with so many channels of A and of C, at these strides.
    fn of(groups: i64, (of_a, of_c): (i64, i64), strides: (i64, i64)) -> Channels {
        if groups > 1 && (of_a, of_c) == (1, 1) && strides == (1, 1) {
            return Channels { groups: 1, columns: groups as usize, by_column: true };
        }
        Channels { groups: groups as usize, columns: of_c as usize, by_column: false }
    }
}

impl Lowering<'_> {
    /// The calls for a convolution whose finished values are `output`.
    pub(super) fn convolve(&mut self, sum: ValueId, output: ValueId) -> Result<(), Request> {
        let node = self.prims().node(sum).clone();
        let Prim::Conv { form, geometry } = &node.prim else { unreachable!("called for convolutions") };
        match form {
            ConvForm::Forward => self.forward(sum, output, geometry, &node.inputs),
            ConvForm::InputGradient => self.input_gradient(sum, output, geometry, &node.inputs),
            ConvForm::WeightGradient => self.weight_gradient(sum, output, geometry, &node.inputs),
        }
    }

    fn forward(
        &mut self,
        sum: ValueId,
        output: ValueId,
        geometry: &ConvGeometry,
        inputs: &[ValueId],
    ) -> Result<(), Request> {
        let (x, w) = (self.map(inputs[0])?, self.strided(inputs[1])?);
        let y = self.place(output)?;
        let tiled = Tiled { sum, output, from: &x, to: &y, weight: inputs[1], w: &w, adjoint: false, pool: 1 };
        if self.tiled(geometry, &tiled)? {
            return Ok(());
        }
        let call = self.forward_call((sum, output), geometry, inputs, &y, None)?;
        self.call(call)
    }

    /// The call of a forward convolution into `y`: of its finished values `output`, or of a pooling of them.
    pub(super) fn forward_call(
        &self,
        (sum, output): (ValueId, ValueId),
        geometry: &ConvGeometry,
        inputs: &[ValueId],
        y: &Place,
        pooling: Option<&Pooling>,
    ) -> Result<Call, Request> {
        let (x, w) = (self.map(inputs[0])?, self.strided(inputs[1])?);
        let shape = self.prims().ty(pooling.map_or(output, |pooling| pooling.value)).shape.clone();
        let kernel = self.prims().ty(inputs[1]).shape.clone();
        let (groups, rank) = (geometry.groups as i64, shape.len() - 2);
        let (own, per) = (kernel[0] as i64 / groups, kernel[1] as i64);
        let xs = &x.layout.strides;
        let ys = &y.layout.strides;
        let channels = Channels::of(groups, (per, own), (xs[1], ys[1]));
        let mut rows = vec![Axis::new(shape[0], xs[0], 0, ys[0])];
        rows.push(Axis::new(channels.groups, per * xs[1], own * w.strides[0], own * ys[1]));
        let (mut taps, mut joined, mut positions, mut map) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let xs_shape = &self.prims().ty(inputs[0]).shape;
        let mut a_base = x.layout.base;
        for axis in 0..rank {
            let step = geometry.stride[axis] as i64 * xs[axis + 2];
            let mut position = Affine::var(Var(axis as u16 + 2));
            let mut stride = 1;
            if let Some(Pooling { windows, .. }) = pooling {
                let tap = Var((2 + rank + axis) as u16);
                stride = windows.stride[axis] as i64;
                let dilation = windows.dilation[axis] as i64;
                position = position.times(stride).plus(&Affine::var(tap), dilation);
                let by = dilation * geometry.stride[axis] as i64;
                joined.push(Axis::new(windows.kernel[axis], dilation * step, 0, 0).along(axis, by));
            }
            positions.push(position);
            let row = Axis::new(shape[axis + 2], stride * step, 0, ys[axis + 2]);
            rows.push(row.along(axis, stride * geometry.stride[axis] as i64));
            let dilation = geometry.dilation[axis] as i64;
            taps.push(Tap::new(kernel[axis + 2], dilation * xs[axis + 2], w.strides[axis + 2]).along(axis, dilation));
            map.push(MapAxis { first: -(geometry.low[axis] as i64), extent: xs_shape[axis + 2] });
            a_base -= geometry.low[axis] as i64 * xs[axis + 2];
        }
        taps.push(Tap::new(per as usize, xs[1], w.strides[1]));
        let maxima = joined.len();
        rows.extend(joined);
        let columns = Affine::var(Var(rows.len() as u16)).plus(&Affine::var(Var(1)), own);
        let mut index = vec![Affine::var(Var(0)), columns];
        index.extend(positions);
        Ok(Call {
            sum,
            output,
            index,
            rows,
            maxima,
            taps,
            columns: channels.columns,
            column_stride: w.strides[0],
            by_column: channels.by_column,
            map,
            a: (x.buffer, a_base),
            b: (w.buffer, w.base),
            c: (y.buffer, y.layout.base),
            packs: true,
            b_fixed: self.is_fixed(inputs[1]),
            chunk_terms: LONG_CHUNK,
        })
    }

    fn input_gradient(
        &mut self,
        sum: ValueId,
        output: ValueId,
        geometry: &ConvGeometry,
        inputs: &[ValueId],
    ) -> Result<(), Request> {
        let (y, w) = (self.map(inputs[0])?, self.strided(inputs[1])?);
        let x = self.place(output)?;
        let tiled = Tiled { sum, output, from: &y, to: &x, weight: inputs[1], w: &w, adjoint: true, pool: 1 };
        if self.tiled(geometry, &tiled)? {
            return Ok(());
        }
        let shape = self.prims().ty(output).shape.clone();
        let kernel = self.prims().ty(inputs[1]).shape.clone();
        let rank = shape.len() - 2;
        let mut choices: Vec<Vec<Result<Phase, (i64, u32)>>> = vec![Vec::new()];
        for axis in 0..rank {
            let phases = phases(geometry, axis, shape[axis + 2], kernel[axis + 2]);
            let longer = |choice: &Vec<_>, phase| [choice.clone(), vec![phase]].concat();
            choices =
                choices.iter().flat_map(|choice| phases.iter().map(move |&phase| longer(choice, phase))).collect();
        }
        for choice in choices {
            let reached: Result<Vec<Phase>, (i64, u32)> = choice.iter().copied().collect();
            match reached {
                Ok(phases) => self.phase((sum, output), geometry, inputs[1], &phases, (&y, &w, &x), &kernel)?,
                Err(_) => {
                    let (strides, mut start) = (&x.layout.strides, x.layout.base);
                    let mut axes = [FillAxis::UNUSED; 8];
                    axes[0] = FillAxis { extent: shape[0] as u32, stride: strides[0] };
                    axes[1] = FillAxis { extent: shape[1] as u32, stride: strides[1] };
                    for (axis, phase) in choice.iter().enumerate() {
                        let (rest, count) = phase.map_or_else(|empty| empty, |phase| (phase.rest, phase.count));
                        let step = geometry.stride[axis] as i64;
                        axes[axis + 2] = FillAxis { extent: count, stride: step * strides[axis + 2] };
                        start += rest * strides[axis + 2];
                    }
                    let kernel = Kernel::Fill(FillPlan { axes, value: 0.0 });
                    let operands = vec![(x.buffer, start as usize)];
                    let origin = self.origin(output);
                    self.push(Step::Call { kernel, operands, epilogue: None, origin });
                }
            }
        }
        Ok(())
    }

    /// One phase per axis of an input gradient.
    fn phase(
        &mut self,
        (sum, output): (ValueId, ValueId),
        geometry: &ConvGeometry,
        weight: ValueId,
        phases: &[Phase],
        (y, w, x): (&Place, &super::contract::Strided, &Place),
        kernel: &[usize],
    ) -> Result<(), Request> {
        let shape = self.prims().ty(output).shape.clone();
        let groups = geometry.groups as i64;
        let (own, per) = (kernel[0] as i64 / groups, kernel[1] as i64);
        let (xs, ys) = (&x.layout.strides, &y.layout.strides);
        let channels = Channels::of(groups, (own, per), (ys[1], xs[1]));
        let mut rows = vec![Axis::new(shape[0], ys[0], 0, xs[0])];
        rows.push(Axis::new(channels.groups, own * ys[1], own * w.strides[0], per * xs[1]));
        let (mut a_base, mut b_base, mut c_base) = (y.layout.base, w.base, x.layout.base);
        let (mut taps, mut map) = (Vec::new(), Vec::new());
        let columns = Affine::var(Var(phases.len() as u16 + 2)).plus(&Affine::var(Var(1)), per);
        let mut index = vec![Affine::var(Var(0)), columns];
        let ys_shape = self.prims().ty(self.prims().node(sum).inputs[0]).shape.clone();
        for (axis, phase) in phases.iter().enumerate() {
            let step = geometry.stride[axis] as i64;
            rows.push(Axis::new(phase.count as usize, ys[axis + 2], 0, step * xs[axis + 2]).along(axis, 1));
            // From the kernel's last tap to its first, so that they run forwards over y.
            let (last, first) = (i64::from(phase.taps) - 1, phase.start - (i64::from(phase.taps) - 1) * phase.back);
            let of_w = phase.step * w.strides[axis + 2];
            taps.push(Tap::new(phase.taps as usize, phase.back * ys[axis + 2], -of_w).along(axis, phase.back));
            map.push(MapAxis { first, extent: ys_shape[axis + 2] });
            a_base += first * ys[axis + 2];
            b_base += phase.first * w.strides[axis + 2] + last * of_w;
            c_base += phase.rest * xs[axis + 2];
            index.push(Affine::var(Var(axis as u16 + 2)).times(step).offset(phase.rest));
        }
        taps.push(Tap::new(own as usize, ys[1], w.strides[0]));
        self.call(Call {
            sum,
            output,
            index,
            rows,
            maxima: 0,
            taps,
            columns: channels.columns,
            column_stride: if channels.by_column { w.strides[0] } else { w.strides[1] },
            by_column: channels.by_column,
            map,
            a: (y.buffer, a_base),
            b: (w.buffer, b_base),
            c: (x.buffer, c_base),
            packs: true,
            b_fixed: self.is_fixed(weight),
            chunk_terms: LONG_CHUNK,
        })
    }

    /// Sums over images and positions; taps of the kernel are rows, and so is one of the channel axes.
    fn weight_gradient(
        &mut self,
        sum: ValueId,
        output: ValueId,
        geometry: &ConvGeometry,
        inputs: &[ValueId],
    ) -> Result<(), Request> {
        let (x, y) = (self.map(inputs[0])?, self.map(inputs[1])?);
        let w = self.place(output)?;
        if self.tiled_weights(output, geometry, (&x, &y, &w)) {
            return Ok(());
        }
        let shape = self.prims().ty(output).shape.clone();
        let map = self.prims().ty(inputs[1]).shape.clone();
        let rank = shape.len() - 2;
        let groups = geometry.groups as i64;
        let (own, per) = (shape[0] as i64 / groups, shape[1] as i64);
        let (xs, ys, ws) = (&x.layout.strides, &y.layout.strides, &w.layout.strides);
        let by_output = ws[0] == 1;
        // A is the operand whose channels are rows, B the one whose channels are columns.
        let (a, b) = if by_output { (&x, &y) } else { (&y, &x) };
        let pair = |of_x: i64, of_y: i64| if by_output { (of_x, of_y) } else { (of_y, of_x) };
        let axis = |extent: usize, of_x: i64, of_y: i64, of_w: i64| {
            let (a, b) = pair(of_x, of_y);
            Axis::new(extent, a, b, of_w)
        };
        let (row_channels, columns) = if by_output { (per, own) } else { (own, per) };
        debug_assert!(row_channels <= columns, "the longer channel axis becomes columns");
        let column_stride = if by_output { ys[1] } else { xs[1] };
        let channels = Channels::of(groups, (row_channels, columns), (pair(xs[1], ys[1]).0, ws[0]));
        let mut rows = vec![axis(channels.groups, per * xs[1], own * ys[1], own * ws[0])];
        let (mut taps, mut start) = (Vec::new(), x.layout.base);
        let (of_a, of_b) = pair(xs[0], ys[0]);
        taps.push(Tap::new(map[0], of_a, of_b));
        for at in 0..rank {
            let (stride, dilation) = (geometry.stride[at] as i64, geometry.dilation[at] as i64);
            rows.push(axis(shape[at + 2], dilation * xs[at + 2], 0, ws[at + 2]));
            let (of_a, of_b) = pair(stride * xs[at + 2], ys[at + 2]);
            taps.push(Tap::new(map[at + 2], of_a, of_b));
            start -= geometry.low[at] as i64 * xs[at + 2];
        }
        // Chunks count the outermost axis: of images and their rows the longer, so that chunks can be short.
        let goes_on = |outer: Tap, inner: Tap| {
            let steps = i64::from(inner.extent);
            outer.a == inner.a * steps && outer.b == inner.b * steps
        };
        if rank > 1 && taps[1].extent > taps[0].extent && !goes_on(taps[0], taps[1]) {
            taps.swap(0, 1);
        }
        rows.push(if by_output {
            Axis::new(per as usize, xs[1], 0, ws[1])
        } else {
            Axis::new(own as usize, ys[1], 0, ws[0])
        });
        let (a_base, b_base) = pair(start, y.layout.base);
        self.call(Call {
            sum,
            output,
            index: Vec::new(),
            rows,
            maxima: 0,
            taps,
            columns: channels.columns,
            column_stride,
            by_column: channels.by_column,
            map: Vec::new(),
            a: (a.buffer, a_base),
            b: (b.buffer, b_base),
            c: (w.buffer, w.layout.base),
            packs: false,
            b_fixed: false,
            chunk_terms: SHORT_CHUNK,
        })
    }
}
