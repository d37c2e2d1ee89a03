//! Transposes in registers.

use core::arch::x86_64::*;

/// Writes sixteen rows, or only the first eight, from columns, whose number is a multiple of sixteen.
///
/// # Safety
/// As many elements as there are rows may be read at `from` and each of `columns` from there; as many as there are
/// columns may be written at each of `to`, one per row.
#[target_feature(enable = "avx2")]
pub(crate) unsafe fn avx2<const BOTH: bool>(from: *const u32, columns: &[isize], to: &[*mut u32; 16]) {
    for (block, columns) in columns.chunks_exact(16).flat_map(<&[isize; 16]>::try_from).enumerate() {
        // SAFETY: by the caller's promise.
        unsafe {
            quarter::<0, 0>(from, columns, to, 16 * block);
            quarter::<0, 8>(from, columns, to, 16 * block);
            if BOTH {
                quarter::<8, 0>(from, columns, to, 16 * block);
                quarter::<8, 8>(from, columns, to, 16 * block);
            }
        }
    }
}

/// Writes blocks of eight rows with `width` from one to the next, eight elements each, from eight columns.
///
/// # Safety
/// As many elements as there are rows may be read at `from` and each of `columns` from there; eight elements may be
/// written per row.
#[target_feature(enable = "avx2")]
pub(crate) unsafe fn narrow(from: *const u32, columns: &[isize; 16], to: *mut u32, width: usize, blocks: usize) {
    for row in (0..8 * blocks).step_by(8) {
        let rows = core::array::from_fn(|index| to.wrapping_add((row + index) * width));
        // SAFETY: by the caller's promise.
        unsafe { quarter::<0, 0>(from.add(row), columns, &rows, 0) };
    }
}

/// Writes eight rows of eight, one after the other.
///
/// # Safety
/// As for [`avx2`].
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn quarter<const ROW: usize, const COLUMN: usize>(
    from: *const u32,
    columns: &[isize; 16],
    to: &[*mut u32; 16],
    begin: usize,
) {
    // SAFETY: by the caller's promise.
    let load = |index: usize| unsafe { _mm256_loadu_ps(from.offset(columns[COLUMN + index]).add(ROW).cast()) };
    // SAFETY: as above.
    let store = |index: usize, value| unsafe { _mm256_storeu_ps(to[ROW + index].add(begin + COLUMN).cast(), value) };
    let pair = |a, b| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    let (low_01, high_01) = pair(load(0), load(1));
    let (low_23, high_23) = pair(load(2), load(3));
    let (low_45, high_45) = pair(load(4), load(5));
    let (low_67, high_67) = pair(load(6), load(7));
    // Each of these holds half a row in either 128-bit half: rows i and i + 4.
    let quads = |a, b| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
    let (left_0, left_1) = quads(low_01, low_23);
    let (left_2, left_3) = quads(high_01, high_23);
    let (right_0, right_1) = quads(low_45, low_67);
    let (right_2, right_3) = quads(high_45, high_67);
    let rows = [(left_0, right_0), (left_1, right_1), (left_2, right_2), (left_3, right_3)];
    for (index, (left, right)) in rows.into_iter().enumerate() {
        store(index, _mm256_permute2f128_ps::<0x20>(left, right));
    }
    for (index, (left, right)) in rows.into_iter().enumerate() {
        store(index + 4, _mm256_permute2f128_ps::<0x31>(left, right));
    }
}

/// [`avx2`] of sixteen rows past the caches. Every line of memory is touched once.
///
/// # Safety
/// As for [`avx2`]; where rows are written, addresses are multiples of 64.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn avx512(from: *const u32, columns: &[isize], to: &[*mut u32; 16]) {
    for (block, columns) in columns.chunks_exact(16).flat_map(<&[isize; 16]>::try_from).enumerate() {
        // SAFETY: by the caller's promise.
        unsafe { block_past(from, columns, to, 16 * block) };
    }
}

/// Sixteen columns of [`avx512`].
///
/// # Safety
/// As for [`avx512`].
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn block_past(from: *const u32, columns: &[isize; 16], to: &[*mut u32; 16], begin: usize) {
    // SAFETY: by the caller's promise.
    let load = |index: usize| unsafe { _mm512_loadu_ps(from.offset(columns[index]).cast()) };
    // SAFETY: as above.
    let store = |index: usize, value| unsafe { _mm512_stream_ps(to[index].add(begin).cast(), value) };
    // Four columns as rows i, i + 4, i + 8, i + 12 in the four quarters, for i = 0, 1, 2, 3.
    let quads = |first: usize| {
        let [a, b, c, d] = [load(first), load(first + 1), load(first + 2), load(first + 3)];
        let (low_ab, high_ab) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
        let (low_cd, high_cd) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
        [
            _mm512_shuffle_ps::<0x44>(low_ab, low_cd),
            _mm512_shuffle_ps::<0xee>(low_ab, low_cd),
            _mm512_shuffle_ps::<0x44>(high_ab, high_cd),
            _mm512_shuffle_ps::<0xee>(high_ab, high_cd),
        ]
    };
    let (first, second, third, fourth) = (quads(0), quads(4), quads(8), quads(12));
    for row in 0..4 {
        let even = |a, b| _mm512_shuffle_f32x4::<0x88>(a, b);
        let odd = |a, b| _mm512_shuffle_f32x4::<0xdd>(a, b);
        let (left_even, left_odd) = (even(first[row], second[row]), odd(first[row], second[row]));
        let (right_even, right_odd) = (even(third[row], fourth[row]), odd(third[row], fourth[row]));
        store(row, even(left_even, right_even));
        store(row + 4, even(left_odd, right_odd));
        store(row + 8, odd(left_even, right_even));
        store(row + 12, odd(left_odd, right_odd));
    }
}
