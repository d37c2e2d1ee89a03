//! Short rows copied with the zeros around them.

use core::arch::x86_64::*;

/// Longest row, with zeros.
pub(super) const MOST: usize = 64;
/// Vectors of such a row.
const VECTORS: usize = MOST / 16;

/// What all rows have in common.
pub(super) struct Row {
    /// Zeros, elements that are copied, zeros: at most [`MOST`].
    pub parts: [usize; 3],
    /// From a row to the next in source and destination.
    pub steps: (isize, isize),
}

/// Copies `count` rows, of which the first has its elements at `from` and its first zero, or else element, at `to`.
///
/// # Safety
/// The processor has AVX-512F; the elements are readable, and the rows may be written.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn avx512(from: *const u32, to: *mut u32, count: usize, row: &Row) {
    let [before, len, after] = row.parts;
    let first = |lanes: usize| if lanes < MOST { (1u64 << lanes) - 1 } else { u64::MAX };
    let (written, copied) = (first(before + len + after), first(before + len) & !first(before));
    let masks: [_; VECTORS] =
        core::array::from_fn(|v| ((copied >> (16 * v)) as __mmask16, (written >> (16 * v)) as __mmask16));
    let vectors = (before + len + after).div_ceil(16);
    let (mut from, mut to) = (from.wrapping_sub(before).cast::<i32>(), to.cast::<i32>());
    for _ in 0..count {
        for (v, (copied, written)) in masks.into_iter().enumerate().take(vectors) {
            // SAFETY: the masks keep to the row.
            unsafe {
                let elements = _mm512_maskz_loadu_epi32(copied, from.wrapping_add(16 * v));
                _mm512_mask_storeu_epi32(to.wrapping_add(16 * v), written, elements);
            }
        }
        (from, to) = (from.wrapping_offset(row.steps.0), to.wrapping_offset(row.steps.1));
    }
}
