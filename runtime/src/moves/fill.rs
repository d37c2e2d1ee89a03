//! One value into a strided box.

use netc_plan::FillPlan;
use netc_plan::kernels::split_range;

use super::for_each_outer;

/// Computes units `begin..end` of a fill; `LANES` as vectors have.
///
/// # Safety
/// The processor has AVX2 if `LANES` is 8; `plan` points to a checked [`FillPlan`], `pointers` to the destination,
/// which reaches as far as it says.
pub(crate) unsafe extern "C" fn fill<const LANES: usize>(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let (plan, destination) = unsafe { (&*plan.cast::<FillPlan>(), *pointers) };
    if begin == end {
        return;
    }
    let split = plan.split_axis();
    let mut ranges = plan.axes.map(|axis| (0, axis.extent));
    let extent = u64::from(plan.axes[split].extent);
    let units = plan.units();
    ranges[split] = (split_range(extent, units, begin).0 as u32, split_range(extent, units, end).0 as u32);
    let smallest = |but: usize| {
        let used = (0..8).filter(|&axis| axis != but && plan.axes[axis].extent > 1);
        used.min_by_key(|&axis| plan.axes[axis].stride.unsigned_abs())
    };
    let inner = smallest(8).unwrap_or(7);
    let rows = smallest(inner).unwrap_or(inner);
    let length = |axis: usize| (ranges[axis].1 - ranges[axis].0) as usize;
    let (run, stride) = (length(inner), plan.axes[inner].stride);
    let (turns, step) = if rows == inner { (1, 0) } else { (length(rows), plan.axes[rows].stride) };
    // Rows without gaps are one run.
    let (run, turns) = if stride == 1 && step == run as i64 { (run * turns, 1) } else { (run, turns) };
    for_each_outer(
        &ranges,
        |axis| axis == rows || axis == inner,
        |position| {
            let offset: i64 = plan.axes.iter().zip(position).map(|(axis, &at)| i64::from(at) * axis.stride).sum();
            let rows = Rows { first: destination.wrapping_offset(offset as isize), turns, step: step as isize, run };
            // SAFETY: the plan's reach covers the rows; the processor has what `LANES` says.
            unsafe {
                match LANES {
                    _ if stride != 1 => rows.fill_apart(stride as isize, plan.value),
                    #[cfg(target_arch = "x86_64")]
                    8 => rows.fill_avx2(plan.value),
                    _ => rows.fill(plan.value),
                }
            }
        },
    );
}

/// `turns` rows of `run` elements.
struct Rows {
    first: *mut f32,
    turns: usize,
    step: isize,
    run: usize,
}

impl Rows {
    fn starts(&self) -> impl Iterator<Item = *mut f32> {
        let &Self { first, turns, step, .. } = self;
        (0..turns as isize).map(move |turn| first.wrapping_offset(turn * step))
    }

    /// Rows of neighbours.
    ///
    /// # Safety
    /// They may be written.
    #[inline(always)]
    unsafe fn fill(&self, value: f32) {
        for row in self.starts() {
            // SAFETY: by the caller's promise.
            unsafe { core::slice::from_raw_parts_mut(row, self.run) }.fill(value);
        }
    }

    /// # Safety
    /// As for [`Rows::fill`].
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn fill_avx2(&self, value: f32) {
        // SAFETY: by the caller's promise.
        unsafe { self.fill(value) }
    }

    /// Rows of elements that lie `stride` apart.
    ///
    /// # Safety
    /// As for [`Rows::fill`].
    unsafe fn fill_apart(&self, stride: isize, value: f32) {
        for row in self.starts() {
            for index in 0..self.run as isize {
                // SAFETY: by the caller's promise.
                unsafe { *row.wrapping_offset(index * stride) = value };
            }
        }
    }
}
