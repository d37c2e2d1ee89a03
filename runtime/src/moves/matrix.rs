//! The two innermost loops of a copy: rows, transposes in blocks, zeros around them.

use core::ops::Range;

use netc_plan::CopyAxis;

#[cfg(target_arch = "x86_64")]
use super::{short, transpose};

/// Rows and columns of a block of a transpose: both sides of it stay in the first-level cache.
pub(super) const BLOCK: usize = 16;
/// Rows of half a block.
const HALF: usize = BLOCK / 2;
/// Rows from which a loop over a column is worth its start.
const FEW: i64 = 8;
/// Rows whose columns are copied together: their destination stays in the first-level cache.
const LONG: i64 = 1024;
/// Columns that are copied in all rows before the next ones.
const TILE: usize = 64;

/// One side of a matrix: destination positions `begin..end`, of which `valid_begin..valid_end` have a source.
pub(super) struct Side {
    begin: i64,
    end: i64,
    valid_begin: i64,
    valid_end: i64,
    before: i64,
    source: i64,
    destination: i64,
    /// Positions that lie so far apart in source and destination; the next ones as far as those of `around`.
    extent: i64,
    around: (i64, i64),
}

impl Side {
    /// Of one position.
    pub const SINGLE: Self = Self {
        begin: 0,
        end: 1,
        valid_begin: 0,
        valid_end: 1,
        before: 0,
        source: 0,
        destination: 0,
        extent: i64::MAX,
        around: (0, 0),
    };

    pub fn new(axis: &CopyAxis, range: (u32, u32)) -> Self {
        let (begin, end) = (i64::from(range.0), i64::from(range.1));
        let before = i64::from(axis.before);
        let valid_begin = before.clamp(begin, end);
        let valid_end = (before + i64::from(axis.valid)).clamp(valid_begin, end);
        let (source, destination) = (axis.source, axis.destination);
        Self { begin, end, valid_begin, valid_end, before, source, destination, ..Self::SINGLE }
    }

    /// The positions of this side, all of which have a source, for each of an axis around it.
    pub fn within(self, axis: &CopyAxis, range: (u32, u32)) -> Self {
        let extent = self.end;
        let (begin, end) = (i64::from(range.0) * extent, i64::from(range.1) * extent);
        let around = (axis.source, axis.destination);
        Self { begin, end, valid_begin: begin, valid_end: end, extent, around, ..self }
    }

    /// Offsets of a position in source and destination.
    fn at(&self, position: i64) -> (isize, isize) {
        let offset = |position: i64, step: i64, around: i64| {
            let (turn, rest) = self.turns(position);
            (turn * around + rest * step) as isize
        };
        (offset(position - self.before, self.source, self.around.0), offset(position, self.destination, self.around.1))
    }

    /// How often the axis around moves on up to a position, and the position within this axis.
    fn turns(&self, position: i64) -> (i64, i64) {
        if position < self.extent { (0, position) } else { (position / self.extent, position % self.extent) }
    }

    /// Offsets of the positions from `start` on, in steps of `step` within an axis around with steps of `around`.
    fn offsets(&self, start: i64, step: i64, around: i64, offsets: &mut [isize]) {
        let (turn, mut rest) = self.turns(start);
        let mut at = (turn * around + rest * step) as isize;
        let mut offsets = offsets.iter_mut();
        loop {
            let run =
                usize::try_from(self.extent.saturating_sub(rest)).map_or(offsets.len(), |run| run.min(offsets.len()));
            for offset in offsets.by_ref().take(run) {
                *offset = at;
                at = at.wrapping_add(step as isize);
            }
            if offsets.len() == 0 {
                return;
            }
            at = at.wrapping_add((around - self.extent * step) as isize);
            rest = 0;
        }
    }
}

/// Where the two innermost loops are at positions 0.
pub(super) struct Matrix<'a> {
    pub rows: &'a Side,
    pub columns: &'a Side,
    /// Whether transposes are written past the caches.
    pub is_large: bool,
    pub source: *const u32,
    pub destination: *mut u32,
}

