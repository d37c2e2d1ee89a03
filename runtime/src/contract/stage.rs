//! Operands copied into a thread's scratch: panels of B whose rows lie far apart, tiles of A whose rows are neighbours.

use core::ops::Range;

use netc_plan::{Panels, TapAxis};

use super::ContractCall;
use super::sums::chunk_of;
use super::tile::{Heights, Tile, Tiles};
use crate::Isa;

/// Floats of a staged row of B.
const WIDTH: usize = Panels::COLUMNS as usize;

impl ContractCall {
    /// Computes the row blocks `blocks` of a range of panels in one chunk: all panels of B are staged, then A tile by
    /// tile, so that the terms of a chunk are one run over memory that lies together.
    ///
    /// # Safety
    /// As for the first phase.
    pub(super) unsafe fn staged_rows(
        &self,
        pointers: *const *mut f32,
        chunk: u32,
        panels: Range<u32>,
        blocks: Range<u64>,
        scratch: *mut f32,
    ) {
        let plan = &self.plan;
        // B is in place, so all panels have the strides of the first, and its rows are theirs side by side.
        let first = self.panel_part(panels.start);
        let (axes, a_chunk, b_chunk) = chunk_of(plan, first.axes, chunk);
        let terms = axes.iter().map(|axis| axis.extent as usize).product::<usize>();
        let panel_of = |panel: u32| scratch.wrapping_add((panel - panels.start) as usize * terms * WIDTH);
        let columns = plan.n.min(panels.end * Panels::COLUMNS) - panels.start * Panels::COLUMNS;
        // SAFETY: the scratch holds the unit's panels of a chunk; B may be read as far as the plan reaches.
        unsafe { self.tiles().stage_b(self.b(pointers, &[0; 6], &first, b_chunk), &axes, columns, scratch) };
        let staged_a = panel_of(panels.end);
        let is_final = self.is_final(chunk);
        for (row_block, outer, block) in self.row_blocks(blocks) {
            // SAFETY: by the caller's promise.
            let a = unsafe { self.a(pointers, &outer, a_chunk) };
            for (first, height) in Heights::of(block.end - block.start, self.tiles().rows()).each() {
                let rows = block.start + first..block.start + first + height;
                // SAFETY: the scratch holds a tile of A; rows of A are neighbours and readable.
                unsafe { self.tiles().stage_a(a.wrapping_add(rows.start as usize), &axes, height, staged_a) };
                for panel in panels.clone() {
                    let part = self.panel_part(panel);
                    // SAFETY: by the caller's promise.
                    unsafe {
                        let base = Tile {
                            // The staged tile is that of row `rows.start`.
                            a: staged_a.cast_const().wrapping_sub(rows.start as usize),
                            b: panel_of(panel),
                            c: self.output(pointers, chunk, &outer, row_block, &part),
                            a_row: 1,
                            c_row: self.output_row(&part),
                            k: (terms, height as isize, WIDTH as isize),
                            columns: part.columns,
                            add: chunk > 0 && !plan.slots,
                            finish: self.finish(pointers, &part, &outer, is_final),
                            ..Tile::PLAIN
                        };
                        self.tiles().across(&mut base.clone(), &base, rows.start, height);
                        self.finish_tile(pointers, &base, &part, &outer, is_final, rows.clone());
                    }
                }
            }
        }
    }
}

/// The reduction axes over a staged panel of B.
pub(super) fn dense(mut axes: [TapAxis; 5]) -> [TapAxis; 5] {
    let mut stride = WIDTH as i64;
    for axis in axes.iter_mut().rev() {
        axis.b = stride;
        stride *= i64::from(axis.extent);
    }
    axes
}

impl Tiles {
    /// Copies `columns` columns of a chunk of B to panels of rows of 32, one after the other.
    ///
    /// # Safety
    /// B is readable at all terms of `axes`; `to` holds 32 floats for each in every panel.
    pub(super) unsafe fn stage_b(&self, b: *const f32, axes: &[TapAxis; 5], columns: u32, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { self.stage(b, axes.map(|axis| (axis.extent, axis.b as isize)), columns as usize, WIDTH, to) }
    }

    /// Copies `height` neighbouring rows of a chunk of A, term after term.
    ///
    /// # Safety
    /// A is readable at all terms of `axes`; `to` holds `height` floats for each.
    unsafe fn stage_a(&self, a: *const f32, axes: &[TapAxis; 5], height: u32, to: *mut f32) {
        let height = height as usize;
        // SAFETY: by the caller's promise.
        unsafe { self.stage(a, axes.map(|axis| (axis.extent, axis.a as isize)), height, height, to) }
    }

    /// Copies `count` floats of every term to rows of `width` ≤ 32 floats in as many panels as it takes: the terms'
    /// memory is read once, in its order.
    ///
    /// # Safety
    /// `source` is readable there, `to` writable, and the processor has the tiles' instructions.
    unsafe fn stage(&self, source: *const f32, axes: [(u32, isize); 5], count: usize, width: usize, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => wide(source, axes, count, width, to),
                _ => each_term(source, axes, width, to, |from, to, panel| {
                    for (index, start) in (0..count).step_by(width).enumerate() {
                        let (from, to) = (from.wrapping_add(start), to.wrapping_add(index * panel));
                        core::ptr::copy_nonoverlapping(from, to, width.min(count - start));
                    }
                }),
            }
        }
    }
}

/// # Safety
/// As for [`Tiles::stage`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn wide(source: *const f32, axes: [(u32, isize); 5], count: usize, width: usize, to: *mut f32) {
    use core::arch::x86_64::{
        __mmask16, _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_storeu_ps,
    };
    let (whole, rest) = (count / WIDTH, count % WIDTH);
    let masks = [rest.min(16), rest.saturating_sub(16)].map(|lanes| ((1u32 << lanes) - 1) as __mmask16);
    each_term(source, axes, width, to, |mut from, mut to, panel| {
        for _ in 0..whole {
            // SAFETY: there are 32 floats more.
            unsafe {
                let [low, high] = [0, 16].map(|at| _mm512_loadu_ps(from.wrapping_add(at)));
                _mm512_storeu_ps(to, low);
                _mm512_storeu_ps(to.wrapping_add(16), high);
            }
            (from, to) = (from.wrapping_add(WIDTH), to.wrapping_add(panel));
        }
        for mask in masks.into_iter().take_while(|&mask| mask != 0) {
            // SAFETY: the masks keep to `count` floats.
            unsafe { _mm512_mask_storeu_ps(to, mask, _mm512_maskz_loadu_ps(mask, from)) };
            (from, to) = (from.wrapping_add(16), to.wrapping_add(16));
        }
    });
}

/// Calls `copy` for every term with where it lies, where it goes and how far away the next panel is.
#[inline(always)]
fn each_term(
    source: *const f32,
    axes: [(u32, isize); 5],
    width: usize,
    mut to: *mut f32,
    copy: impl Fn(*const f32, *mut f32, usize),
) {
    let [t0, t1, t2, t3, k] = axes;
    let panel = axes.iter().map(|axis| axis.0 as usize).product::<usize>() * width;
    for i0 in 0..t0.0 as isize {
        for i1 in 0..t1.0 as isize {
            for i2 in 0..t2.0 as isize {
                for i3 in 0..t3.0 as isize {
                    let mut from = source.wrapping_offset(i0 * t0.1 + i1 * t1.1 + i2 * t2.1 + i3 * t3.1);
                    for _ in 0..k.0 {
                        copy(from, to, panel);
                        from = from.wrapping_offset(k.1);
                        to = to.wrapping_add(width);
                    }
                }
            }
        }
    }
}
