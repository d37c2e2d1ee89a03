//! The first phase: from units to tiles.

use core::ops::Range;

use netc_plan::kernels::{contract_pointer, split_range};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::ContractCall;
use super::rows::{Cut, RowBlock};
use super::stage;
use super::tile::Tile;
use super::units::{Rectangle, rectangles};

/// Computes units `begin..end` of a contraction.
///
/// # Safety
/// `plan` points to a [`ContractCall`], `pointers` to its table, whose operands reach as far as the plan says; no other
/// thread runs these units or touches the elements of C that they write; `scratch` holds the plan's `scratch_floats`.
pub(crate) unsafe extern "C" fn sums(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<ContractCall>() };
    if let Some(vector) = &call.vector {
        for unit in begin..end {
            // SAFETY: by the caller's promise.
            unsafe { call.vector_unit(vector, pointers, unit) };
        }
        return;
    }
    for Rectangle { chunk_group, row_blocks, panel_groups } in rectangles(call.grid, begin..end) {
        for panel_group in panel_groups {
            // SAFETY: by the caller's promise.
            unsafe { call.rows_of_panels(pointers, chunk_group, panel_group, row_blocks.clone(), scratch) };
        }
    }
}

/// What a unit knows about the panel that it is in.
pub(super) struct PanelPart {
    pub panel: u32,
    pub columns: u32,
    /// Reduction axes with B's strides as they are in this panel.
    pub axes: [TapAxis; 5],
    /// Stride of C over rows in this panel.
    pub c_row: isize,
    /// Strides of B and C over the outer axes in this panel.
    outer_b: [i64; 6],
    outer_c: [i64; 6],
}

impl ContractCall {
    /// Computes row blocks of a group of panels: its chunks outermost, so that a chunk's part of A and B is read while
    /// it is in the cache.
    ///
    /// # Safety
    /// As for [`sums`].
    unsafe fn rows_of_panels(
        &self,
        pointers: *const *mut f32,
        chunk_group: u32,
        panel_group: u32,
        row_blocks: Range<u64>,
        scratch: *mut f32,
    ) {
        let (panel_begin, panel_end) = split_range(u64::from(self.grid.panels), self.grid.panel_groups, panel_group);
        let panels = panel_begin as u32..panel_end as u32;
        let chunks = if self.plan.slots { chunk_group..chunk_group + 1 } else { 0..self.chunks };
        for chunk in chunks {
            if self.stages_a {
                // SAFETY: by the caller's promise.
                unsafe { self.staged_rows(pointers, chunk, panels.clone(), row_blocks.clone(), scratch) };
            } else {
                for panel in panels.clone() {
                    // SAFETY: by the caller's promise.
                    unsafe {
                        if self.joins_windows(panel) {
                            self.joined_rows(pointers, panel, row_blocks.clone());
                        } else {
                            self.panel_rows(pointers, chunk, panel, row_blocks.clone(), scratch);
                        }
                    }
                }
            }
        }
    }

