//! Tiles of up to 14 rows × 2 vectors of 16 columns: 28 of 32 registers hold sums, two hold B, one an element of A.

mod terms;
mod windows;

use core::arch::x86_64::*;

use super::tile::{JoinedFn, Run, Side, Tile, TileFn, Tiles, each_run};
use crate::Isa;
use crate::isa::{fetch, fetch_to_write};
use terms::{address, row, term, terms};
use windows::{join, windows};

pub(super) static TILES: Tiles =
    Tiles { isa: Isa::Avx512, lanes: 16, kernels: &KERNELS, edges: &EDGES, joined: &JOINED, vector, side_by_side: 4 };

macro_rules! kernels {
    ($($rows:literal)*) => { [$(&[tile::<$rows, 1>, tile::<$rows, 2>]),*] };
}
static KERNELS: [&[TileFn]; 14] = kernels!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);

macro_rules! edges {
    ($($rows:literal)*) => { [$(masked::<$rows, 2, true, true, false>),*] };
}
static EDGES: [TileFn; 14] = edges!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);

/// Half of the highest tiles: maxima take as many registers as sums.
static JOINED: [JoinedFn; 7] =
    [joined::<1>, joined::<2>, joined::<3>, joined::<4>, joined::<5>, joined::<6>, joined::<7>];

/// Terms by which rows of B are fetched before they are used.
const AHEAD: isize = 8;

