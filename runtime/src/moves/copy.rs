//! Strided copies with zero padding, transposes in blocks.

use core::ops::Range;

use netc_plan::kernels::split_range;
use netc_plan::{CopyAxis, CopyPlan};

use super::for_each_outer;

/// Rows and columns of a block of a transpose: both sides of it stay in the first-level cache.
const BLOCK: i64 = 16;
/// Rows from which a loop over a column is worth its start.
const FEW: i64 = 8;
/// Distance of rows in the destination from which a block of rows is copied at all outer positions before the next
/// block: lines that the next position writes on are still in the cache.
const FAR: u64 = 1024;
/// Rows whose columns are copied together: their destination stays in the first-level cache.
const LONG: i64 = 1024;

/// Computes units `begin..end` of a copy; `WIDE` on processors with AVX2.
///
/// # Safety
/// The processor has AVX2 if `WIDE`; `plan` points to a checked [`CopyPlan`], `pointers` to destination and source, which reach as far as it says.
pub(crate) unsafe extern "C" fn copy<const WIDE: bool>(
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
    let all = ranges[rows];
    let is_far = rows != columns && plan.axes[rows].source == 1 && plan.axes[rows].destination.unsigned_abs() >= FAR;
    let step = if is_far { BLOCK as u32 } else { all.1 - all.0 };
    for start in (all.0..all.1).step_by(step as usize) {
        ranges[rows] = (start, all.1.min(start + step));
        // SAFETY: by the caller's promise.
        unsafe { copy_box::<WIDE>(plan, &ranges, [rows, columns], destination, source) };
    }
}

/// Copies the positions `ranges` of a plan, of which `rows` and `columns` are the two innermost loops.
///
/// # Safety
/// The processor has AVX2 if `WIDE`; destination and source reach as far as the plan says.
unsafe fn copy_box<const WIDE: bool>(
    plan: &CopyPlan,
    ranges: &[(u32, u32); 8],
    [rows, columns]: [usize; 2],
    destination: *mut u32,
    source: *const u32,
) {
    for_each_outer(ranges, [rows, columns], |position| {
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
        unsafe { matrix.copy::<WIDE>(is_valid) };
    });
}

/// The two innermost loops: columns along the destination's smallest stride, rows along the source's if that is
/// another axis, else along the destination's next; the same axis twice if there is only one.
fn inner_axes(plan: &CopyPlan) -> (usize, usize) {
    let smallest = |but: Option<usize>, stride: fn(&CopyAxis) -> i64| {
        let is_used =
            |axis: &usize| plan.axes[*axis].extent > 1 && stride(&plan.axes[*axis]) != 0 && Some(*axis) != but;
        (0..8).filter(is_used).min_by_key(|&axis| stride(&plan.axes[axis]).unsigned_abs())
    };
    let columns = smallest(None, |axis| axis.destination).unwrap_or(7);
    let rows = match plan.axes[columns].source {
        1 => smallest(Some(columns), |axis| axis.destination),
        _ => smallest(None, |axis| axis.source),
    };
    (rows.unwrap_or(columns), columns)
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
    unsafe fn copy<const WIDE: bool>(&self, is_valid: bool) {
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
            if rows.source == 1 && columns.valid_end - columns.valid_begin < BLOCK && FEW <= row_end - row_begin {
                self.by_columns(row_begin..row_end);
                return;
            }
            let mut row = row_begin;
            while row < row_end {
                let row_stop = row_end.min(row + BLOCK);
                let mut column = columns.valid_begin;
                while column < columns.valid_end {
                    let column_stop = columns.valid_end.min(column + BLOCK);
                    self.block::<WIDE>(row..row_stop, column..column_stop);
                    column = column_stop;
                }
                row = row_stop;
            }
        }
    }

    /// Copies all columns of the rows, each column in one loop: three colours of an image become neighbours.
    ///
    /// # Safety
    /// As for [`Matrix::copy`]; every position has a source, and rows are neighbours there.
    unsafe fn by_columns(&self, rows: Range<i64>) {
        let mut row = rows.start;
        while row < rows.end {
            let row_stop = rows.end.min(row + LONG);
            for column in self.columns.valid_begin..self.columns.valid_end {
                let (from, mut to) = self.at(row, column);
                for index in 0..(row_stop - row) as usize {
                    // SAFETY: by the caller's promise.
                    unsafe { *to = *from.add(index) };
                    to = to.wrapping_offset(self.rows.destination as isize);
                }
            }
            row = row_stop;
        }
    }

    /// # Safety
    /// As for [`Matrix::copy`]; every position has a source.
    unsafe fn block<const WIDE: bool>(&self, rows: Range<i64>, columns: Range<i64>) {
        #[cfg(target_arch = "x86_64")]
        if WIDE
            && rows.end - rows.start == BLOCK
            && columns.end - columns.start == BLOCK
            && self.rows.source == 1
            && self.columns.destination == 1
        {
            for (row, column) in [(0, 0), (0, 8), (8, 0), (8, 8)] {
                let (from, to) = self.at(rows.start + row, columns.start + column);
                // SAFETY: the block is full, so all 8 × 8 positions are inside; `WIDE` says that there is AVX2.
                unsafe { transpose_8x8(from, self.columns.source as isize, to, self.rows.destination as isize) };
            }
            return;
        }
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
    unsafe fn zero(&self, rows: Range<i64>, columns: Range<i64>) {
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

/// Writes eight rows of eight from eight columns of eight.
///
/// # Safety
/// Eight elements may be read at each of `from + i·from_stride` and written at each of `to + i·to_stride`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn transpose_8x8(from: *const u32, from_stride: isize, to: *mut u32, to_stride: isize) {
    use core::arch::x86_64::*;
    let column = |index: isize| {
        // SAFETY: by the caller's promise.
        unsafe { _mm256_loadu_ps(from.wrapping_offset(index * from_stride).cast()) }
    };
    let pair = |a, b| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
    let (low_01, high_01) = pair(column(0), column(1));
    let (low_23, high_23) = pair(column(2), column(3));
    let (low_45, high_45) = pair(column(4), column(5));
    let (low_67, high_67) = pair(column(6), column(7));
    // Each of these holds half a row in either 128-bit half: rows i and i + 4.
    let quads = |a, b| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
    let (left_0, left_1) = quads(low_01, low_23);
    let (left_2, left_3) = quads(high_01, high_23);
    let (right_0, right_1) = quads(low_45, low_67);
    let (right_2, right_3) = quads(high_45, high_67);
    let rows = [(left_0, right_0), (left_1, right_1), (left_2, right_2), (left_3, right_3)];
    for (index, (left, right)) in rows.into_iter().enumerate() {
        let index = index as isize;
        // SAFETY: by the caller's promise.
        unsafe {
            _mm256_storeu_ps(to.wrapping_offset(index * to_stride).cast(), _mm256_permute2f128_ps::<0x20>(left, right));
            _mm256_storeu_ps(
                to.wrapping_offset((index + 4) * to_stride).cast(),
                _mm256_permute2f128_ps::<0x31>(left, right),
            );
        }
    }
}
