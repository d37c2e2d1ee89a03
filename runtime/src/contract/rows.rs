//! Rows of one panel: cut into tiles of nearly equal height, computed, finished.

use core::ops::Range;

use netc_plan::kernels::{ContractUnits, contract_pointer};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::ContractCall;
use super::finish::operand_offset;
use super::sums::PanelPart;
use super::tile::{Fetch, Finish, Tile};

/// A run of rows of one outer position in one panel and chunk.
pub(super) struct RowBlock<'a> {
    pub part: &'a PanelPart,
    pub outer: &'a [u32; 6],
    /// Whether the chunk is the last, after which the epilogue is applied.
    pub is_final: bool,
    /// Which of the grid's row blocks.
    pub index: u64,
    /// Rows of m.
    pub rows: Range<u32>,
    pub next: Option<NextPanel>,
}

/// The panel of B that the unit reads next.
#[derive(Clone, Copy)]
pub(super) struct NextPanel {
    pub start: *const f32,
    pub bytes: usize,
    /// Terms of a tile.
    pub terms: usize,
}

/// What the next row block reads of A and this one does not, as one stretch of memory: for a convolution the rows of the
/// map below those that its filter covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextRows {
    /// From the row block's first element.
    offset: isize,
    /// 0 if it is not known where the next row block lies.
    bytes: usize,
    /// Terms of a tile.
    terms: usize,
}

impl NextRows {
    /// The innermost outer axis in use leads to the next row block, the outermost tap in use to the filter's next row.
    pub const fn of(plan: &ContractPlan) -> Self {
        let mut axis = plan.written().saturating_sub(1);
        while axis > 0 && plan.outer[axis].extent == 1 {
            axis -= 1;
        }
        let step = plan.outer[axis];
        let mut tap = 0;
        while tap < 3 && plan.taps[tap].extent == 1 {
            tap += 1;
        }
        let TapAxis { extent, a, .. } = plan.taps[tap];
        let mut offset = if extent == 1 { step.a } else { a * extent as i64 };
        let mut joined = plan.written();
        while joined < plan.outer.len() {
            offset += (plan.outer[joined].extent - 1) as i64 * plan.outer[joined].a;
            joined += 1;
        }
        let follows = step.extent > 1 && step.a > 0 && offset > 0;
        let bytes = if follows { size_of::<f32>() * step.a as usize } else { 0 };
        Self { offset: offset as isize, bytes, terms: plan.terms() as usize }
    }
}

