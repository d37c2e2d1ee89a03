//! Points to the taps of weight gradients: chunks added, Gᵀ in doubles, taps in the order that is wanted.

use netc_plan::winograd::{Points, Transform, gather};

use super::vector::Doubles;

/// Columns that are transformed together.
const LANES: usize = 8;

/// One row of sums, to be transformed.
pub(super) struct Row {
    /// Point 0 of chunk 0 at the first column.
    pub sums: *const f32,
    /// From one point to the next, and from one chunk to the next.
    pub point: usize,
    pub chunks: usize,
    pub chunk: usize,
    /// Tap (0, 0) at the first column.
    pub w: *mut f32,
    /// From one row of taps to the next, from one tap of a row to the next, from one column to the next.
    pub strides: [isize; 3],
    pub columns: usize,
}

/// # Safety
/// The processor has the function's instructions; sums are readable, the taps writable.
pub(super) type GatherFn = unsafe fn(&Row);

/// Points of eight columns.
struct Sums {
    start: *const f32,
    point: usize,
}

impl<D: Doubles> Points<D> for Sums {
    #[inline(always)]
    fn point(&self, index: usize) -> D {
        // SAFETY: who makes one has eight readable columns at each point.
        unsafe { D::load(self.start.wrapping_add(index * self.point)) }
    }
}

/// # Safety
/// As [`GatherFn`] says.
#[inline(always)]
pub(super) unsafe fn row<D: Doubles, T: Transform>(row: &Row) {
    let mut totals = [[0.0f32; LANES]; 36];
    let [down, across, right] = row.strides;
    for start in (0..row.columns).step_by(LANES) {
        let count = (row.columns - start).min(LANES);
        let mut sums = Sums { start: row.sums.wrapping_add(start), point: row.point };
        if row.chunks > 1 || count < LANES {
            for (point, totals) in totals.iter_mut().enumerate().take(T::POINTS * T::POINTS) {
                let first = sums.start.wrapping_add(point * row.point);
                // SAFETY: by the caller's promise.
                unsafe {
                    match count {
                        LANES => add_chunks(row, first, totals),
                        _ => add_chunks(row, first, &mut totals[..count]),
                    }
                }
            }
            sums = Sums { start: totals.as_ptr().cast(), point: LANES };
        }
        let taps = gather::<T, D, _>(&sums);
        let w = row.w.wrapping_offset(start as isize * right);
        if right == 1 && count == LANES {
            for (i, line) in taps.into_iter().enumerate() {
                for (j, tap) in line.into_iter().enumerate() {
                    // SAFETY: by the caller's promise.
                    unsafe { tap.store(w.wrapping_offset(i as isize * down + j as isize * across)) };
                }
            }
            continue;
        }
        let mut staged = [[0.0f32; LANES]; 9];
        for (line, tap) in staged.iter_mut().zip(taps.into_iter().flatten()) {
            // SAFETY: there are eight floats.
            unsafe { tap.store(line.as_mut_ptr()) };
        }
        if D::LANES > 1 && row.strides == [3, 1, 9] && count == LANES {
            // SAFETY: by the caller's promise; both instruction sets have AVX2.
            unsafe { interleave(&staged, w) };
            continue;
        }
        for (tap, line) in staged.iter().enumerate() {
            let at = w.wrapping_offset((tap / 3) as isize * down + (tap % 3) as isize * across);
            for (lane, &value) in line.iter().enumerate().take(count) {
                // SAFETY: by the caller's promise.
                unsafe { *at.wrapping_offset(lane as isize * right) = value };
            }
        }
    }
}

/// Adds the chunks of a point in order; inlined where the number of totals is known, so that they stay in a register.
///
/// # Safety
/// Every chunk has as many readable columns from `first` on as there are totals.
#[inline(always)]
unsafe fn add_chunks(row: &Row, first: *const f32, totals: &mut [f32]) {
    for chunk in 0..row.chunks {
        for (lane, total) in totals.iter_mut().enumerate() {
            // SAFETY: by the caller's promise.
            let sum = unsafe { *first.add(chunk * row.chunk + lane) };
            *total = if chunk == 0 { sum } else { *total + sum };
        }
    }
}

/// Writes eight filters one after the other.
///
/// # Safety
/// The processor has AVX2; 72 floats are writable at `w`.
#[inline(always)]
unsafe fn interleave(taps: &[[f32; LANES]; 9], w: *mut f32) {
    #[cfg(target_arch = "x86_64")]
    {
        let lines = core::array::from_fn(|tap| (tap % 8 * LANES) as isize);
        // SAFETY: by the caller's promise: eight taps of each filter.
        unsafe { crate::moves::transpose::narrow(taps.as_ptr().cast(), &lines, w.cast(), 9, 1) };
    }
    for (lane, &value) in taps[8].iter().enumerate() {
        // SAFETY: by the caller's promise.
        unsafe { *w.wrapping_add(9 * lane + 8) = value };
    }
}