/// Writes a statement once for each row below `R`. The compiler would unroll a loop over rows too late to see that
/// sums can live in registers.
macro_rules! each_row {
    ($limit:ident, $row:ident => $body:block) => {
        each_row!(@ $limit, $row, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $limit:ident, $row:ident, $body:block, $($index:literal)*) => {
        $(if $limit > $index { const $row: usize = $index; $body })*
    };
}

/// Two vectors of row `$row` at an address that depends on the row.
macro_rules! pair {
    ($at:expr, $stride:expr, $row:ident) => {{
        let at = $at.wrapping_offset($row as isize * $stride);
        (at, at.wrapping_add(16))
    }};
}

/// Adds an operand to the sums of all rows.
macro_rules! add_rows {
    ($rows:ident, $sums:ident, $operand:ident, $stride:ident) => {
        each_row!($rows, ROW => {
            let (c, d) = pair!($operand, $stride, ROW);
            $sums[ROW][0] = _mm512_add_ps($sums[ROW][0], _mm512_loadu_ps(c));
            $sums[ROW][1] = _mm512_add_ps($sums[ROW][1], _mm512_loadu_ps(d));
        })
    };
}

/// Adds earlier chunks, applies the closed set of epilogues and stores: [`finish`] for full tiles, step by step over
/// all rows, whose sums stay in registers.
macro_rules! finish_full {
    ($rows:ident, $tile:ident, $sums:ident) => {{
        if $tile.add {
            each_row!($rows, ROW => {
                let (c, d) = pair!($tile.c, $tile.c_row, ROW);
                $sums[ROW][0] = _mm512_add_ps(_mm512_loadu_ps(c), $sums[ROW][0]);
                $sums[ROW][1] = _mm512_add_ps(_mm512_loadu_ps(d), $sums[ROW][1]);
            });
        }
        if $tile.joins {
            each_row!($rows, ROW => {
                let (c, d) = pair!($tile.c, $tile.c_row, ROW);
                $sums[ROW][0] = maximum(_mm512_loadu_ps(c), $sums[ROW][0]);
                $sums[ROW][1] = maximum(_mm512_loadu_ps(d), $sums[ROW][1]);
            });
        }
        let [(first, first_row), (second, second_row)] = $tile.finish.operands;
        if $tile.finish.spreads {
            each_row!($rows, ROW => {
                let element = _mm512_set1_ps(*first.wrapping_offset(ROW as isize * first_row));
                $sums[ROW][0] = _mm512_add_ps($sums[ROW][0], element);
                $sums[ROW][1] = _mm512_add_ps($sums[ROW][1], element);
            });
        } else if !first.is_null() {
            add_rows!($rows, $sums, first, first_row);
        }
        if $tile.finish.gates {
            each_row!($rows, ROW => {
                let (c, d) = pair!(second, second_row, ROW);
                $sums[ROW][0] = gated($sums[ROW][0], _mm512_loadu_ps(c));
                $sums[ROW][1] = gated($sums[ROW][1], _mm512_loadu_ps(d));
            });
        } else if !second.is_null() {
            add_rows!($rows, $sums, second, second_row);
        }
        if $tile.finish.relu {
            // The maximum of zero and a value is the value if it is NaN or −0.
            let zero = _mm512_setzero_ps();
            each_row!($rows, ROW => {
                $sums[ROW][0] = _mm512_max_ps(zero, $sums[ROW][0]);
                $sums[ROW][1] = _mm512_max_ps(zero, $sums[ROW][1]);
            });
        }
        each_row!($rows, ROW => {
            let (c, d) = pair!($tile.c, $tile.c_row, ROW);
            _mm512_storeu_ps(c, $sums[ROW][0]);
            _mm512_storeu_ps(d, $sums[ROW][1]);
        });
    }};
}

/// # Safety
/// As [`TileFn`] says, for `R` rows and `V` vectors.
#[target_feature(enable = "avx512f")]
unsafe fn tile<const R: usize, const V: usize>(tile: &Tile) {
    // SAFETY: by the caller's promise.
    unsafe {
        match V == 2 && tile.columns == 32 {
            true if tile.share < R as u32 => masked::<R, V, true, false, true>(tile),
            true => masked::<R, V, true, false, false>(tile),
            false => masked::<R, V, false, false, false>(tile),
        }
    }
}

/// # Safety
/// As [`TileFn`] says; `FULL` if the tile has `16·V` columns. Where `EDGES`, it leaves out what is `beyond`. Where
/// `PIECES`, the rows that its end needs are fetched share by share, elsewhere all at once.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn masked<const R: usize, const V: usize, const FULL: bool, const EDGES: bool, const PIECES: bool>(tile: &Tile) {
    let last = tile.columns - 16 * (V as u32 - 1);
    let mask: __mmask16 = ((1u32 << last) - 1) as __mmask16;
    let mut sums = [[_mm512_setzero_ps(); 2]; 14];
    let (k, a_k, b_k) = tile.k;
    let (row, a_k, b_k) = (4 * tile.a_row, 4 * a_k, 4 * b_k);
    let follows = !tile.fetch.start.is_null();
    let mut end = End::of(tile, R);
    if !PIECES {
        each_row!(R, ROW => {
            let (c, d) = pair!(tile.c, tile.c_row, ROW);
            fetch_to_write(c);
            if V == 2 {
                fetch_to_write(d);
            }
        });
        if !tile.finish.operands[1].0.is_null() {
            fetch_operands(tile, R, V);
        }
    }
    let (mut fetch, fetch_k) = (tile.fetch.start, if follows { tile.fetch.step } else { b_k });
    each_run!(tile, |a, b| {
        let a: *const u8 = a.cast();
        let b: *const u8 = b.cast();
        if !follows {
            fetch = b.wrapping_offset(AHEAD * b_k);
        }
        if EDGES {
            let [before, after] = tile.beyond;
            let (start, end) = (before as isize, (k - after) as isize);
            // SAFETY: the tile's rows and columns are readable at every term, of which each part has one at least.
            unsafe {
                if before > 0 {
                    terms!(1, R, V, FULL, sums, mask, before, a, b, row, a_k, b_k, fetch, fetch_k);
                }
                if start < end {
                    let (a, b) = (a.wrapping_offset(start * a_k), b.wrapping_offset(start * b_k));
                    let count = (end - start) as usize;
                    terms!(0, R, V, FULL, sums, mask, count, a, b, row, a_k, b_k, fetch, fetch_k);
                }
                if after > 0 {
                    let (a, b) = (a.wrapping_offset(end * a_k), b.wrapping_offset(end * b_k));
                    terms!(0, R - 1, V, FULL, sums, mask, after, a, b, row, a_k, b_k, fetch, fetch_k);
                }
            }
        } else if PIECES {
            let (mut a, mut b, mut left) = (a, b, k);
            while left > 0 {
                let count = if end.rows == 0 { left } else { left.min(Tile::PIECE) };
                end.fetch::<V>(tile.share as usize);
                // SAFETY: the tile's rows and columns are readable at every term, of which each piece has one at least.
                unsafe { terms!(0, R, V, FULL, sums, mask, count, a, b, row, a_k, b_k, fetch, fetch_k) };
                (a, b) = (a.wrapping_offset(count as isize * a_k), b.wrapping_offset(count as isize * b_k));
                left -= count;
            }
        } else {
            // SAFETY: the tile's rows and columns are readable at every term, of which there is one at least.
            unsafe { terms!(0, R, V, FULL, sums, mask, k, a, b, row, a_k, b_k, fetch, fetch_k) };
        }
    });
    if FULL {
        // SAFETY: by the caller's promise.
        return unsafe { finish_full!(R, tile, sums) };
    }
    if !tile.add && !tile.joins && tile.finish.is_none() {
        each_row!(R, ROW => {
            let c = tile.c.wrapping_offset(ROW as isize * tile.c_row);
            // SAFETY: the mask keeps to the tile's columns.
            unsafe {
                if V == 2 {
                    _mm512_storeu_ps(c, sums[ROW][0]);
                    _mm512_mask_storeu_ps(c.wrapping_add(16), mask, sums[ROW][1]);
                } else {
                    _mm512_mask_storeu_ps(c, mask, sums[ROW][0]);
                }
            }
        });
        return;
    }
    let mut rows = [[_mm512_setzero_ps(); V]; R];
    each_row!(R, ROW => {
        rows[ROW][0] = sums[ROW][0];
        if V == 2 {
            rows[ROW][V - 1] = sums[ROW][1];
        }
    });
    // SAFETY: by the caller's promise.
    unsafe { finish(tile, mask, &rows) };
}

