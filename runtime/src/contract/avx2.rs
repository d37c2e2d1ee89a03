//! Tiles of up to 6 rows × 2 or 2 rows × 4 vectors of 8 columns: 12 of 16 registers hold sums, two hold B, one an
//! element of A.

use core::arch::x86_64::*;

use super::tile::{Side, Tile, TileFn, Tiles, each_run};
use crate::Isa;

pub(super) static TILES: Tiles =
    Tiles { isa: Isa::Avx2, lanes: 8, kernels: &KERNELS, edges: &[], joined: &[], vector, side_by_side: 2 };

/// Few rows take a whole panel, so that every cache line of B is read once.
static KERNELS: [&[TileFn]; 6] = [
    &[tile::<1, 1>, tile::<1, 2>, tile::<1, 3>, tile::<1, 4>],
    &[tile::<2, 1>, tile::<2, 2>, tile::<2, 3>, tile::<2, 4>],
    &[tile::<3, 1>, tile::<3, 2>],
    &[tile::<4, 1>, tile::<4, 2>],
    &[tile::<5, 1>, tile::<5, 2>],
    &[tile::<6, 1>, tile::<6, 2>],
];

/// Eight lanes on, eight lanes off: read from `8 − n` on, it is the mask of n lanes.
static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// # Safety
/// As [`TileFn`] says, for `R` rows and `V` vectors.
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<const R: usize, const V: usize>(tile: &Tile) {
    if tile.columns == 8 * V as u32 {
        // SAFETY: by the caller's promise.
        unsafe { masked::<R, V, true>(tile) }
    } else {
        // SAFETY: by the caller's promise.
        unsafe { masked::<R, V, false>(tile) }
    }
}

/// # Safety
/// As [`TileFn`] says; `FULL` if the tile has `8·V` columns.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn masked<const R: usize, const V: usize, const FULL: bool>(tile: &Tile) {
    let last = tile.columns as usize - 8 * (V - 1);
    // SAFETY: `last` is 1 to 8, so eight of the sixteen words are read.
    let mask = unsafe { _mm256_loadu_si256(LANES.as_ptr().add(8 - last).cast()) };
    let row = tile.a_row;
    let row_3 = 3 * row;
    let mut sums = [[_mm256_setzero_ps(); V]; R];
    let (k, a_k, b_k) = tile.k;
    each_run!(tile, |mut a, mut b| {
        for _ in 0..k {
            let mut columns = [_mm256_setzero_ps(); V];
            for (v, vector) in columns.iter_mut().enumerate() {
                // SAFETY: full vectors and masked lanes are columns of the tile.
                *vector = unsafe { load(b.wrapping_add(8 * v), FULL || v + 1 < V, mask) };
            }
            for (r, sum) in sums.iter_mut().enumerate() {
                let element = match r {
                    0 => a,
                    1 => a.wrapping_offset(row),
                    2 => a.wrapping_offset(2 * row),
                    3 => a.wrapping_offset(row_3),
                    4 => a.wrapping_offset(4 * row),
                    _ => a.wrapping_offset(row + 4 * row),
                };
                // SAFETY: the tile has `R` rows.
                let element = unsafe { _mm256_broadcast_ss(&*element) };
                for (sum, &vector) in sum.iter_mut().zip(&columns) {
                    *sum = _mm256_fmadd_ps(element, vector, *sum);
                }
            }
            a = a.wrapping_offset(a_k);
            b = b.wrapping_offset(b_k);
        }
    });
    let is_plain = !tile.add && !tile.joins && tile.finish.is_none();
    for (r, sums) in sums.iter().enumerate() {
        for (v, &sum) in sums.iter().enumerate() {
            let c = tile.c.wrapping_offset(r as isize * tile.c_row).wrapping_add(8 * v);
            let whole = FULL || v + 1 < V;
            // SAFETY: full vectors and masked lanes are columns of the tile.
            unsafe {
                let value = if is_plain { sum } else { finish(tile, r, v, whole, mask, c, sum) };
                if whole { _mm256_storeu_ps(c, value) } else { _mm256_maskstore_ps(c, mask, value) }
            }
        }
    }
}

