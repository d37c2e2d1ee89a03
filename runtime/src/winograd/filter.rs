//! Filters to points, in doubles: U = G g Gᵀ.

use core::mem::MaybeUninit;

use netc_plan::kernels::split_range;
use netc_plan::winograd::{Transform, filter};
use netc_plan::{Panels, WinogradFilterPlan};

use super::Transforms;
use super::vector::Doubles;
use crate::Isa;
use crate::isa::Instructions;

const COLUMNS: usize = Panels::COLUMNS as usize;
/// Rows of a panel that are transformed together, so that each point's part of U gets whole stretches of memory: points
/// lie a multiple of 4 KiB apart as a rule.
const ROWS: usize = 4;
/// Most points of a tile.
const POINTS: usize = 36;

/// A filter transform prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct FilterCall {
    plan: WinogradFilterPlan,
    instructions: Instructions,
}

/// Up to [`ROWS`] rows (k) of one panel: a filter per row and lane.
pub(super) struct Filters<'a> {
    pub plan: &'a WinogradFilterPlan,
    /// Tap (0, 0) of row 0, lane 0.
    pub w: *const f32,
    /// Point 0 of row 0, lane 0.
    pub u: *mut f32,
    pub rows: usize,
    pub columns: usize,
    pub width: usize,
}

/// # Safety
/// The processor has the function's instructions; the rows' elements of w are readable, those of U writable.
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
        for k in (from..to).step_by(ROWS) {
            let height = ROWS.min((to - k) as usize);
            let lane = i64::from(panel * Panels::COLUMNS);
            // SAFETY: the table has both entries, and the rows lie in them.
            unsafe {
                let w = (*pointers.add(1)).wrapping_offset((k as i64 * plan.k_stride + lane * plan.n_stride) as isize);
                let u = (*pointers).wrapping_add(panel as usize * rows * Panels::COLUMNS as usize + k as usize * width);
                (call.rows())(&Filters { plan, w: w.cast_const(), u, rows: height, columns: columns as usize, width });
            }
        }
    }
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every 64-bit processor has it. What was written past the caches is seen before the units count as done.
    unsafe {
        core::arch::x86_64::_mm_sfence();
    }
}

/// # Safety
/// As [`FilterFn`] says.
#[inline(always)]
pub(super) unsafe fn filters_of<D: Doubles, T: Transform>(part: &Filters<'_>) {
    let plan = part.plan;
    let (down, right) = (plan.row as isize, plan.column as isize);
    let taps = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|tap| tap / 3 * down + tap % 3 * right);
    let is_dense = part.columns == COLUMNS && [(3, 1), (-3, -1)].contains(&(plan.row, plan.column));
    let mut staged = MaybeUninit::<Staged>::uninit();
    let staged = staged.as_mut_ptr().cast::<f32>();
    let row_of = |point: usize, row: usize| staged.wrapping_add((point * ROWS + row) * COLUMNS);
    // Zeros in the lanes that pad a panel.
    let mut lanes = [[0.0f32; COLUMNS]; 9];
    fetch_next(part);
    for row in 0..part.rows {
        let filters = part.w.wrapping_offset(row as isize * plan.k_stride as isize);
        let is_turned = D::LANES > 1 && is_dense;
        if is_turned {
            // SAFETY: by the caller's promise.
            unsafe { turn(filters, plan, &mut lanes) };
        }
        for lane in (0..part.columns).take_while(|_| !is_turned) {
            let filter = filters.wrapping_offset(lane as isize * plan.n_stride as isize);
            for (line, tap) in lanes.iter_mut().zip(taps) {
                // SAFETY: by the caller's promise.
                line[lane] = unsafe { *filter.wrapping_offset(tap) };
            }
        }
        let [a, b, c, d, e, f, g, h, i] = &lanes;
        for start in (0..part.width).step_by(8) {
            let tap = |line: &[f32; COLUMNS]| line.as_ptr().wrapping_add(start);
            // SAFETY: `width` is a multiple of eight, at most `COLUMNS`.
            let taps = unsafe {
                [
                    [D::load(tap(a)), D::load(tap(b)), D::load(tap(c))],
                    [D::load(tap(d)), D::load(tap(e)), D::load(tap(f))],
                    [D::load(tap(g)), D::load(tap(h)), D::load(tap(i))],
                ]
            };
            for (point, value) in filter::<T, D>(taps).into_iter().enumerate().take(T::POINTS * T::POINTS) {
                // SAFETY: as above.
                unsafe { value.store(row_of(point, row).wrapping_add(start)) };
            }
        }
    }
    for point in 0..T::POINTS * T::POINTS {
        let u = part.u.wrapping_add(point * plan.k as usize * part.width);
        for row in 0..part.rows {
            // SAFETY: by the caller's promise; the row's lanes were staged.
            unsafe { stream::<D>(row_of(point, row), u.wrapping_add(row * part.width), part.width) };
        }
    }
}