/// # Safety
/// As [`JoinedFn`] says, for `R` rows.
#[target_feature(enable = "avx512f")]
unsafe fn joined<const R: usize>(tile: &Tile, runs: &[Run]) {
    let mut best = [[_mm512_set1_ps(f32::NEG_INFINITY); 2]; 14];
    let (_, a_k, b_k) = tile.k;
    // SAFETY: by the caller's promise.
    unsafe {
        windows!(R, best, tile.a, tile.b, runs.as_ptr_range(), 4 * tile.a_row, 4 * a_k, 4 * b_k);
        finish_full!(R, tile, best);
    }
}

/// Fetches the operands that the tile's end will read row by row, so that it does not wait for memory.
#[inline(never)]
#[target_feature(enable = "avx512f")]
fn fetch_operands(tile: &Tile, rows: usize, vectors: usize) {
    for (operand, stride) in tile.finish.operands.into_iter().filter(|&(_, stride)| stride != 0) {
        for row in 0..rows as isize {
            for vector in 0..vectors {
                fetch(operand.wrapping_offset(row * stride).wrapping_add(16 * vector));
            }
        }
    }
}

/// The rows that a tile's end writes and reads, fetched while terms are added, so that the end does not wait for
/// memory. All at once they would take every place that the first-level cache has for misses, and the first terms would
/// wait.
struct End {
    /// Rows that are not fetched yet.
    rows: usize,
    c: (*mut f32, isize),
    operands: [(*const f32, isize); 2],
}

impl End {
    #[inline]
    fn of(tile: &Tile, rows: usize) -> Self {
        Self { rows, c: (tile.c, tile.c_row), operands: tile.finish.operands }
    }

    /// Fetches the next rows of `V` vectors, at most `rows`.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn fetch<const V: usize>(&mut self, rows: usize) {
        let rows = rows.min(self.rows);
        self.rows -= rows;
        for _ in 0..rows {
            (0..V).for_each(|vector| fetch_to_write(self.c.0.wrapping_add(16 * vector)));
            self.c.0 = self.c.0.wrapping_offset(self.c.1);
        }
        for (operand, stride) in self.operands.iter_mut().filter(|(_, stride)| *stride != 0) {
            for _ in 0..rows {
                (0..V).for_each(|vector| fetch(operand.wrapping_add(16 * vector)));
                *operand = operand.wrapping_offset(*stride);
            }
        }
    }
}

