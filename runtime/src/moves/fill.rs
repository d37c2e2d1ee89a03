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
    let used = (0..8).filter(|&axis| plan.axes[axis].extent > 1);
    let inner = used.min_by_key(|&axis| plan.axes[axis].stride.unsigned_abs()).unwrap_or(7);
    for_each_outer(&ranges, [inner, inner], |position| {
        let offset: i64 = plan.axes.iter().zip(position).map(|(axis, &at)| i64::from(at) * axis.stride).sum();
        let mut to = destination.wrapping_offset(offset as isize);
        let len = (ranges[inner].1 - ranges[inner].0) as usize;
        if plan.axes[inner].stride == 1 {
            // SAFETY: the plan's reach covers the run.
            unsafe { core::slice::from_raw_parts_mut(to, len) }.fill(plan.value);
            return;
        }
        for _ in 0..len {
            // SAFETY: as above.
            unsafe { *to = plan.value };
            to = to.wrapping_offset(plan.axes[inner].stride as isize);
        }
    });
}
