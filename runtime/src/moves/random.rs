//! Counter-based random numbers into a strided box.

use netc_plan::kernels::split_range;
use netc_plan::{Distribution, RandomPlan, philox};

/// Computes units `begin..end` of a draw.
///
/// # Safety
/// `plan` points to a checked [`RandomPlan`], `pointers` to the destination, which reaches as far as it says, and to
/// four words: seed and step.
pub(crate) unsafe extern "C" fn random(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let (plan, destination, words) =
        unsafe { (&*plan.cast::<RandomPlan>(), *pointers, *(*pointers.add(1)).cast::<[u32; 4]>()) };
    let [seed_low, seed_high, step_low, step_high] = words.map(u64::from);
    let key = philox::key(seed_low | seed_high << 32, plan.stream);
    let step = step_low | step_high << 32;
    let units = plan.units();
    // Bounds are multiples of a block's four numbers, counted from the first.
    let bound = |unit| (split_range(plan.len().div_ceil(4), units, unit).0 * 4).min(plan.len());
    let (first, last) = (bound(begin), bound(end));
    let mut position = position(plan, first);
    let mut block = None;
    let mut numbers = [0.0; 4];
    for logical in first..last {
        let index = plan.first + logical;
        if block != Some(index / 4) {
            block = Some(index / 4);
            let words = philox::block(key, step, index / 4);
            numbers = match plan.distribution {
                Distribution::Uniform => words.map(philox::unit),
                Distribution::Normal => philox::normals(words),
            };
        }
        let offset: i64 = plan.axes.iter().zip(&position).map(|(axis, &at)| i64::from(at) * axis.stride).sum();
        // SAFETY: the plan's reach covers every position.
        unsafe { *destination.wrapping_offset(offset as isize) = numbers[(index % 4) as usize] };
        advance(plan, &mut position);
    }
}

fn position(plan: &RandomPlan, mut index: u64) -> [u32; 8] {
    let mut position = [0; 8];
    for axis in (0..8).rev() {
        let extent = u64::from(plan.axes[axis].extent);
        position[axis] = (index % extent) as u32;
        index /= extent;
    }
    position
}

fn advance(plan: &RandomPlan, position: &mut [u32; 8]) {
    for axis in (0..8).rev() {
        position[axis] += 1;
        if position[axis] < plan.axes[axis].extent {
            return;
        }
        position[axis] = 0;
    }
}
