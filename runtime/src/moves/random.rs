//! Counter-based random numbers into a strided box.

use netc_plan::kernels::split_range;
use netc_plan::{Axis, Distribution, RandomPlan, philox};

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
    let inner = (0..8).rev().find(|&axis| plan.axes[axis].extent > 1).unwrap_or(7);
    let stride = plan.axes[inner].stride as isize;
    let mut numbers = Numbers { plan, key, step, block: None, held: [0.0; 4] };
    let mut logical = first;
    while logical < last {
        let (offset, at) = offset(plan, inner, logical);
        let run = u64::from(plan.axes[inner].extent - at).min(last - logical);
        let mut to = destination.wrapping_offset(offset as isize);
        for index in logical..logical + run {
            // SAFETY: the plan's reach covers every position.
            unsafe { *to = numbers.get(plan.first + index) };
            to = to.wrapping_offset(stride);
        }
        logical += run;
    }
}

/// The numbers of a draw, a block at a time.
struct Numbers<'a> {
    plan: &'a RandomPlan,
    key: u64,
    step: u64,
    block: Option<u64>,
    held: [f32; 4],
}

impl Numbers<'_> {
    #[inline]
    fn get(&mut self, index: u64) -> f32 {
        if self.block != Some(index / 4) {
            self.block = Some(index / 4);
            let words = philox::block(self.key, self.step, index / 4);
            self.held = match self.plan.distribution {
                Distribution::Uniform => words.map(philox::unit),
                Distribution::Normal => philox::normals(words),
            };
        }
        self.held[(index % 4) as usize]
    }
}

/// The offset of a logical index, and its position on axis `inner`.
fn offset(plan: &RandomPlan, inner: usize, mut index: u64) -> (i64, u32) {
    let (mut offset, mut at_inner) = (0, 0);
    for (axis, Axis { extent, stride }) in plan.axes.iter().enumerate().rev() {
        let at = (index % u64::from(*extent)) as u32;
        index /= u64::from(*extent);
        offset += i64::from(at) * stride;
        if axis == inner {
            at_inner = at;
        }
    }
    (offset, at_inner)
}
