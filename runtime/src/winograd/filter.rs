//! Filters to points, in doubles: U = G g Gᵀ.

use netc_plan::kernels::split_range;
use netc_plan::winograd::{Transform, filter};
use netc_plan::{Panels, WinogradFilterPlan};

use super::Transforms;
use super::vector::Doubles;
use crate::Isa;
use crate::isa::Instructions;

const COLUMNS: usize = Panels::COLUMNS as usize;

/// A filter transform prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct FilterCall {
    plan: WinogradFilterPlan,
    instructions: Instructions,
}

/// One row (k) of one panel: a filter per lane.
pub(super) struct Filters<'a> {
    pub plan: &'a WinogradFilterPlan,
    /// Tap (0, 0) of lane 0.
    pub w: *const f32,
    /// Point 0 of lane 0.
    pub u: *mut f32,
    pub columns: usize,
    pub width: usize,
}

/// # Safety
/// The processor has the function's instructions; the row's elements of w are readable, those of U writable.
pub(super) type FilterFn = unsafe fn(&Filters<'_>);

impl FilterCall {
    /// Prepares a plan that was checked.
    pub(crate) const fn new(plan: &WinogradFilterPlan, instructions: Instructions) -> Self {
        Self { plan: *plan, instructions }
    }

    fn rows(&self) -> FilterFn {
        Transforms::of(self.isa()).filter[self.plan.tile as usize]
    }

    /// The instruction set of its code.
    pub(crate) fn isa(&self) -> Isa {
        self.instructions.get()
    }

    pub(crate) fn units(&self) -> u32 {
        self.plan.units()
    }
}

/// Transforms pairs `begin..end` of a panel and a part of k.
///
/// # Safety
/// `plan` points to a [`FilterCall`], `pointers` to U and w, which reach as far as the plan says; no other thread runs
/// these units or touches what they write.
pub(crate) unsafe extern "C" fn filters(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<FilterCall>() };
    let plan = &call.plan;
    let parts = plan.k_parts();
    for unit in begin..end {
        let (panel, part) = (unit / parts, unit % parts);
        let (from, to) = split_range(u64::from(plan.k), parts, part);
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let width = columns.next_multiple_of(8) as usize;
        let rows = plan.tile.products() as usize * plan.k as usize;
        for k in from..to {
            let lane = i64::from(panel * Panels::COLUMNS);
            // SAFETY: the table has both entries, and the row lies in them.
            unsafe {
                let w = (*pointers.add(1)).wrapping_offset((k as i64 * plan.k_stride + lane * plan.n_stride) as isize);
                let u = (*pointers).wrapping_add(panel as usize * rows * Panels::COLUMNS as usize + k as usize * width);
                (call.rows())(&Filters { plan, w: w.cast_const(), u, columns: columns as usize, width });
            }
        }
    }
}

/// # Safety
/// As [`FilterFn`] says.
#[inline(always)]
pub(super) unsafe fn filters_of<D: Doubles, T: Transform>(row: &Filters<'_>) {
    let plan = row.plan;
    // Lanes side by side, so that they load as vectors; zeros in those that pad the panel.
    let mut lanes = [[0.0f32; COLUMNS]; 9];
    for lane in 0..row.columns {
        let filter = row.w.wrapping_offset(lane as isize * plan.n_stride as isize);
        for (tap, line) in lanes.iter_mut().enumerate() {
            let at = (tap / 3) as isize * plan.row as isize + (tap % 3) as isize * plan.column as isize;
            // SAFETY: by the caller's promise.
            line[lane] = unsafe { *filter.wrapping_offset(at) };
        }
    }
    for start in (0..row.width).step_by(8) {
        // SAFETY: the row has `width` lanes, a multiple of eight.
        let taps = unsafe {
            let [a, b, c, d, e, f, g, h, i] = &lanes;
            let tap = |line: &[f32; COLUMNS]| line.as_ptr().wrapping_add(start);
            [
                [D::load(tap(a)), D::load(tap(b)), D::load(tap(c))],
                [D::load(tap(d)), D::load(tap(e)), D::load(tap(f))],
                [D::load(tap(g)), D::load(tap(h)), D::load(tap(i))],
            ]
        };
        let points = filter::<T, D>(taps);
        for (point, value) in points.into_iter().enumerate().take(T::POINTS * T::POINTS) {
            let at = row.u.wrapping_add(point * plan.k as usize * row.width + start);
            // SAFETY: by the caller's promise; panels are a multiple of eight wide.
            unsafe { value.store(at) };
        }
    }
}