impl Matrix<'_> {
    /// Copies the matrix, or writes zeros if the outer position has no source.
    ///
    /// # Safety
    /// All positions of the matrix are inside the plan's reach; the processor has AVX2 if `LANES` is 8, AVX-512 if it
    /// is 16.
    pub unsafe fn copy<const LANES: usize>(&self, is_valid: bool) {
        let (rows, columns) = (self.rows, self.columns);
        let (row_begin, row_end) = if is_valid { (rows.valid_begin, rows.valid_end) } else { (rows.begin, rows.begin) };
        // SAFETY: by the caller's promise, here and below.
        unsafe {
            self.zero(rows.begin..row_begin, columns.begin..columns.end);
            self.zero(row_end..rows.end, columns.begin..columns.end);
            #[cfg(target_arch = "x86_64")]
            if LANES == 16 && self.is_short() {
                self.short_rows(row_begin..row_end);
                return;
            }
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
            let is_narrow = rows.extent == i64::MAX && columns.valid_end - columns.valid_begin < BLOCK as i64;
            if is_narrow && columns.extent == i64::MAX && rows.source == 1 && FEW <= row_end - row_begin {
                self.by_columns::<LANES>(row_begin..row_end);
                return;
            }
            for column in (columns.valid_begin..columns.valid_end).step_by(TILE) {
                let column_end = columns.valid_end.min(column + TILE as i64);
                self.tile::<LANES>(row_begin..row_end, column..column_end);
            }
        }
    }

    /// Whether columns are neighbours on both sides, and few.
    #[cfg(target_arch = "x86_64")]
    fn is_short(&self) -> bool {
        let columns = self.columns;
        columns.source == 1 && columns.destination == 1 && columns.end - columns.begin <= short::MOST as i64
    }

    /// Copies short rows with the zeros at both ends.
    ///
    /// # Safety
    /// As for [`Matrix::copy`]; the rows are short, and the processor has AVX-512.
    #[cfg(target_arch = "x86_64")]
    unsafe fn short_rows(&self, rows: Range<i64>) {
        let Side { begin, valid_begin, valid_end, end, .. } = *self.columns;
        let parts = [valid_begin - begin, valid_end - valid_begin, end - valid_end].map(|part| part as usize);
        let row = short::Row { parts, steps: (self.rows.source as isize, self.rows.destination as isize) };
        let (from, to) = (self.at(rows.start, valid_begin).0, self.at(rows.start, begin).1);
        // SAFETY: by the caller's promise; rows follow each other by their steps, since none are continued around a
        // side.
        unsafe { short::avx512(from, to, (rows.end - rows.start) as usize, &row) };
    }

    /// Copies up to [`TILE`] columns of all rows, in blocks.
    ///
    /// # Safety
    /// As for [`Matrix::copy`]; every position has a source.
    unsafe fn tile<const LANES: usize>(&self, rows: Range<i64>, columns: Range<i64>) {
        let mut sources = [0; TILE];
        let width = (columns.end - columns.start) as usize;
        let (rows_side, columns_side) = (self.rows, self.columns);
        let first = columns.start - columns_side.before;
        columns_side.offsets(first, columns_side.source, columns_side.around.0, &mut sources[..width]);
        let (down, right) = (rows_side.source as isize, columns_side.destination as isize);
        let is_transpose = LANES > 1 && down == 1 && right == 1;
        let to = self.destination.wrapping_offset(columns.start as isize * right);
        let mut row = rows.start;
        while row < rows.end {
            let height = BLOCK.min((rows.end - row) as usize);
            let source = self.source.wrapping_offset((row - rows_side.before) as isize * down);
            let mut offsets = [0; BLOCK];
            rows_side.offsets(row, rows_side.destination, rows_side.around.1, &mut offsets);
            let destinations = offsets.map(|offset| to.wrapping_offset(offset));
            let mut whole = 0;
            #[cfg(target_arch = "x86_64")]
            if is_transpose && matches!(height, HALF | BLOCK) {
                whole = width / BLOCK * BLOCK;
                let is_past = self.is_large && destinations.iter().all(|row| row.addr() % 64 == 0);
                // SAFETY: all rows and columns are inside; `LANES` says which instructions there are.
                unsafe {
                    match (LANES, height) {
                        (16, BLOCK) if is_past => transpose::avx512(source, &sources[..whole], &destinations),
                        (_, BLOCK) => transpose::avx2::<true>(source, &sources[..whole], &destinations),
                        _ => transpose::avx2::<false>(source, &sources[..whole], &destinations),
                    }
                }
            }
            for (row, &to) in destinations[..height].iter().enumerate() {
                let from = source.wrapping_offset(row as isize * down);
                let mut to = to.wrapping_offset(whole as isize * right);
                for &source in &sources[whole..width] {
                    // SAFETY: by the caller's promise.
                    unsafe { *to = *from.wrapping_offset(source) };
                    to = to.wrapping_offset(right);
                }
            }
            row += BLOCK as i64;
        }
    }

    /// Copies the few columns of all rows: three colours of an image become neighbours.
    ///
    /// # Safety
    /// As for [`Matrix::copy`]; every position has a source, and rows are neighbours there.
    unsafe fn by_columns<const LANES: usize>(&self, rows: Range<i64>) {
        #[cfg(target_arch = "x86_64")]
        let rows = if LANES > 1 {
            // SAFETY: by the caller's promise.
            unsafe { self.interleave(rows) }
        } else {
            rows
        };
        let down = self.rows.destination as isize;
        let mut row = rows.start;
        while row < rows.end {
            let row_stop = rows.end.min(row + LONG);
            for column in self.columns.valid_begin..self.columns.valid_end {
                let (from, mut to) = self.at(row, column);
                for index in 0..(row_stop - row) as usize {
                    // SAFETY: by the caller's promise.
                    unsafe { *to = *from.add(index) };
                    to = to.wrapping_offset(down);
                }
            }
            row = row_stop;
        }
    }

    /// Copies rows eight at a time, if rows follow each other without gaps in the destination too; gives those that are
    /// left. Eight elements are stored per row, of which those that are too many are overwritten by the rows behind it.
    ///
    /// # Safety
    /// As for [`Matrix::by_columns`]; the processor has AVX2.
    #[cfg(target_arch = "x86_64")]
    unsafe fn interleave(&self, rows: Range<i64>) -> Range<i64> {
        let (first, width) = (self.columns.valid_begin, self.columns.valid_end - self.columns.valid_begin);
        let blocks = (rows.end - rows.start - HALF as i64) / HALF as i64;
        let is_dense = self.columns.destination == 1 && self.rows.destination == width && width <= HALF as i64;
        if !is_dense || blocks <= 0 || width < 2 {
            return rows;
        }
        let (from, to) = self.at(rows.start, first);
        let last = width as usize - 1;
        let columns = core::array::from_fn(|column| column.min(last) as isize * self.columns.source as isize);
        // SAFETY: what is stored too much are less than eight elements, and as many rows are left.
        unsafe { transpose::narrow(from, &columns, to, width as usize, blocks as usize) };
        rows.start + blocks * HALF as i64..rows.end
    }

    /// # Safety
    /// As for [`Matrix::copy`].
    unsafe fn zero(&self, rows: Range<i64>, columns: Range<i64>) {
        let right = self.columns.destination as isize;
        if columns.is_empty() {
            return;
        }
        for row in rows {
            let (_, mut to) = self.at(row, columns.start);
            for _ in columns.clone() {
                // SAFETY: by the caller's promise.
                unsafe { *to = 0 };
                to = to.wrapping_offset(right);
            }
        }
    }

    /// Addresses of a destination position and of its source.
    fn at(&self, row: i64, column: i64) -> (*const u32, *mut u32) {
        let [row, column] = [(self.rows, row), (self.columns, column)].map(|(side, at)| side.at(at));
        (self.source.wrapping_offset(row.0 + column.0), self.destination.wrapping_offset(row.1 + column.1))
    }
}
