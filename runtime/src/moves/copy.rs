//! Strided copies with zero padding: which loops are innermost, and in which order the others run.

use netc_plan::kernels::split_range;
use netc_plan::{CopyAxis, CopyPlan};

use super::for_each_outer;
use super::matrix::{BLOCK, Matrix, Side};

/// Elements from which a copy is written past the caches: who reads it finds little of it there, and lines need not be
/// read to be overwritten.
const LARGE: u64 = 1 << 19;

/// Computes units `begin..end` of a copy; `LANES` as vectors have.
///
/// # Safety
/// The processor has AVX2 if `LANES` is 8, AVX-512 if it is 16; `plan` points to a checked [`CopyPlan`], `pointers` to
/// destination and source, which reach as far as it says.
pub(crate) unsafe extern "C" fn copy<const LANES: usize>(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise. Elements are moved as integers: bits of any type pass unchanged.
    let (plan, destination, source) = unsafe {
        (&*plan.cast::<CopyPlan>(), (*pointers).cast::<u32>(), (*pointers.add(1)).cast_const().cast::<u32>())
    };
    let split = plan.split_axis();
    let mut ranges = plan.axes.map(|axis| (0, axis.extent));
    let extent = u64::from(plan.axes[split].extent);
    let units = plan.units();
    ranges[split] = (split_range(extent, units, begin).0 as u32, split_range(extent, units, end).0 as u32);
    if begin == end {
        return;
    }
    // SAFETY: by the caller's promise.
    unsafe { copy_box::<LANES>(plan, &ranges, &Inner::of(plan), destination, source) };
    #[cfg(target_arch = "x86_64")]
    if LANES == 16 && plan.len() >= LARGE {
        // SAFETY: every 64-bit processor has it. What was written past the caches is seen before the units count as
        // done.
        unsafe { core::arch::x86_64::_mm_sfence() };
    }
}

/// Copies the positions `ranges` of a plan.
///
/// # Safety
/// The processor has AVX2 if `LANES` is 8, AVX-512 if it is 16; destination and source reach as far as the plan says.
unsafe fn copy_box<const LANES: usize>(
    plan: &CopyPlan,
    ranges: &[(u32, u32); 8],
    inner: &Inner,
    destination: *mut u32,
    source: *const u32,
) {
    let &Inner { rows, columns, around_rows, around_columns } = inner;
    let side = |axis: usize, around: Option<usize>| {
        let side = Side::new(&plan.axes[axis], ranges[axis]);
        match around {
            Some(around) => side.within(&plan.axes[around], ranges[around]),
            None => side,
        }
    };
    let (row_side, column_side) =
        (if rows == columns { Side::SINGLE } else { side(rows, around_rows) }, side(columns, around_columns));
    let is_inner = |axis| [Some(rows), Some(columns), around_rows, around_columns].contains(&Some(axis));
    for_each_outer(ranges, is_inner, |position| {
        let (mut from, mut to, mut is_valid) = (0i64, 0i64, true);
        for (index, (axis, &at)) in plan.axes.iter().zip(position).enumerate() {
            if is_inner(index) {
                continue;
            }
            is_valid &= at.checked_sub(axis.before).is_some_and(|at| at < axis.valid);
            from += (i64::from(at) - i64::from(axis.before)) * axis.source;
            to += i64::from(at) * axis.destination;
        }
        let matrix = Matrix {
            rows: &row_side,
            columns: &column_side,
            is_large: plan.len() >= LARGE,
            source: source.wrapping_offset(from as isize),
            destination: destination.wrapping_offset(to as isize),
        };
        // SAFETY: the plan's reach covers every position.
        unsafe { matrix.copy::<LANES>(is_valid) };
    });
}

/// The innermost loops.
struct Inner {
    rows: usize,
    columns: usize,
    /// An axis that continues the rows in the source: its neighbours lie where the rows end.
    around_rows: Option<usize>,
    /// An axis that continues the columns in the destination.
    around_columns: Option<usize>,
}

impl Inner {
    /// Columns along the destination's smallest stride, rows along the source's if that is another axis, else along the
    /// destination's next; the same axis twice if there is only one. Few rows or columns, as the taps of a filter, are
    /// continued by the axis around them, so that blocks of a transpose are full.
    fn of(plan: &CopyPlan) -> Self {
        let axes = &plan.axes;
        let smallest = |but: Option<usize>, stride: fn(&CopyAxis) -> i64| {
            let is_used = |axis: &usize| axes[*axis].extent > 1 && stride(&axes[*axis]) != 0 && Some(*axis) != but;
            (0..8).filter(is_used).min_by_key(|&axis| stride(&axes[axis]).unsigned_abs())
        };
        let columns = smallest(None, |axis| axis.destination).unwrap_or(7);
        let rows = match axes[columns].source {
            1 => smallest(Some(columns), |axis| axis.destination),
            _ => smallest(None, |axis| axis.source),
        };
        let rows = rows.unwrap_or(columns);
        let is_transpose = axes[rows].source == 1 && axes[columns].source != 1 && axes[columns].destination == 1;
        if rows == columns || !is_transpose {
            return Self { rows, columns, around_rows: None, around_columns: None };
        }
        let split = plan.split_axis();
        let around = |axis: usize, stride: fn(&CopyAxis) -> i64| {
            let extent = axes[axis].extent;
            let is_whole = |axis: &CopyAxis| axis.valid == axis.extent;
            let continues = |&next: &usize| {
                next != rows && next != columns && is_whole(&axes[next]) && stride(&axes[next]) == i64::from(extent)
            };
            let is_short = !(extent as usize).is_multiple_of(BLOCK) && axis != split && is_whole(&axes[axis]);
            (0..8).find(continues).filter(|_| is_short)
        };
        let around_columns = around(columns, |axis| axis.destination);
        let is_wide = axes[columns].extent as usize >= BLOCK || around_columns.is_some();
        let around_rows = around(rows, |axis| axis.source).filter(|&axis| is_wide && Some(axis) != around_columns);
        Self { rows, columns, around_rows, around_columns }
    }
}
