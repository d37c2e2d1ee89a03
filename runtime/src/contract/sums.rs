//! The first phase: from units to tiles.

use core::ops::Range;

use netc_plan::kernels::{ContractUnits, contract_pointer, split_range};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::ContractCall;
use super::finish::operand_offset;
use super::tile::{Finish, Tile};

/// Computes units `begin..end` of a contraction.
///
/// # Safety
/// `plan` points to a [`ContractCall`], `pointers` to its table, whose operands reach as far as the plan says; no other
/// thread runs these units or touches the elements of C that they write.
pub(crate) unsafe extern "C" fn sums(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<ContractCall>() };
    for unit in begin..end {
        if let Some(vector) = &call.vector {
            // SAFETY: by the caller's promise.
            unsafe { call.vector_unit(vector, pointers, unit) };
        } else {
            // SAFETY: by the caller's promise.
            unsafe { call.unit(pointers, unit) };
        }
    }
}

/// What a unit knows about the panel that it is in.
struct PanelPart {
    panel: u32,
    columns: u32,
    /// Reduction axes with B's strides as they are in this panel.
    axes: [TapAxis; 5],
    /// Stride of C over rows in this panel.
    c_row: isize,
}

impl ContractCall {
    /// Computes one unit: its chunks outermost, so that a chunk's part of A and B is read while it is in the cache.
    ///
    /// # Safety
    /// As for [`sums`].
    unsafe fn unit(&self, pointers: *const *mut f32, unit: u32) {
        let grid = &self.grid;
        let row_group = unit % grid.row_groups;
        let panel_group = unit / grid.row_groups % grid.panel_groups;
        let chunk_group = unit / grid.row_groups / grid.panel_groups;
        let (row_begin, row_end) = split_range(grid.row_blocks, grid.row_groups, row_group);
        let (panel_begin, panel_end) = split_range(u64::from(grid.panels), grid.panel_groups, panel_group);
        let chunks = if self.plan.slots { chunk_group..chunk_group + 1 } else { 0..self.plan.chunks() };
        for chunk in chunks {
            for panel in panel_begin as u32..panel_end as u32 {
                // SAFETY: by the caller's promise.
                unsafe { self.panel_rows(pointers, chunk, panel, row_begin..row_end) };
            }
        }
    }

    /// Computes the row blocks `blocks` of one panel and one chunk.
    ///
    /// # Safety
    /// As for [`sums`].
    unsafe fn panel_rows(&self, pointers: *const *mut f32, chunk: u32, panel: u32, blocks: Range<u64>) {
        let plan = &self.plan;
        let part = self.panel_part(panel);
        let (axes, a_chunk, b_chunk) = chunk_of(plan, part.axes, chunk);
        let blocks_per_position = u64::from(self.grid.m_blocks);
        let mut outer = position(plan, blocks.start / blocks_per_position);
        let mut block = (blocks.start % blocks_per_position) as u32;
        for row_block in blocks {
            let (m_begin, m_end) = split_range(u64::from(plan.m.extent), self.grid.m_blocks, block);
            let mut a = a_chunk;
            let mut b = b_chunk + i64::from(panel) * plan.b_panels.stride;
            for (axis, &at) in outer.iter().enumerate() {
                a += i64::from(at) * plan.outer[axis].a;
                b += i64::from(at) * plan.b_panels.scale_outer(axis, plan.outer[axis].b, panel, plan.n);
            }
            // SAFETY: the table has these entries.
            let (c, a, b) = unsafe {
                (
                    self.output(pointers, chunk, &outer, row_block, &part),
                    (*pointers.add(contract_pointer::A)).wrapping_offset(a as isize).cast_const(),
                    (*pointers.add(contract_pointer::B)).wrapping_offset(b as isize).cast_const(),
                )
            };
            let c_row = if plan.slots { plan.n as isize } else { part.c_row };
            let base = Tile {
                a,
                b,
                c,
                a_row: plan.m.a as isize,
                c_row,
                taps: [0, 1, 2, 3].map(|axis| triple(axes[axis])),
                k: triple(axes[4]),
                columns: part.columns,
                add: chunk > 0 && !plan.slots,
                finish: Finish::NONE,
            };
            // SAFETY: by the caller's promise.
            unsafe { self.block(pointers, base, &part, &outer, chunk, m_begin as u32..m_end as u32) };
            block += 1;
            if block == self.grid.m_blocks {
                block = 0;
                advance(plan, &mut outer);
            }
        }
    }

    fn panel_part(&self, panel: u32) -> PanelPart {
        let plan = &self.plan;
        let [t0, t1, t2, t3] = plan.taps;
        let axes = [t0, t1, t2, t3, plan.k];
        PanelPart {
            panel,
            columns: (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS),
            axes: axes.map(|axis| TapAxis { b: plan.b_panels.scale(axis.b, panel, plan.n), ..axis }),
            c_row: plan.c_panels.scale(plan.m.c, panel, plan.n) as isize,
        }
    }