    /// Computes the row blocks `blocks` of one panel and one chunk.
    ///
    /// # Safety
    /// As for [`sums`].
    unsafe fn panel_rows(
        &self,
        pointers: *const *mut f32,
        chunk: u32,
        panel: u32,
        blocks: Range<u64>,
        scratch: *mut f32,
    ) {
        let plan = &self.plan;
        let part = self.panel_part(panel);
        let (mut axes, a_chunk, b_chunk) = chunk_of(plan, part.axes, chunk);
        let a_panel = a_chunk + i64::from(panel * Panels::COLUMNS) * plan.a_column;
        let stages_b = self.stages_b;
        if stages_b {
            // SAFETY: the scratch holds a panel of a chunk; B may be read as far as the plan reaches.
            unsafe {
                let b = self.b(pointers, &[0; 6], &part, b_chunk);
                self.tiles().stage_b(b, &axes, part.columns, scratch);
            }
            axes = stage::dense(axes);
        }
        let terms = axes.iter().map(|axis| axis.extent as usize).product();
        let share = Tile::share(self.most_rows(), &axes);
        // SAFETY: by the caller's promise.
        let next = unsafe { self.next_panel(pointers, &part, b_chunk, terms) };
        let is_final = self.is_final(chunk);
        let outermost = plan.taps.iter().position(|tap| tap.extent > 1).unwrap_or(0);
        let (first_block, block_count) = (blocks.start, blocks.end - blocks.start);
        let mut cut: Option<Cut> = None;
        for (index, mut outer, rows) in self.row_blocks(blocks) {
            let count = rows.end - rows.start;
            // Row blocks have one of two heights, mostly that of the block before.
            let cut = match &mut cut {
                Some(known) if known.rows == count => known,
                unknown => unknown.insert(self.cut(count, block_count, next)),
            };
            for joined in 0..self.joined {
                if joined > 0 {
                    advance(plan, &mut outer, plan.written()..6);
                }
                // SAFETY: the table has these entries.
                let (c, mut a, mut b) = unsafe {
                    (
                        self.output(pointers, chunk, &outer, index, &part),
                        self.a(pointers, &outer, a_panel),
                        if stages_b { scratch.cast_const() } else { self.b(pointers, &outer, &part, b_chunk) },
                    )
                };
                let mut taps = [0, 1, 2, 3].map(|axis| triple(axes[axis]));
                if !plan.tap_border.is_none() {
                    let tap = &mut taps[outermost];
                    let (begin, end) = self.taps_inside(&outer, chunk, tap.0 as u32);
                    tap.0 = (end - begin) as usize;
                    a = a.wrapping_offset(begin as isize * tap.1);
                    b = b.wrapping_offset(begin as isize * tap.2);
                }
                let base = Tile {
                    a,
                    b,
                    c,
                    a_row: plan.m.a as isize,
                    c_row: self.output_row(&part),
                    taps,
                    k: triple(axes[4]),
                    columns: part.columns,
                    add: chunk > 0 && !plan.slots,
                    joins: joined > 0,
                    share,
                    ..Tile::PLAIN
                };
                let is_final = is_final && joined + 1 == self.joined;
                let block = RowBlock {
                    part: &part,
                    outer: &outer,
                    is_final,
                    turn: index - first_block,
                    rows: rows.clone(),
                    cut,
                };
                // SAFETY: by the caller's promise.
                unsafe { self.block(pointers, &base, &block) };
            }
        }
    }

    /// Which of a chunk's `count` iterations of the outermost reduction axis read the map; all, should none do.
    pub(super) fn taps_inside(&self, outer: &[u32; 6], chunk: u32, count: u32) -> (u32, u32) {
        let skipped = chunk * self.plan.chunk;
        let (begin, end) = self.plan.tap_border.inside(outer, 0, skipped + count);
        let (begin, end) = (begin.max(skipped) - skipped, end.max(skipped) - skipped);
        if begin < end { (begin, end) } else { (0, count) }
    }

    /// Row blocks of the grid: which one, its outer position, its rows of m.
    pub(super) fn row_blocks(&self, blocks: Range<u64>) -> impl Iterator<Item = (u64, [u32; 6], Range<u32>)> {
        let (plan, m_blocks) = (&self.plan, self.grid.m_blocks);
        let mut outer = position(plan, blocks.start / u64::from(m_blocks));
        let mut block = (blocks.start % u64::from(m_blocks)) as u32;
        let extent = plan.m.extent;
        let mut begin = split_range(u64::from(extent), m_blocks, block).0 as u32;
        blocks.map(move |index| {
            if block == m_blocks {
                (block, begin) = (0, 0);
                advance(plan, &mut outer, 0..plan.written());
            }
            block += 1;
            // Two divisions less for blocks that are whole rows of a map.
            let end = if block == m_blocks { extent } else { split_range(u64::from(extent), m_blocks, block).0 as u32 };
            let rows = begin..end;
            begin = end;
            (index, outer, rows)
        })
    }

    /// Whether a chunk's sums are complete, so that the epilogue follows.
    pub(super) fn is_final(&self, chunk: u32) -> bool {
        !self.plan.slots && chunk + 1 == self.chunks
    }