/// Sets `lanes[tap][lane]` for a row of a whole panel, whose filters are nine neighbours each, in ascending or
/// descending order.
///
/// # Safety
/// The processor has AVX2; the row's elements of w are readable.
#[inline(always)]
unsafe fn turn(filters: *const f32, plan: &WinogradFilterPlan, lanes: &mut [[f32; COLUMNS]; 9]) {
    let last = if plan.column > 0 { 8 } else { 0 };
    let first = filters.wrapping_sub(8 - last);
    let stride = plan.n_stride as isize;
    #[cfg(target_arch = "x86_64")]
    {
        let start = lanes.as_mut_ptr().cast::<u32>();
        let tap = |position: usize| position.abs_diff(8 - last);
        let rows = core::array::from_fn(|position| start.wrapping_add(COLUMNS * tap(position.min(7))));
        let offsets: [isize; COLUMNS] = core::array::from_fn(|lane| lane as isize * stride);
        // SAFETY: by the caller's promise: eight taps of all filters are read.
        unsafe { crate::moves::transpose::avx2::<false>(first.cast(), &offsets, &rows) };
    }
    let ninth = first.wrapping_add(8);
    for (lane, value) in lanes[last].iter_mut().enumerate() {
        // SAFETY: by the caller's promise.
        *value = unsafe { *ninth.wrapping_offset(lane as isize * stride) };
    }
}

/// Fetches the rows behind those of this part: their filters lie too far apart for the processor to see it coming.
#[inline(always)]
fn fetch_next(part: &Filters<'_>) {
    #[cfg(target_arch = "x86_64")]
    {
        const LINE: usize = 16;
        let (k, n) = (part.plan.k_stride as isize, part.plan.n_stride as isize);
        let next = part.w.wrapping_offset(ROWS as isize * k);
        if k.abs() < n.abs() {
            for lane in 0..part.columns as isize {
                for at in (0..ROWS * k.unsigned_abs()).step_by(LINE) {
                    crate::isa::fetch(next.wrapping_offset(lane * n).wrapping_add(at));
                }
            }
        } else {
            for row in 0..ROWS as isize {
                for at in (0..part.columns * n.unsigned_abs()).step_by(LINE) {
                    crate::isa::fetch(next.wrapping_offset(row * k).wrapping_add(at));
                }
            }
        }
    }
}

/// Points of some rows.
#[repr(align(64))]
struct Staged {
    _points: [[[f32; COLUMNS]; ROWS]; POINTS],
}

/// Writes floats, past the caches where memory allows: they hold but a part of most filters, and lines need not be read
/// to be overwritten.
///
/// # Safety
/// `count`, a multiple of four, floats are readable and writable.
#[inline(always)]
unsafe fn stream<D: Doubles>(from: *const f32, to: *mut f32, count: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{__m128, __m512, _mm_loadu_ps, _mm_stream_ps, _mm512_loadu_ps, _mm512_stream_ps};
        if D::LANES == 16 && to.cast::<__m512>().is_aligned() && count == COLUMNS {
            for at in (0..COLUMNS).step_by(16) {
                // SAFETY: by the caller's promise; the address is a multiple of 64 bytes.
                unsafe { _mm512_stream_ps(to.wrapping_add(at), _mm512_loadu_ps(from.wrapping_add(at))) };
            }
            return;
        }
        // Memory of the caller's may begin at any float.
        if to.cast::<__m128>().is_aligned() {
            for at in (0..count).step_by(4) {
                // SAFETY: by the caller's promise; the address is a multiple of 16 bytes.
                unsafe { _mm_stream_ps(to.wrapping_add(at), _mm_loadu_ps(from.wrapping_add(at))) };
            }
            return;
        }
    }
    // SAFETY: by the caller's promise.
    unsafe { core::ptr::copy_nonoverlapping(from, to, count) };
}