    /// Row 0 of the outer position in this panel of C, or of the chunk's slot.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    unsafe fn output(
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
        for (axis, &at) in outer.iter().enumerate() {
            offset += i64::from(at) * plan.c_panels.scale_outer(axis, plan.outer[axis].c, part.panel, plan.n);
        }
        // SAFETY: the table has an entry for C.
        unsafe { (*pointers.add(contract_pointer::C)).wrapping_offset(offset as isize) }
    }

    /// Cuts rows `rows` of one outer position into tiles of nearly equal height and computes them.
    ///
    /// # Safety
    /// As for [`sums`]; `base` describes row 0.
    unsafe fn block(
        &self,
        pointers: *const *mut f32,
        base: Tile,
        part: &PanelPart,
        outer: &[u32; 6],
        chunk: u32,
        rows: Range<u32>,
    ) {
        let plan = &self.plan;
        let is_final = !plan.slots && chunk + 1 == plan.chunks();
        let mut finish = Finish::NONE;
        if is_final && self.in_registers {
            finish.relu = plan.epilogue.rectifies();
            for index in 0..plan.operand_count as usize {
                let (offset, stride) = operand_offset(plan, index, outer, part.panel);
                // SAFETY: the table holds the operand's base.
                let operand = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                finish.operands[index] = (operand.wrapping_offset(offset as isize).cast_const(), stride as isize);
            }
        }
        let count = rows.end - rows.start;
        let tiles = count.div_ceil(self.most_rows());
        let mut row = rows.start;
        for index in 0..tiles {
            let height = (count - (row - rows.start)).div_ceil(tiles - index);
            // SAFETY: by the caller's promise.
            unsafe { self.tile_row(&base, &finish, row, height) };
            if is_final && !self.in_registers {
                let c = base.c.wrapping_offset(row as isize * base.c_row);
                // SAFETY: the tile's rows are stored.
                unsafe { self.finish_rows(pointers, outer, part.panel, row..row + height, c, base.c_row) };
            }
            row += height;
        }
    }

    /// Most rows of a tile. Rows whose distance is a multiple of 4 KiB share one set of the first-level cache, which
    /// holds eight lines: more rows than that would evict each other's lines after one element.
    fn most_rows(&self) -> u32 {
        const ELEMENTS: u64 = 1024;
        let crowds = self.plan.m.a != 0 && self.plan.m.a.unsigned_abs().is_multiple_of(ELEMENTS);
        let rows = self.tiles().rows();
        if crowds { rows.min(7) } else { rows }
    }

    /// Computes `height` rows from `row` over all columns of the panel, in tiles as wide as the registers allow.
    ///
    /// # Safety
    /// As for [`sums`]; `base` describes row 0.
    #[inline]
    pub(super) unsafe fn tile_row(&self, base: &Tile, finish: &Finish, row: u32, height: u32) {
        let row = row as isize;
        let tiles = self.tiles();
        let mut column = 0;
        while column < base.columns {
            let (kernel, columns) = tiles.kernel(height, base.columns - column);
            let at = column as usize;
            let operands = finish.operands.map(|(pointer, stride)| {
                if pointer.is_null() {
                    (pointer, 0)
                } else {
                    (pointer.wrapping_offset(row * stride).wrapping_add(at), stride)
                }
            });
            let tile = Tile {
                a: base.a.wrapping_offset(row * base.a_row),
                b: base.b.wrapping_add(at),
                c: base.c.wrapping_offset(row * base.c_row).wrapping_add(at),
                columns,
                finish: Finish { operands, relu: finish.relu },
                ..*base
            };
            // SAFETY: the kernel was chosen for an instruction set that the processor has and for this many rows.
            unsafe { kernel(&tile) };
            column += columns;
        }
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

/// The outer position of a lexicographic index.
pub(super) fn position(plan: &ContractPlan, mut index: u64) -> [u32; 6] {
    let mut outer = [0; 6];
    if index == 0 {
        // Twelve divisions cost more than a small product.
        return outer;
    }
    for axis in (0..6).rev() {
        let extent = u64::from(plan.outer[axis].extent);
        outer[axis] = (index % extent) as u32;
        index /= extent;
    }
    outer
}

/// Moves to the next outer position.
pub(super) fn advance(plan: &ContractPlan, outer: &mut [u32; 6]) {
    for axis in (0..6).rev() {
        outer[axis] += 1;
        if outer[axis] < plan.outer[axis].extent {
            return;
        }
        outer[axis] = 0;
    }
}

// Row blocks and tile heights are chosen together: a block of 84 rows is six tiles of 14 or fourteen of 6.
const _: () = assert!(ContractUnits::BLOCK_ROWS.is_multiple_of(14) && ContractUnits::BLOCK_ROWS.is_multiple_of(6));
