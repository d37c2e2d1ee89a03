//! One value into a strided box.

use netc_plan::FillPlan;
use netc_plan::kernels::split_range;

use super::for_each_outer;

/// Computes units `begin..end` of a fill.
///
/// # Safety
/// `plan` points to a checked [`FillPlan`], `pointers` to the destination, which reaches as far as it says.
pub(crate) unsafe extern "C" fn fill(
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
            for turn in 0..turns as i64 {
                let mut to = destination.wrapping_offset((offset + turn * step) as isize);
                if stride == 1 {
                    // SAFETY: the plan's reach covers the run.
                    unsafe { core::slice::from_raw_parts_mut(to, run) }.fill(plan.value);
                    continue;
                }
                for _ in 0..run {
                    // SAFETY: as above.
                    unsafe { *to = plan.value };
                    to = to.wrapping_offset(stride as isize);
                }
            }
        },
    );
}