/// # Safety
/// As [`VectorFn`](super::tile::VectorFn) says.
#[target_feature(enable = "avx512f")]
unsafe fn vector(first: &Tile, side: &Side) {
    // SAFETY: by the caller's promise.
    unsafe {
        match side.panels {
            4 => panels::<4>(first, side),
            3 => panels::<3>(first, side),
            2 => panels::<2>(first, side),
            _ => panels::<1>(first, side),
        }
    }
}

/// # Safety
/// As [`VectorFn`](super::tile::VectorFn) says, for `P` panels.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn panels<const P: usize>(first: &Tile, side: &Side) {
    let mut sums = [[_mm512_setzero_ps(); 2]; P];
    let (k, a_k, b_k) = first.k;
    each_run!(first, |mut a, mut b| {
        for _ in 0..k {
            // SAFETY: the row is readable.
            let element = _mm512_set1_ps(unsafe { *a });
            for (p, sums) in sums.iter_mut().enumerate() {
                let panel = b.wrapping_offset(p as isize * side.b);
                for (v, sum) in sums.iter_mut().enumerate() {
                    let columns = panel.wrapping_add(16 * v);
                    // SAFETY: the panels are full.
                    *sum = _mm512_fmadd_ps(element, unsafe { _mm512_loadu_ps(columns) }, *sum);
                }
            }
            a = a.wrapping_offset(a_k);
            b = b.wrapping_offset(b_k);
        }
    });
    for (p, sums) in sums.iter().enumerate() {
        // SAFETY: by the caller's promise.
        unsafe { finish(&side.tile(first, p), 0xffff, &[*sums]) };
    }
}

/// Adds earlier chunks, applies the closed set of epilogues and stores.
///
/// # Safety
/// As [`TileFn`] says.
#[inline(never)]
#[target_feature(enable = "avx512f")]
unsafe fn finish<const V: usize>(tile: &Tile, mask: __mmask16, rows: &[[__m512; V]]) {
    for (r, sums) in rows.iter().enumerate() {
        for (v, &sum) in sums.iter().enumerate() {
            let c = tile.c.wrapping_offset(r as isize * tile.c_row).wrapping_add(16 * v);
            let mask = if v + 1 == V { mask } else { 0xffff };
            let mut value = sum;
            if tile.add {
                // SAFETY: the mask keeps to the tile's columns.
                value = _mm512_add_ps(unsafe { _mm512_maskz_loadu_ps(mask, c) }, value);
            }
            if tile.joins {
                // SAFETY: as above.
                value = maximum(unsafe { _mm512_maskz_loadu_ps(mask, c) }, value);
            }
            for (index, (operand, stride)) in tile.finish.operands.into_iter().enumerate() {
                if !operand.is_null() {
                    let source = operand.wrapping_offset(r as isize * stride);
                    // SAFETY: as above.
                    let element = unsafe {
                        if tile.finish.spreads && index == 0 {
                            _mm512_set1_ps(*source)
                        } else {
                            _mm512_maskz_loadu_ps(mask, source.wrapping_add(16 * v))
                        }
                    };
                    let is_gate = tile.finish.gates && index == 1;
                    value = if is_gate { gated(value, element) } else { _mm512_add_ps(value, element) };
                }
            }
            if tile.finish.relu {
                let negative = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(value, _mm512_setzero_ps());
                value = _mm512_mask_mov_ps(value, negative, _mm512_setzero_ps());
            }
            // SAFETY: as above.
            unsafe { _mm512_mask_storeu_ps(c, mask, value) };
        }
    }
}

/// The value where the gate is positive, +0 elsewhere.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn gated(value: __m512, gate: __m512) -> __m512 {
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_setzero_ps(), gate), value)
}

/// The larger of what is stored and a further value, in each lane; NaN sticks.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn maximum(stored: __m512, value: __m512) -> __m512 {
    // The instruction gives its second operand unless the first is larger.
    let larger = _mm512_max_ps(value, stored);
    _mm512_mask_mov_ps(larger, _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(value, value), value)
}
