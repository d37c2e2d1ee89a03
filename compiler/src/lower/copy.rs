//! Strided copies: packing, transposes, borders.

use super::Lowering;
use super::contract::Strided;
use super::layout::Layout;
use crate::prim::ValueId;
use crate::program::{BufferId, Step};
use netc_plan::{Axis, CopyAxis, CopyPlan, FillPlan, Kernel};

/// A copy and where it begins relative to the bases of source and destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Moved {
    pub plan: CopyPlan,
    pub source: i64,
    pub destination: i64,
}

/// The copies that pack matrices, one per position of `outer`, whose rows are `rows` and whose columns are cut into
/// panels of 32; axes are extents and source strides.
pub(super) fn pack(outer: &[(u32, i64)], rows: &[(u32, i64)], columns: u32, column_stride: i64) -> Vec<Moved> {
    let height: i64 = rows.iter().map(|&(extent, _)| i64::from(extent)).product();
    let whole = height * i64::from(columns.next_multiple_of(8));
    let part = |panels: u32, columns: u32| {
        let width = columns.next_multiple_of(8);
        let mut stride = i64::from(width);
        let mut axes = vec![CopyAxis::new(columns, column_stride, 1).padded(0, width - columns)];
        for &(extent, source) in rows.iter().rev() {
            axes.push(CopyAxis::new(extent, source, stride));
            stride *= i64::from(extent);
        }
        axes.push(CopyAxis::new(panels, 32 * column_stride, 32 * height));
        let mut stride = whole;
        for &(extent, source) in outer.iter().rev() {
            axes.push(CopyAxis::new(extent, source, stride));
            stride *= i64::from(extent);
        }
        axes
    };
    let (full, tail) = (columns / 32, columns % 32);
    let mut moves = Vec::new();
    if full > 0 {
        moves.extend(plans(part(full, 32), 0, 0));
    }
    if tail > 0 {
        let first = i64::from(full) * 32;
        moves.extend(plans(part(1, tail), first * column_stride, first * height));
    }
    moves
}

/// Copies over any number of axes, innermost first: neighbours that walk as one are merged; axes beyond eight are
/// written out.
fn plans(axes: Vec<CopyAxis>, source: i64, destination: i64) -> Vec<Moved> {
    let mut merged: Vec<CopyAxis> = Vec::new();
    for axis in axes.into_iter().filter(|axis| axis.extent > 1) {
        let steps = merged.last().map_or(0, |inner| i64::from(inner.extent));
        match merged.last_mut() {
            Some(inner)
                if inner.valid == inner.extent
                    && axis.valid == axis.extent
                    && axis.source == inner.source * steps
                    && axis.destination == inner.destination * steps =>
            {
                *inner = CopyAxis::new(inner.extent * axis.extent, inner.source, inner.destination);
            }
            _ => merged.push(axis),
        }
    }
    if let Some(plan) = CopyPlan::new(&merged) {
        return vec![Moved { plan, source, destination }];
    }
    let outermost = merged.pop().expect("more than eight axes");
    let turn = |at: u32| {
        let at = i64::from(at);
        plans(merged.clone(), source + at * outermost.source, destination + at * outermost.destination)
    };
    (0..outermost.extent).flat_map(turn).collect()
}

impl Lowering<'_> {
    /// Copies strided memory into a buffer of a layout, zeros around included.
    pub(super) fn copy(&mut self, from: &Strided, shape: &[usize], to: BufferId, layout: &Layout, of: ValueId) {
        let mut order: Vec<usize> = (0..shape.len()).collect();
        order.sort_by_key(|&axis| layout.strides[axis]);
        let axis = |axis: usize| {
            let (low, high) = layout.halo[axis];
            CopyAxis::new(shape[axis] as u32, from.strides[axis], layout.strides[axis]).padded(low as u32, high as u32)
        };
        let axes = order.into_iter().map(axis).collect();
        let origin = self.origin(of);
        for moved in plans(axes, from.base, 0) {
            let operands = vec![(to, moved.destination as usize), (from.buffer, moved.source as usize)];
            self.push(Step::Call { kernel: Kernel::Copy(moved.plan), operands, epilogue: None, origin });
        }
    }

    /// Zeros around a value, before it is written for the first time.
    pub(super) fn zero_halo(&mut self, buffer: BufferId, layout: &Layout, shape: &[usize], of: ValueId) {
        if !layout.has_halo() || !self.zeroed.insert(buffer) {
            return;
        }
        let origin = self.origin(of);
        // Axes before `axis` run over everything, those after it over the value alone: the pieces do not overlap.
        for axis in 0..shape.len() {
            let (low, high) = layout.halo[axis];
            let mut axes = [Axis::UNUSED; 8];
            let mut start = layout.base;
            for other in 0..shape.len() {
                let (before, after) = layout.halo[other];
                let extent = if other < axis { before + shape[other] + after } else { shape[other] };
                start -= if other < axis { before as i64 * layout.strides[other] } else { 0 };
                axes[other] = Axis { extent: extent as u32, stride: layout.strides[other] };
            }
            let pieces = [(low, -(low as i64)), (high, shape[axis] as i64)];
            for (width, first) in pieces.into_iter().filter(|piece| piece.0 > 0) {
                axes[axis].extent = width as u32;
                let from = start + first * layout.strides[axis];
                let kernel = Kernel::Fill(FillPlan { axes, value: 0.0 });
                let operands = vec![(buffer, from as usize)];
                self.push(Step::Call { kernel, operands, epilogue: None, origin });
            }
        }
    }
}