    /// Row 0 of A at the outer position.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    pub(super) unsafe fn a(&self, pointers: *const *mut f32, outer: &[u32; 6], chunk: i64) -> *const f32 {
        let axes = outer.iter().zip(&self.plan.outer);
        let offset = chunk + axes.map(|(&at, axis)| i64::from(at) * axis.a).sum::<i64>();
        // SAFETY: the table has an entry for A.
        unsafe { (*pointers.add(contract_pointer::A)).wrapping_offset(offset as isize).cast_const() }
    }

    /// Column 0 of the panel of B at the outer position.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    pub(super) unsafe fn b(
        &self,
        pointers: *const *mut f32,
        outer: &[u32; 6],
        part: &PanelPart,
        chunk: i64,
    ) -> *const f32 {
        let plan = &self.plan;
        let mut offset = chunk + i64::from(part.panel) * plan.b_panels.stride;
        for (&at, stride) in outer.iter().zip(part.outer_b) {
            offset += i64::from(at) * stride;
        }
        // SAFETY: the table has an entry for B.
        unsafe { (*pointers.add(contract_pointer::B)).wrapping_offset(offset as isize).cast_const() }
    }

    /// Stride over rows of what the first phase writes.
    pub(super) fn output_row(&self, part: &PanelPart) -> isize {
        if self.plan.slots { self.plan.n as isize } else { part.c_row }
    }

    pub(super) fn panel_part(&self, panel: u32) -> PanelPart {
        let plan = &self.plan;
        let [t0, t1, t2, t3] = plan.taps;
        let axes = [t0, t1, t2, t3, plan.k];
        let outer_axes = [0, 1, 2, 3, 4, 5];
        PanelPart {
            panel,
            columns: (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS),
            axes: axes.map(|axis| TapAxis { b: plan.b_panels.scale(axis.b, panel, plan.n), ..axis }),
            c_row: plan.c_panels.scale(plan.m.c, panel, plan.n) as isize,
            outer_b: outer_axes.map(|axis| plan.b_panels.scale_outer(axis, plan.outer[axis].b, panel, plan.n)),
            outer_c: outer_axes.map(|axis| plan.c_panels.scale_outer(axis, plan.outer[axis].c, panel, plan.n)),
        }
    }

    /// Row 0 of the outer position in this panel of C, or of the chunk's slot.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    pub(super) unsafe fn output(
        &self,
        pointers: *const *mut f32,
        chunk: u32,
        outer: &[u32; 6],
        row_block: u64,
        part: &PanelPart,
    ) -> *mut f32 {
        let plan = &self.plan;
        if plan.slots {
            let rows = row_block / u64::from(self.grid.m_blocks) * u64::from(plan.m.extent);
            let slot = u64::from(chunk) * plan.outer_positions() * u64::from(plan.m.extent);
            let offset = (slot + rows) * u64::from(plan.n) + u64::from(part.panel * Panels::COLUMNS);
            // SAFETY: the table has an entry for slots, which hold `slot_floats` elements.
            return unsafe { (*pointers.add(contract_pointer::SLOTS)).wrapping_offset(offset as isize) };
        }
        let mut offset = i64::from(part.panel) * plan.c_panels.stride;
        for (&at, stride) in outer.iter().zip(part.outer_c) {
            offset += i64::from(at) * stride;
        }
        // SAFETY: the table has an entry for C.
        unsafe { (*pointers.add(contract_pointer::C)).wrapping_offset(offset as isize) }
    }
}

/// The reduction axes cut down to one chunk, and the chunk's offsets in A and B.
pub(super) fn chunk_of(plan: &ContractPlan, mut axes: [TapAxis; 5], chunk: u32) -> ([TapAxis; 5], i64, i64) {
    if plan.chunk == 0 {
        return (axes, 0, 0);
    }
    let outermost = axes.iter().position(|axis| axis.extent > 1).unwrap_or(4);
    let axis = &mut axes[outermost];
    let begin = chunk * plan.chunk;
    let (a, b) = (i64::from(begin) * axis.a, i64::from(begin) * axis.b);
    axis.extent = plan.chunk.min(axis.extent - begin);
    (axes, a, b)
}

pub(super) const fn triple(axis: TapAxis) -> (usize, isize, isize) {
    (axis.extent as usize, axis.a as isize, axis.b as isize)
}

/// The outer position of a lexicographic index of those at which C is written.
pub(super) fn position(plan: &ContractPlan, mut index: u64) -> [u32; 6] {
    let mut outer = [0; 6];
    if index == 0 {
        // Twelve divisions cost more than a small product.
        return outer;
    }
    for axis in (0..plan.written()).rev() {
        let extent = u64::from(plan.outer[axis].extent);
        outer[axis] = (index % extent) as u32;
        index /= extent;
    }
    outer
}

/// Moves to the next position of these outer axes.
pub(super) fn advance(plan: &ContractPlan, outer: &mut [u32; 6], axes: Range<usize>) {
    for axis in axes.rev() {
        outer[axis] += 1;
        if outer[axis] < plan.outer[axis].extent {
            return;
        }
        outer[axis] = 0;
    }
}
