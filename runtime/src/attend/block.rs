//! One block of queries at one outer position.

use core::ops::Range;

use netc_plan::AttendPlan;

use super::AttendCall;
use super::rows::{Divide, Softmax};
use crate::contract::tile::{Heights, Tile};
use crate::lanes::dispatch_on;

/// Operands at an outer position.
pub(super) struct Operands {
    pub o: *mut f32,
    pub q: *const f32,
    pub k: *const f32,
    pub v: *const f32,
}

/// Columns of a tile, and keys of a panel.
pub(super) const COLUMNS: usize = AttendPlan::BLOCK as usize;

/// Parts of a thread's scratch.
struct Scratch {
    /// A row of scores per query of the block.
    scores: *mut f32,
    /// Keys as columns, depth by depth.
    panel: *mut f32,
    /// Sums of some queries before the division.
    tile: *mut f32,
    /// Sum of the weights per query.
    sums: *mut f32,
}

impl AttendCall {
    /// Computes the queries of a block.
    ///
    /// # Safety
    /// As for [`super::attend`]; the operands are at an outer position of the plan and `queries` lie in it.
    pub(super) unsafe fn block(&self, operands: &Operands, queries: Range<u32>, scratch: *mut f32) {
        let plan = &self.plan;
        let rows = plan.block_rows() as usize;
        let panel = scratch.wrapping_add(rows * plan.score_stride() as usize);
        let tile = panel.wrapping_add(COLUMNS * plan.depth.extent as usize);
        let sums = tile.wrapping_add(COLUMNS * rows);
        let scratch = Scratch { scores: scratch, panel, tile, sums };
        let panels = plan.reached(queries.end - 1).div_ceil(AttendPlan::BLOCK);
        for panel in 0..panels {
            // SAFETY: by the caller's promise.
            unsafe {
                self.pack(operands.k, panel, scratch.panel);
                self.scores(operands, &scratch, queries.clone(), panel);
            }
        }
        let count = queries.len();
        // SAFETY: scratch has these rows and sums, every key that is reached has a score, and the processor has the
        // instructions.
        unsafe {
            let scores = core::slice::from_raw_parts_mut(scratch.scores, count * plan.score_stride() as usize);
            let sums = core::slice::from_raw_parts_mut(scratch.sums, count);
            dispatch_on(self.isa(), Softmax { plan, queries: queries.clone(), scores, sums });
        }
        let step = if plan.causal { AttendPlan::BLOCK } else { plan.block_rows() };
        for first in (queries.start..queries.end).step_by(step as usize) {
            let group = first..queries.end.min(first + step);
            // SAFETY: by the caller's promise.
            unsafe { self.values(operands, &scratch, queries.start, group) };
        }
    }

    /// Products of the block's queries with a panel of keys.
    ///
    /// # Safety
    /// As for [`AttendCall::block`]; the panel is packed.
    unsafe fn scores(&self, operands: &Operands, scratch: &Scratch, queries: Range<u32>, panel: u32) {
        let plan = &self.plan;
        let first_key = panel * AttendPlan::BLOCK;
        let stride = plan.score_stride() as isize;
        // Queries before the panel's first key see none of it.
        let start = if plan.causal { queries.start.max(first_key) } else { queries.start };
        let base = Tile {
            a: operands.q,
            b: scratch.panel,
            c: scratch.scores.wrapping_add(first_key as usize),
            a_row: plan.queries.first as isize,
            c_row: stride,
            k: (plan.depth.extent as usize, plan.depth.first as isize, COLUMNS as isize),
            columns: (plan.keys.extent - first_key).min(AttendPlan::BLOCK),
            ..Tile::PLAIN
        };
        for (first, height) in Heights::of(queries.end - start, self.tiles().rows()).each() {
            let row = start + first;
            let tile = Tile {
                a: base.a.wrapping_offset(row as isize * base.a_row),
                c: base.c.wrapping_offset((row - queries.start) as isize * stride),
                ..base
            };
            // SAFETY: by the caller's promise.
            unsafe { self.tiles().across(&mut tile.clone(), &tile, 0, height) };
        }
    }

    /// Weighted sums of the values for a group of queries that reach the same keys, divided by the sums of weights.
    ///
    /// # Safety
    /// As for [`AttendCall::block`], whose first query is `first`; the scores are weights.
    unsafe fn values(&self, operands: &Operands, scratch: &Scratch, first: u32, group: Range<u32>) {
        let plan = &self.plan;
        let stride = plan.score_stride() as isize;
        let reached = plan.reached(group.start) as usize;
        let base = Tile {
            a: scratch.scores,
            b: operands.v,
            c: scratch.tile,
            a_row: stride,
            c_row: COLUMNS as isize,
            k: (reached, 1, plan.keys.second as isize),
            ..Tile::PLAIN
        };
        for column in (0..plan.width.extent).step_by(COLUMNS) {
            let columns = (plan.width.extent - column).min(AttendPlan::BLOCK);
            for (offset, height) in Heights::of(group.len() as u32, self.tiles().rows()).each() {
                let row = group.start + offset;
                let at = (row - first) as isize;
                let tile = Tile {
                    a: base.a.wrapping_offset(at * stride),
                    b: base.b.wrapping_add(column as usize),
                    columns,
                    ..base
                };
                // SAFETY: by the caller's promise.
                unsafe { self.tiles().across(&mut tile.clone(), &tile, 0, height) };
                let o = operands.o.wrapping_offset(row as isize * plan.queries.second as isize);
                let o = o.wrapping_offset(column as isize * plan.width.second as isize);
                // SAFETY: the tile's sums and the queries' sums of weights were stored; O has these rows and columns.
                unsafe { self.divide(scratch, at, height, columns, o) };
            }
        }
    }

    /// Divides the rows of a tile by the sums of the weights.
    ///
    /// # Safety
    /// The tile and the sums from `first` on have `height` rows, O has as many from `o`, of `columns` features.
    unsafe fn divide(&self, scratch: &Scratch, first: isize, height: u32, columns: u32, o: *mut f32) {
        let plan = &self.plan;
        // SAFETY: by the caller's promise.
        let (from, sums) = unsafe {
            (
                core::slice::from_raw_parts(scratch.tile, height as usize * COLUMNS),
                core::slice::from_raw_parts(scratch.sums.offset(first), height as usize),
            )
        };
        if plan.width.second == 1 {
            let to = (o, plan.queries.second as isize);
            // SAFETY: the processor has the instructions.
            unsafe { dispatch_on(self.isa(), Divide { from, sums, columns: columns as usize, to }) };
            return;
        }
        for (line, (row, &sum)) in from.chunks_exact(COLUMNS).zip(sums).enumerate() {
            let o = o.wrapping_offset(line as isize * plan.queries.second as isize);
            for (lane, value) in row[..columns as usize].iter().enumerate() {
                // SAFETY: by the caller's promise.
                unsafe { *o.wrapping_offset(lane as isize * plan.width.second as isize) = value / sum };
            }
        }
    }
}
