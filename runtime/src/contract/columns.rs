//! Products column by column, where every column has elements of A of its own, as in a depthwise convolution: from rows
//! of one panel to their outputs.
//!
//! Columns are the lanes. A term is a multiply-add with an element of A from memory, so that a block of rows that share
//! B is all that registers have to hold.

use core::ops::Range;

use super::tile::{Finish, Tile, each_run};
use crate::Isa;
use crate::lanes::{Float, Kernel, LANES, Lanes, Mask, blocks, dispatch_on};

/// Rows that are computed together: with sixteen columns in two registers each, their sums fit sixteen registers.
const MOST: u32 = 7;

/// Computes `rows` of `base`, which describes row 0.
///
/// # Safety
/// The processor has the instruction set; the rows and the tile's columns are readable in A, B and the operands and
/// writable in C.
pub(super) unsafe fn rows(isa: Isa, base: &Tile, rows: Range<u32>) {
    // SAFETY: by the caller's promise.
    unsafe { dispatch_on(isa, Rows { base, rows }) };
}

struct Rows<'a> {
    base: &'a Tile,
    rows: Range<u32>,
}

impl Kernel for Rows<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (column, count) in blocks(self.base.columns as usize) {
            let mut row = self.rows.start;
            while row < self.rows.end {
                let part = Part { base: self.base, row: row as isize, column };
                // Few kernels: each is compiled for every instruction set.
                row += if count == LANES && self.rows.end - row >= MOST {
                    part.rows::<L, { MOST as usize }>(LANES);
                    MOST
                } else {
                    part.rows::<L, 1>(count);
                    1
                };
            }
        }
    }
}

/// The rows from one on, in the columns of one block.
struct Part<'a> {
    base: &'a Tile,
    row: isize,
    column: isize,
}

impl Part<'_> {
    /// Computes `R` rows in the first `count` columns of the block.
    #[inline(always)]
    fn rows<L: Lanes, const R: usize>(&self, count: usize) {
        let base = self.base;
        let (k, a_k, b_k) = base.k;
        let mut sums = [L::F::splat(0.0); R];
        each_run!(base, |a, b| {
            let mut a = a.wrapping_offset(self.row * base.a_row + self.column);
            let mut b = b.wrapping_offset(self.column);
            for _ in 0..k {
                // SAFETY: by the promise of [`rows`], these columns are readable at every term, here and below.
                let factor = unsafe { load::<L>(b, count) };
                let mut row = 0;
                while row < R {
                    // SAFETY: as above.
                    let element = unsafe { load::<L>(a.wrapping_offset(row as isize * base.a_row), count) };
                    sums[row] = element.mul_add_first(factor, sums[row], count);
                    row += 1;
                }
                (a, b) = (a.wrapping_offset(a_k), b.wrapping_offset(b_k));
            }
        });
        let finish = base.finish.at(self.row, self.column as usize);
        let mut row = 0;
        while row < R {
            let c = base.c.wrapping_offset((self.row + row as isize) * base.c_row + self.column);
            let mut value = sums[row];
            // SAFETY: by the promise of [`rows`], C may be written and the operands may be read in these columns.
            unsafe {
                if base.add {
                    value = load::<L>(c, count) + value;
                }
                if base.joins {
                    value = load::<L>(c, count).max(value);
                }
                value = finished::<L>(&finish, row as isize, value, count);
                value.store(core::slice::from_raw_parts_mut(c, count), 0, count);
            }
            row += 1;
        }
    }
}

/// The closed set of epilogues on one row of a block.
///
/// # Safety
/// The operands are readable in the row and in `count` columns.
#[inline(always)]
unsafe fn finished<L: Lanes>(finish: &Finish, row: isize, mut value: L::F, count: usize) -> L::F {
    let [first, second] = finish.operands.map(|(operand, stride)| operand.wrapping_offset(row * stride));
    // SAFETY: by the caller's promise.
    unsafe {
        if finish.spreads {
            value = value + L::F::splat(*first);
        } else if !first.is_null() {
            value = value + load::<L>(first, count);
        }
        if finish.gates {
            let zero = L::F::splat(0.0);
            value = zero.less(load::<L>(second, count)).select(value, zero);
        } else if !second.is_null() {
            value = value + load::<L>(second, count);
        }
    }
    if finish.relu { value.relu() } else { value }
}

/// The elements of a block of columns.
///
/// # Safety
/// As many are readable.
#[inline(always)]
unsafe fn load<L: Lanes>(from: *const f32, count: usize) -> L::F {
    // SAFETY: by the caller's promise.
    L::F::load(unsafe { core::slice::from_raw_parts(from, count) }, 0)
}