/// # Safety
/// As [`VectorFn`](super::tile::VectorFn) says.
#[target_feature(enable = "avx2,fma")]
unsafe fn vector(first: &Tile, side: &Side) {
    if side.panels == 2 {
        // SAFETY: by the caller's promise.
        unsafe { panels::<2>(first, side) }
    } else {
        // SAFETY: by the caller's promise.
        unsafe { panels::<1>(first, side) }
    }
}

/// # Safety
/// As [`VectorFn`](super::tile::VectorFn) says, for `P` panels.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn panels<const P: usize>(first: &Tile, side: &Side) {
    let mut sums = [[_mm256_setzero_ps(); 4]; P];
    let (k, a_k, b_k) = first.k;
    each_run!(first, |mut a, mut b| {
        for _ in 0..k {
            // SAFETY: the row is readable.
            let element = unsafe { _mm256_broadcast_ss(&*a) };
            for (p, sums) in sums.iter_mut().enumerate() {
                let panel = b.wrapping_offset(p as isize * side.b);
                for (v, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: the panels are full.
                    let columns = unsafe { _mm256_loadu_ps(panel.wrapping_add(8 * v)) };
                    *sum = _mm256_fmadd_ps(element, columns, *sum);
                }
            }
            a = a.wrapping_offset(a_k);
            b = b.wrapping_offset(b_k);
        }
    });
    for (p, sums) in sums.iter().enumerate() {
        let tile = side.tile(first, p);
        for (v, &sum) in sums.iter().enumerate() {
            let c = tile.c.wrapping_add(8 * v);
            // SAFETY: a full panel is readable in the operands and writable in C.
            unsafe { _mm256_storeu_ps(c, finish(&tile, 0, v, true, _mm256_setzero_si256(), c, sum)) };
        }
    }
}

/// A vector, or its masked lanes with zeros elsewhere.
///
/// # Safety
/// Those lanes are readable.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn load(source: *const f32, whole: bool, mask: __m256i) -> __m256 {
    // SAFETY: by the caller's promise.
    unsafe { if whole { _mm256_loadu_ps(source) } else { _mm256_maskload_ps(source, mask) } }
}

/// One vector of sums with earlier chunks and the closed set of epilogues.
///
/// # Safety
/// As [`TileFn`] says; `c` is where the vector belongs.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn finish(tile: &Tile, r: usize, v: usize, whole: bool, mask: __m256i, c: *const f32, sum: __m256) -> __m256 {
    let mut value = sum;
    if tile.add {
        // SAFETY: the lanes are columns of the tile.
        value = _mm256_add_ps(unsafe { load(c, whole, mask) }, value);
    }
    if tile.joins {
        // SAFETY: the lanes are columns of the tile.
        value = maximum(unsafe { load(c, whole, mask) }, value);
    }
    for (index, (operand, stride)) in tile.finish.operands.into_iter().enumerate() {
        if !operand.is_null() {
            let source = operand.wrapping_offset(r as isize * stride);
            // SAFETY: as above.
            let element = unsafe {
                if tile.finish.spreads && index == 0 {
                    _mm256_broadcast_ss(&*source)
                } else {
                    load(source.wrapping_add(8 * v), whole, mask)
                }
            };
            value = if tile.finish.gates && index == 1 { gated(value, element) } else { _mm256_add_ps(value, element) };
        }
    }
    if tile.finish.relu {
        let negative = _mm256_cmp_ps::<_CMP_LT_OQ>(value, _mm256_setzero_ps());
        value = _mm256_blendv_ps(value, _mm256_setzero_ps(), negative);
    }
    value
}

/// The value where the gate is positive, +0 elsewhere.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn gated(value: __m256, gate: __m256) -> __m256 {
    _mm256_and_ps(value, _mm256_cmp_ps::<_CMP_LT_OQ>(_mm256_setzero_ps(), gate))
}

/// The larger of what is stored and a further value, in each lane; NaN sticks.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn maximum(stored: __m256, value: __m256) -> __m256 {
    // The instruction gives its second operand unless the first is larger.
    let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(value, value);
    _mm256_blendv_ps(_mm256_max_ps(value, stored), value, is_nan)
}
