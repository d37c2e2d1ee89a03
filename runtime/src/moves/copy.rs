//! Strided copies with zero padding, transposes in blocks.

use netc_plan::kernels::split_range;
use netc_plan::{CopyAxis, CopyPlan};

use super::for_each_outer;

/// Rows and columns of a block of a transpose: both sides of it stay in the first-level cache.
const BLOCK: u32 = 16;

/// Computes units `begin..end` of a copy.
///
/// # Safety
/// `plan` points to a checked [`CopyPlan`], `pointers` to destination and source, which reach as far as it says.
pub(crate) unsafe extern "C" fn copy(
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
    let (rows, columns) = inner_axes(plan);
    for_each_outer(&ranges, [rows, columns], |position| {
        let (mut from, mut to, mut is_valid) = (0i64, 0i64, true);
        for (index, (axis, &at)) in plan.axes.iter().zip(position).enumerate() {
            if index == rows || index == columns {
                continue;
            }
            is_valid &= at.checked_sub(axis.before).is_some_and(|at| at < axis.valid);
            from += (i64::from(at) - i64::from(axis.before)) * axis.source;
            to += i64::from(at) * axis.destination;
        }
        let matrix = Matrix {
            rows: Side::new(&plan.axes[rows], if rows == columns { (0, 1) } else { ranges[rows] }, rows == columns),
            columns: Side::new(&plan.axes[columns], ranges[columns], false),
            source: source.wrapping_offset(from as isize),
            destination: destination.wrapping_offset(to as isize),
        };
        // SAFETY: the plan's reach covers every position.
        unsafe { matrix.copy(is_valid) };
    });
}

/// The two innermost loops: columns along the destination's smallest stride, rows along the source's if that is
/// another axis; the same axis twice if one loop suffices.
fn inner_axes(plan: &CopyPlan) -> (usize, usize) {
    let smallest = |stride: fn(&CopyAxis) -> i64| {
        let used = (0..8).filter(|&axis| plan.axes[axis].extent > 1 && stride(&plan.axes[axis]) != 0);
        used.min_by_key(|&axis| stride(&plan.axes[axis]).unsigned_abs())
    };
    let columns = smallest(|axis| axis.destination).unwrap_or(7);
    if plan.axes[columns].source == 1 {
        return (columns, columns);
    }
    (smallest(|axis| axis.source).unwrap_or(columns), columns)
}

/// One side of an inner matrix: destination positions `begin..end`, of which `valid_begin..valid_end` have a source.
struct Side {
    begin: i64,
    end: i64,
    valid_begin: i64,
    valid_end: i64,
    before: i64,
    source: i64,
    destination: i64,
}

impl Side {
    fn new(axis: &CopyAxis, range: (u32, u32), is_single: bool) -> Self {
        let (begin, end) = (i64::from(range.0), i64::from(range.1));
        if is_single {
            return Self { begin, end, valid_begin: begin, valid_end: end, before: 0, source: 0, destination: 0 };
        }
        let before = i64::from(axis.before);
        let valid_begin = before.clamp(begin, end);
        let valid_end = (before + i64::from(axis.valid)).clamp(valid_begin, end);
        Self { begin, end, valid_begin, valid_end, before, source: axis.source, destination: axis.destination }
    }
}

struct Matrix {
    rows: Side,
    columns: Side,
    source: *const u32,
    destination: *mut u32,
}

impl Matrix {
    /// Copies the matrix, or writes zeros if the outer position has no source.
    ///
    /// # Safety
    /// All positions of the matrix are inside the plan's reach.
    unsafe fn copy(&self, is_valid: bool) {
        let (rows, columns) = (&self.rows, &self.columns);
        let (row_begin, row_end) = if is_valid { (rows.valid_begin, rows.valid_end) } else { (rows.begin, rows.begin) };
        // SAFETY: by the caller's promise, here and below.
        unsafe {
            self.zero(rows.begin..row_begin, columns.begin..columns.end);
            self.zero(row_end..rows.end, columns.begin..columns.end);
            self.zero(row_begin..row_end, columns.begin..columns.valid_begin);
            self.zero(row_begin..row_end, columns.valid_end..columns.end);
            if columns.source == 1 && columns.destination == 1 {
                let len = (columns.valid_end - columns.valid_begin) as usize;
                for row in row_begin..row_end {
                    let (from, to) = self.at(row, columns.valid_begin);
                    core::ptr::copy_nonoverlapping(from, to, len);
                }
                return;
            }
            let mut row = row_begin;
            while row < row_end {
                let row_stop = row_end.min(row + i64::from(BLOCK));
                let mut column = columns.valid_begin;
                while column < columns.valid_end {
                    let column_stop = columns.valid_end.min(column + i64::from(BLOCK));
                    self.block(row..row_stop, column..column_stop);
                    column = column_stop;
                }
                row = row_stop;
            }
        }
    }

    /// # Safety
    /// As for [`Matrix::copy`]; every position has a source.
    unsafe fn block(&self, rows: core::ops::Range<i64>, columns: core::ops::Range<i64>) {
        for row in rows {
            let (mut from, mut to) = self.at(row, columns.start);
            for _ in columns.clone() {
                // SAFETY: by the caller's promise.
                unsafe { *to = *from };
                from = from.wrapping_offset(self.columns.source as isize);
                to = to.wrapping_offset(self.columns.destination as isize);
            }
        }
    }

    /// # Safety
    /// As for [`Matrix::copy`].
    unsafe fn zero(&self, rows: core::ops::Range<i64>, columns: core::ops::Range<i64>) {
        for row in rows {
            let (_, mut to) = self.at(row, columns.start);
            for _ in columns.clone() {
                // SAFETY: by the caller's promise.
                unsafe { *to = 0 };
                to = to.wrapping_offset(self.columns.destination as isize);
            }
        }
    }

    /// Addresses of a destination position and of its source.
    fn at(&self, row: i64, column: i64) -> (*const u32, *mut u32) {
        let (r, c) = (&self.rows, &self.columns);
        let from = (row - r.before) * r.source + (column - c.before) * c.source;
        let to = row * r.destination + column * c.destination;
        (self.source.wrapping_offset(from as isize), self.destination.wrapping_offset(to as isize))
    }
}
