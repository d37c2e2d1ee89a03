//! Rows of scores and of results, sixteen numbers at once.

use core::ops::Range;

use netc_plan::AttendPlan;

use crate::lanes::{Float, Kernel, LANES, Lanes, blocks};

/// Scores of a block of queries to weights, `exp(score·scale − largest)`, and the weights' sum per query.
pub(super) struct Softmax<'a> {
    pub plan: &'a AttendPlan,
    pub queries: Range<u32>,
    /// [`AttendPlan::score_stride`] floats per query; scores of all keys that the query reaches.
    pub scores: &'a mut [f32],
    /// One per query: first the largest score, then the sum.
    pub sums: &'a mut [f32],
}

impl Kernel for Softmax<'_> {
    /// Rows do not wait for each other in either loop: the time of one would be that of its longest chain, from the
    /// largest score over the powers to the sum.
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let stride = self.plan.score_stride() as usize;
        let scale = L::F::splat(self.plan.scale);
        let rows = self.scores.chunks_exact(stride);
        for ((row, query), sum) in rows.zip(self.queries.clone()).zip(&mut *self.sums) {
            let mut largest = L::F::splat(f32::NEG_INFINITY);
            for (at, count) in blocks(self.plan.seen(query) as usize) {
                largest = largest.larger_first(L::F::load(row, at) * scale, count);
            }
            *sum = largest.larger_halves();
        }
        let rows = self.scores.chunks_exact_mut(stride);
        for ((row, query), sum) in rows.zip(self.queries).zip(self.sums) {
            let (largest, mut total) = (L::F::splat(*sum), L::F::splat(0.0));
            let (seen, reached) = (self.plan.seen(query) as usize, self.plan.reached(query) as usize);
            for (at, count) in blocks(seen) {
                let weight = (L::F::load(row, at) * scale - largest).exp();
                weight.store(row, at, count);
                total = total.add_first(weight, count);
            }
            row[seen..reached].fill(0.0);
            *sum = total.sum_halves();
        }
    }
}

/// Weighted sums of values divided by the sums of the weights, where a result's features lie side by side.
pub(super) struct Divide<'a> {
    /// [`Divide::STRIDE`] floats per row.
    pub from: &'a [f32],
    /// One per row.
    pub sums: &'a [f32],
    pub columns: usize,
    /// Row 0, and floats to the next row.
    pub to: (*mut f32, isize),
}

impl Divide<'_> {
    pub const STRIDE: usize = AttendPlan::BLOCK as usize;
}

impl Kernel for Divide<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (index, (row, &sum)) in self.from.chunks_exact(Self::STRIDE).zip(self.sums).enumerate() {
            let to = self.to.0.wrapping_offset(index as isize * self.to.1);
            // SAFETY: whoever makes the kernel says that these rows may be written, `columns` floats each.
            let to = unsafe { core::slice::from_raw_parts_mut(to, self.columns) };
            for (at, count) in blocks(self.columns) {
                (L::F::load(row, at) / L::F::splat(sum)).store(to, at, count);
            }
        }
    }
}

const _: () = assert!(Divide::STRIDE.is_multiple_of(LANES));
