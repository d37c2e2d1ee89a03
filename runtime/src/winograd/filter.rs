//! Filters to points, in doubles: U = G g Gᵀ.

use netc_plan::kernels::split_range;
use netc_plan::winograd::{Exact, Four, TileSize, Transform, Two, filter};
use netc_plan::{Panels, WinogradFilterPlan};

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
struct Rows<'a> {
    plan: &'a WinogradFilterPlan,
    /// Tap (0, 0) of lane 0.
    w: *const f32,
    /// Point 0 of lane 0.
    u: *mut f32,
    columns: usize,
    width: usize,
}

/// # Safety
/// The processor has the function's instructions; the row's elements of w are readable, those of U writable.
type RowsFn = unsafe fn(&Rows<'_>);

/// Eight doubles.
#[derive(Clone, Copy)]
pub(super) struct Doubles(pub [f64; 8]);

impl Exact for Doubles {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        Self(self.0.map(|lane| lane * factor))
    }
}

impl FilterCall {
    /// Prepares a plan that was checked.
    pub(crate) const fn new(plan: &WinogradFilterPlan, instructions: Instructions) -> Self {
        Self { plan: *plan, instructions }
    }

    fn rows(&self) -> RowsFn {
        match (self.isa(), self.plan.tile) {
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, TileSize::Two) => rows_512::<Two>,
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512, TileSize::Four) => rows_512::<Four>,
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2, TileSize::Two) => rows_256::<Two>,
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2, TileSize::Four) => rows_256::<Four>,
            (_, TileSize::Two) => rows::<Two>,
            (_, TileSize::Four) => rows::<Four>,
        }
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
                (call.rows())(&Rows { plan, w: w.cast_const(), u, columns: columns as usize, width });
            }
        }
    }
}

/// # Safety
/// As [`RowsFn`] says.
#[inline(always)]
unsafe fn rows<T: Transform>(row: &Rows<'_>) {
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
        let tap = |tap: usize| Doubles(core::array::from_fn(|lane| f64::from(lanes[tap][start + lane])));
        let points = filter::<T, Doubles>([0, 3, 6].map(|line| [tap(line), tap(line + 1), tap(line + 2)]));
        for (point, value) in points.iter().enumerate().take(T::POINTS * T::POINTS) {
            let at = row.u.wrapping_add(point * plan.k as usize * row.width + start);
            // SAFETY: by the caller's promise; panels are a multiple of eight wide.
            unsafe { at.cast::<[f32; 8]>().write_unaligned(value.0.map(|lane| lane as f32)) };
        }
    }
}

/// # Safety
/// As [`RowsFn`] says.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn rows_512<T: Transform>(row: &Rows<'_>) {
    // SAFETY: by the caller's promise.
    unsafe { rows::<T>(row) }
}

/// # Safety
/// As [`RowsFn`] says.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn rows_256<T: Transform>(row: &Rows<'_>) {
    // SAFETY: by the caller's promise.
    unsafe { rows::<T>(row) }
}
