//! Contiguous runs of the elements that a step writes.

use crate::program::affine::Affine;
use crate::program::places::Extents;
use crate::program::{Extent, LoopKernel, Stmt};
use netc_plan::{ContractPlan, CopyPlan, WinogradPlan, WinogradWeightsPlan};

/// A strided box of elements: first element, extents and strides.
pub(super) struct Area {
    first: i64,
    axes: Vec<(u64, i64)>,
}

impl Area {
    pub fn new(first: i64, axes: impl IntoIterator<Item = (u64, i64)>) -> Area {
        let mut area = Area { first, axes: Vec::new() };
        for (extent, stride) in axes.into_iter().filter(|(extent, _)| *extent > 1) {
            if stride < 0 {
                area.first += stride * (extent as i64 - 1);
            }
            area.axes.push((extent, stride.abs()));
        }
        area.axes.sort_unstable_by_key(|&(_, stride)| stride);
        area
    }

    /// Calls `visit` with the first element and the length of runs that together are the box, in few ascending
    /// sequences.
    pub fn runs(&self, mut visit: impl FnMut(i64, i64)) {
        let mut length = 1;
        let mut outer = Vec::new();
        for &(extent, stride) in &self.axes {
            if stride <= length && outer.is_empty() {
                length += stride * (extent as i64 - 1);
            } else {
                outer.push((extent, stride));
            }
        }
        let mut position = vec![0u64; outer.len()];
        loop {
            let start = outer.iter().zip(&position).map(|(axis, &at)| axis.1 * at as i64).sum::<i64>();
            visit(self.first + start, length);
            let mut axis = 0;
            loop {
                if axis == outer.len() {
                    return;
                }
                position[axis] += 1;
                if position[axis] < outer[axis].0 {
                    break;
                }
                position[axis] = 0;
                axis += 1;
            }
        }
    }
}

/// What a kernel stores to each parameter.
pub(super) fn stored(kernel: &LoopKernel) -> Vec<(u16, Area)> {
    let mut found = Vec::new();
    stores(&kernel.body, &mut vec![(kernel.unit, kernel.units)], &mut found);
    found
}

fn stores(body: &[Stmt], vars: &mut Extents, found: &mut Vec<(u16, Area)>) {
    for stmt in body {
        match stmt {
            Stmt::For { var, extent, body, .. } => {
                let extent = match extent {
                    Extent::Fixed(extent) => *extent,
                    Extent::Columns => super::kernel::COLUMNS,
                };
                vars.push((*var, extent));
                stores(body, vars, found);
                vars.pop();
            }
            Stmt::Store { param, index, .. } => found.push((*param, area(index, vars))),
            Stmt::Let { .. } | Stmt::Assign { .. } => {}
        }
    }
}

/// What an index reaches.
pub(super) fn area(index: &Affine, vars: &Extents) -> Area {
    let axes = index.terms.iter().map(|&(var, factor)| {
        let extent = vars.iter().find(|(known, _)| *known == var).map_or(1, |&(_, extent)| extent);
        (u64::from(extent), factor)
    });
    Area::new(index.constant, axes)
}

/// What a copy writes.
pub(super) fn copied(plan: &CopyPlan) -> Area {
    Area::new(0, plan.axes.iter().map(|axis| (u64::from(axis.extent), axis.destination)))
}

/// What a contraction with unpacked columns writes to C.
pub(super) fn contracted(plan: &ContractPlan) -> Area {
    let outer = plan.outer[..plan.written()].iter().map(|axis| (u64::from(axis.extent), axis.c));
    let rows = [(u64::from(plan.m.extent), plan.m.c), (u64::from(plan.n), 1)];
    Area::new(0, outer.chain(rows))
}

/// What a Winograd convolution writes to y.
pub(super) fn mapped(plan: &WinogradPlan) -> Area {
    let ([height, width], y) = (plan.windows(), &plan.y);
    let axes = [(plan.images, y.image), (height, y.row), (width, y.pixel), (plan.n, 1)];
    Area::new(0, axes.map(|(extent, stride)| (u64::from(extent), stride)))
}

/// What a Winograd weight gradient writes to w.
pub(super) fn weighed(plan: &WinogradWeightsPlan) -> Area {
    let [row, column, by_k, by_n] = plan.w;
    let axes = [(3, row), (3, column), (plan.k, by_k), (plan.n, by_n)];
    Area::new(0, axes.map(|(extent, stride)| (u64::from(extent), stride)))
}
