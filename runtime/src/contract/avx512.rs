//! Tiles of up to 14 rows × 2 vectors of 16 columns: 28 of 32 registers hold sums, two hold B, one an element of A.

use core::arch::x86_64::*;

use super::tile::{Tile, TileFn, Tiles};

pub(super) static TILES: Tiles = Tiles { rows: 14, columns: 32, lanes: 16, kernels: &KERNELS };

macro_rules! kernels {
    ($($rows:literal)*) => { [$([tile::<$rows, 1>, tile::<$rows, 2>]),*] };
}
static KERNELS: [[TileFn; 2]; 14] = kernels!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);

/// # Safety
/// As [`TileFn`] says, for `R` rows and `V` vectors.
#[target_feature(enable = "avx512f")]
unsafe fn tile<const R: usize, const V: usize>(tile: &Tile) {
    let last = tile.columns - 16 * (V as u32 - 1);
    let mask: __mmask16 = ((1u32 << last) - 1) as __mmask16;
    let row = tile.a_row;
    let row_3 = 3 * row;
    let mut sums = [[_mm512_setzero_ps(); V]; R];
    let [t0, t1, t2, t3] = tile.taps;
    let (k, a_k, b_k) = tile.k;
    for i0 in 0..t0.0 as isize {
        for i1 in 0..t1.0 as isize {
            for i2 in 0..t2.0 as isize {
                for i3 in 0..t3.0 as isize {
                    let mut a = tile.a.wrapping_offset(i0 * t0.1 + i1 * t1.1 + i2 * t2.1 + i3 * t3.1);
                    let mut b = tile.b.wrapping_offset(i0 * t0.2 + i1 * t1.2 + i2 * t2.2 + i3 * t3.2);
                    for _ in 0..k {
                        let mut columns = [_mm512_setzero_ps(); V];
                        for (v, vector) in columns.iter_mut().enumerate() {
                            let source = b.wrapping_add(16 * v);
                            // SAFETY: the mask keeps to the tile's columns, which are readable.
                            *vector = unsafe {
                                if v + 1 == V { _mm512_maskz_loadu_ps(mask, source) } else { _mm512_loadu_ps(source) }
                            };
                        }
                        // Rows 5q + j are addressed as base q plus {0, 1, 2, 3, 4} strides: three bases and two strides
                        // instead of fourteen pointers, which would not fit the integer registers.
                        let bases = [a, a.wrapping_offset(5 * row), a.wrapping_offset(10 * row)];
                        for (r, sum) in sums.iter_mut().enumerate() {
                            let base = bases[r / 5];
                            let element = match r % 5 {
                                0 => base,
                                1 => base.wrapping_offset(row),
                                2 => base.wrapping_offset(2 * row),
                                3 => base.wrapping_offset(row_3),
                                _ => base.wrapping_offset(4 * row),
                            };
                            // SAFETY: the tile has `R` rows.
                            let element = _mm512_set1_ps(unsafe { *element });
                            for (sum, &vector) in sum.iter_mut().zip(&columns) {
                                *sum = _mm512_fmadd_ps(element, vector, *sum);
                            }
                        }
                        a = a.wrapping_offset(a_k);
                        b = b.wrapping_offset(b_k);
                    }
                }
            }
        }
    }
    // SAFETY: by the caller's promise.
    unsafe { store(tile, mask, &sums) };
}

/// Adds earlier chunks, applies the closed set of epilogues and stores.
///
/// # Safety
/// As [`TileFn`] says.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store<const R: usize, const V: usize>(tile: &Tile, mask: __mmask16, sums: &[[__m512; V]; R]) {
    let is_plain = !tile.add && tile.finish.is_none();
    for (r, sums) in sums.iter().enumerate() {
        for (v, &sum) in sums.iter().enumerate() {
            let c = tile.c.wrapping_offset(r as isize * tile.c_row).wrapping_add(16 * v);
            let mask = if v + 1 == V { mask } else { 0xffff };
            // SAFETY: the mask keeps to the tile's columns.
            unsafe {
                let value = if is_plain { sum } else { finish(tile, r, v, mask, c, sum) };
                _mm512_mask_storeu_ps(c, mask, value);
            }
        }
    }
}

/// One vector of sums, finished.
///
/// # Safety
/// As [`TileFn`] says; `c` is where the vector belongs.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn finish(tile: &Tile, r: usize, v: usize, mask: __mmask16, c: *const f32, sum: __m512) -> __m512 {
    let mut value = sum;
    if tile.add {
        // SAFETY: the mask keeps to the tile's columns.
        value = _mm512_add_ps(unsafe { _mm512_maskz_loadu_ps(mask, c) }, value);
    }
    for (operand, stride) in tile.finish.operands {
        if !operand.is_null() {
            let source = operand.wrapping_offset(r as isize * stride).wrapping_add(16 * v);
            // SAFETY: as above.
            value = _mm512_add_ps(value, unsafe { _mm512_maskz_loadu_ps(mask, source) });
        }
    }
    if tile.finish.relu {
        let negative = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(value, _mm512_setzero_ps());
        value = _mm512_mask_mov_ps(value, negative, _mm512_setzero_ps());
    }
    value
}
