//! Rows of one panel: cut into tiles of nearly equal height, computed, finished.

use core::ops::Range;

use netc_plan::kernels::{ContractUnits, contract_pointer};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::finish::operand_offset;
use super::sums::PanelPart;
use super::tile::{Fetch, Finish, Heights, Shares, Tile};
use super::{ContractCall, columns};

/// Terms of one row that are not worth a loop of their own.
const FEW_TERMS: u32 = 32;

/// A run of rows of one outer position in one panel and chunk.
pub(super) struct RowBlock<'a> {
    pub part: &'a PanelPart,
    pub outer: &'a [u32; 6],
    /// Whether the chunk is the last, after which the epilogue is applied.
    pub is_final: bool,
    /// Which of the row blocks that read the panel one after another.
    pub turn: u64,
    /// Rows of m.
    pub rows: Range<u32>,
    pub cut: &'a Cut,
}

/// What row blocks of as many rows have in common.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub rows: u32,
    heights: Heights,
    shares: Shares,
    /// The next panel, if the tiles fetch it.
    next: *const f32,
}

/// The panel of B that the unit reads next.
#[derive(Clone, Copy)]
pub(super) struct NextPanel {
    pub start: *const f32,
    pub bytes: usize,
    /// Terms of a tile.
    pub terms: usize,
}

/// What the next row block reads of A and this one does not, as one stretch of memory: for a convolution the rows of
/// the map below those that its filter covers.
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

    /// How row blocks of `rows` rows are cut, `blocks` of which read the panel one after another, and what their tiles
    /// fetch: their share of the next panel, or of the rows that the next row block adds, whichever is more.
    pub(super) fn cut(&self, rows: u32, blocks: u64, next: Option<NextPanel>) -> Cut {
        let heights = Heights::of(rows, self.most_rows());
        let tiles = u64::from(heights.tiles);
        let map = &self.next_rows;
        let next = next.filter(|next| next.bytes as u64 / blocks >= map.bytes as u64);
        let shares = match next {
            Some(next) => Shares::of(next.bytes, blocks * tiles, next.terms),
            None if map.bytes > 0 => Shares::of(map.bytes, tiles, map.terms),
            None => Shares::NONE,
        };
        Cut { rows, heights, shares, next: next.map_or(core::ptr::null(), |next| next.start) }
    }

    /// Computes the rows of a block tile by tile.
    ///
    /// # Safety
    /// As for the first phase; `base` describes row 0.
    pub(super) unsafe fn block(&self, pointers: *const *mut f32, base: &Tile, block: &RowBlock<'_>) {
        let &RowBlock { part, outer, is_final, cut, .. } = block;
        // SAFETY: by the caller's promise.
        let base = Tile { finish: unsafe { self.finish(pointers, part, outer, is_final) }, ..*base };
        if self.plan.is_by_column() {
            // SAFETY: by the caller's promise.
            return unsafe {
                columns::rows(self.isa(), &base, block.rows.clone());
                self.finish_tile(pointers, &base, part, outer, is_final, block.rows.clone());
            };
        }
        let mut tile = base;
        for (index, (first, height)) in (0..).zip(cut.heights.each()) {
            let row = block.rows.start + first;
            tile.fetch = self.fetch(&base, block, index);
            tile.beyond = self.beyond(&base, outer, row, height);
            // SAFETY: by the caller's promise.
            unsafe {
                self.tiles().across(&mut tile, &base, row, height);
                self.finish_tile(pointers, &base, part, outer, is_final, row..row + height);
            }
        }
    }

    /// Terms at the start and at the end of k to which the first and the last of `height` rows add nothing.
    #[inline]
    fn beyond(&self, base: &Tile, outer: &[u32; 6], row: u32, height: u32) -> [usize; 2] {
        let border = &self.plan.k_border;
        if border.is_none() || height < 2 {
            return [0; 2];
        }
        let terms = base.k.0 as u32;
        let before = border.inside(outer, row, terms).0;
        let after = terms - border.inside(outer, row + height - 1, terms).1.max(before);
        [before, after].map(|terms| if terms < FEW_TERMS { 0 } else { terms as usize })
    }

    /// What tile `index` of a row block fetches.
    #[inline]
    fn fetch(&self, base: &Tile, block: &RowBlock<'_>, index: u32) -> Fetch {
        let cut = block.cut;
        if !cut.next.is_null() {
            cut.shares.at(cut.next, block.turn * u64::from(cut.heights.tiles) + u64::from(index))
        } else if self.next_rows.bytes > 0 {
            cut.shares.at(base.a.wrapping_offset(self.next_rows.offset), index.into())
        } else {
            Fetch::AHEAD
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
                finish.set(plan, index, (operand.wrapping_offset(offset as isize), stride as isize));
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
}

// Row blocks and tile heights are chosen together: a block of 84 rows is six tiles of 14 or fourteen of 6.
const _: () = assert!(ContractUnits::BLOCK_ROWS.is_multiple_of(14) && ContractUnits::BLOCK_ROWS.is_multiple_of(6));
const _: () = assert!(ContractUnits::STAGED_BLOCK_ROWS.is_multiple_of(14));