impl ContractCall {
    /// The panel after `part`, if its rows in this chunk lie together in memory and fit in a second-level cache beside
    /// this one's.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    pub(super) unsafe fn next_panel(
        &self,
        pointers: *const *mut f32,
        part: &PanelPart,
        b_chunk: i64,
        terms: usize,
    ) -> Option<NextPanel> {
        const MOST: usize = 1 << 20;
        let plan = &self.plan;
        let bytes = terms * size_of::<[f32; Panels::COLUMNS as usize]>();
        let follows = plan.b_panels.is_packed() && plan.shares_b() && part.panel + 1 < self.grid.panels;
        (follows && bytes <= MOST && (self.grid.row_blocks > 1 || plan.m.extent > 1)).then(|| {
            // SAFETY: by the caller's promise.
            let start = unsafe { self.b(pointers, &[0; 6], part, b_chunk) };
            NextPanel { start: start.wrapping_offset(plan.b_panels.stride as isize), bytes, terms }
        })
    }

    /// Cuts the rows of a block into tiles of nearly equal height and computes them.
    ///
    /// # Safety
    /// As for the first phase; `base` describes row 0.
    pub(super) unsafe fn block(&self, pointers: *const *mut f32, base: &Tile, block: &RowBlock<'_>) {
        let &RowBlock { part, outer, is_final, .. } = block;
        // SAFETY: by the caller's promise.
        let finish = unsafe { self.finish(pointers, part, outer, is_final) };
        let count = block.rows.end - block.rows.start;
        let tiles = count.div_ceil(self.most_rows());
        let mut row = block.rows.start;
        for index in 0..tiles {
            let height = (count - (row - block.rows.start)).div_ceil(tiles - index);
            let fetch = self.fetch(base, block, (index.into(), tiles.into()));
            // SAFETY: by the caller's promise.
            unsafe {
                self.tile_row(&Tile { fetch, ..*base }, &finish, row, height);
                self.finish_tile(pointers, base, part, outer, is_final, row..row + height);
            }
            row += height;
        }
    }

    /// What a tile, one of so many of its row block, fetches: its share of the next panel, or of the rows that the next
    /// row block adds, whichever is more.
    fn fetch(&self, base: &Tile, block: &RowBlock<'_>, (index, tiles): (u64, u64)) -> Fetch {
        let rows = &self.next_rows;
        match block.next {
            Some(next) if next.bytes as u64 / self.grid.row_blocks >= rows.bytes as u64 => {
                let place = (block.index * tiles + index, self.grid.row_blocks * tiles);
                Fetch::part(next.start, next.bytes, place, next.terms)
            }
            _ if rows.bytes > 0 => {
                Fetch::part(base.a.wrapping_offset(rows.offset), rows.bytes, (index, tiles), rows.terms)
            }
            _ => Fetch::AHEAD,
        }
    }

    /// The part of the epilogue that tiles apply in registers.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    pub(super) unsafe fn finish(
        &self,
        pointers: *const *mut f32,
        part: &PanelPart,
        outer: &[u32; 6],
        is_final: bool,
    ) -> Finish {
        let plan = &self.plan;
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
        finish
    }

    /// Applies to stored rows what tiles did not apply in registers.
    ///
    /// # Safety
    /// As for the first phase; `base` describes row 0.
    pub(super) unsafe fn finish_tile(
        &self,
        pointers: *const *mut f32,
        base: &Tile,
        part: &PanelPart,
        outer: &[u32; 6],
        is_final: bool,
        rows: Range<u32>,
    ) {
        if is_final && !self.in_registers {
            let c = base.c.wrapping_offset(rows.start as isize * base.c_row);
            // SAFETY: the tile's rows are stored.
            unsafe { self.finish_rows(pointers, outer, part.panel, rows, c, base.c_row) };
        }
    }

    /// Most rows of a tile. Rows whose distance is a multiple of 4 KiB share one set of the first-level cache, which
    /// holds eight lines: more rows than that would evict each other's lines after one element.
    pub(super) fn most_rows(&self) -> u32 {
        const ELEMENTS: u64 = 1024;
        let crowds = self.plan.m.a != 0 && self.plan.m.a.unsigned_abs().is_multiple_of(ELEMENTS);
        let rows = self.tiles().rows();
        if crowds { rows.min(7) } else { rows }
    }

    /// Computes `height` rows from `row` over all columns of the panel, in tiles as wide as the registers allow.
    ///
    /// # Safety
    /// As for the first phase; `base` describes row 0.
    #[inline]
    pub(super) unsafe fn tile_row(&self, base: &Tile, finish: &Finish, row: u32, height: u32) {
        let row = row as isize;
        let tiles = self.tiles();
        let mut column = 0;
        while column < base.columns {
            let (kernel, columns) = tiles.kernel(height, base.columns - column);
            let at = column as usize;
            let tile = Tile {
                a: base.a.wrapping_offset(row * base.a_row),
                b: base.b.wrapping_add(at),
                c: base.c.wrapping_offset(row * base.c_row).wrapping_add(at),
                columns,
                finish: finish.at(row, at),
                ..*base
            };
            // SAFETY: the kernel was chosen for an instruction set that the processor has and for this many rows.
            unsafe { kernel(&tile) };
            column += columns;
        }
    }
}

// Row blocks and tile heights are chosen together: a block of 84 rows is six tiles of 14 or fourteen of 6.
const _: () = assert!(ContractUnits::BLOCK_ROWS.is_multiple_of(14) && ContractUnits::BLOCK_ROWS.is_multiple_of(6));
const _: () = assert!(ContractUnits::STAGED_BLOCK_ROWS.is_multiple_of(14));
