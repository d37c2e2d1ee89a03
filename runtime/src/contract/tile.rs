//! What a register tile is told.

use core::ops::Range;

use netc_plan::{ContractPlan, Panels, TapAxis};

use crate::Isa;

/// One tile of one chunk: `rows × columns` sums over all taps and k. Strides count elements.
#[derive(Clone, Copy)]
pub(crate) struct Tile {
    /// A at row 0, first term of the chunk.
    pub a: *const f32,
    /// B at column 0, first term of the chunk.
    pub b: *const f32,
    /// C (or a slot) at row 0, column 0.
    pub c: *mut f32,
    pub a_row: isize,
    pub c_row: isize,
    /// Reduction axes around k, outermost first: terms, stride in A, stride in B.
    pub taps: [(usize, isize, isize); 4],
    pub k: (usize, isize, isize),
    pub columns: u32,
    /// Terms at the start and at the end of k to which the first and the last row add nothing, as they read zeros
    /// there.
    pub beyond: [usize; 2],
    /// What is fetched into the cache meanwhile.
    pub fetch: Fetch,
    /// Rows of what the tile's end writes and reads that are fetched with every [`PIECE`](Self::PIECE) terms of k;
    /// all at once if it has no more.
    pub share: u32,
    /// Whether the sums are added to what C holds, the chunks before.
    pub add: bool,
    /// Whether the sums become the maximum of what C holds and of themselves, before the epilogue.
    pub joins: bool,
    pub finish: Finish,
}

impl Tile {
    /// Terms of k between two fetches for the tile's end.
    pub const PIECE: usize = 32;

    /// [`Self::share`] of `rows` rows over the terms of `axes`, of which the last is k.
    pub fn share(rows: u32, axes: &[TapAxis; 5]) -> u32 {
        let [taps @ .., k] = axes.map(|axis| axis.extent);
        let runs = taps.iter().fold(1, |runs: u32, &extent| runs.saturating_mul(extent));
        rows.div_ceil(runs.saturating_mul(k.div_ceil(Self::PIECE as u32)))
    }

    /// What most tiles have in common: one run of terms, no border, sums that are stored as they are.
    pub const PLAIN: Self = Self {
        a: core::ptr::null(),
        b: core::ptr::null(),
        c: core::ptr::null_mut(),
        a_row: 0,
        c_row: 0,
        taps: [(1, 0, 0); 4],
        k: (1, 0, 0),
        columns: Panels::COLUMNS,
        beyond: [0; 2],
        fetch: Fetch::AHEAD,
        share: u32::MAX,
        add: false,
        joins: false,
        finish: Finish::NONE,
    };
}

/// Runs a block for every combination of a tile's taps, outermost first, with A and B at the first k of each.
///
/// A macro, so that vectors and sums stay in the registers of the function that it is written in; one loop, because
/// four nested ones take several times the code around the same few instructions.
macro_rules! each_run {
    ($tile:expr, |$a:pat_param, $b:pat_param| $body:block) => {
        let taps = &$tile.taps;
        let mut left = [taps[0].0, taps[1].0, taps[2].0, taps[3].0];
        let mut runs = left[0] * left[1] * left[2] * left[3];
        let (mut run_a, mut run_b) = ($tile.a, $tile.b);
        while runs > 0 {
            let ($a, $b) = (run_a, run_b);
            $body
            runs -= 1;
            if runs > 0 {
                let mut axis = 3;
                while left[axis] == 1 {
                    left[axis] = taps[axis].0;
                    let back = 1 - taps[axis].0 as isize;
                    run_a = run_a.wrapping_offset(back * taps[axis].1);
                    run_b = run_b.wrapping_offset(back * taps[axis].2);
                    axis -= 1;
                }
                left[axis] -= 1;
                run_a = run_a.wrapping_offset(taps[axis].1);
                run_b = run_b.wrapping_offset(taps[axis].2);
            }
        }
    };
}
pub(super) use each_run;

/// Memory that a tile fetches into the cache while it multiplies, a line or two with each term. No kernel must heed it.
#[derive(Clone, Copy)]
pub(crate) struct Fetch {
    /// The first line; null to run ahead in B.
    pub start: *const u8,
    /// Bytes from one term's line to the next's.
    pub step: isize,
}

impl Fetch {
    /// Rows of B some terms ahead.
    pub const AHEAD: Self = Self { start: core::ptr::null(), step: 0 };
}

/// Memory that is fetched by as many tiles, a part by each.
#[derive(Clone, Copy)]
pub(crate) struct Shares {
    /// Bytes of a part.
    part: usize,
    /// [`Fetch::step`]; 0 where nothing is known to fetch.
    step: isize,
}

impl Shares {
    /// Nothing but B some terms ahead.
    pub const NONE: Self = Self { part: 0, step: 0 };

    /// `bytes` by `parts` tiles that add up `terms` terms each.
    pub fn of(bytes: usize, parts: u64, terms: usize) -> Self {
        let part = bytes as u64 / parts;
        Self { part: part as usize, step: (part / terms as u64) as isize }
    }

    /// Part `index` of what lies at `next`.
    #[inline]
    pub fn at(self, next: *const f32, index: u64) -> Fetch {
        Fetch { start: next.cast::<u8>().wrapping_add(index as usize * self.part), step: self.step }
    }
}

/// Rows cut into tiles of nearly equal height, the higher ones first.
#[derive(Clone, Copy)]
pub(crate) struct Heights {
    pub tiles: u32,
    least: u32,
    /// Tiles that are a row higher.
    higher: u32,
}

impl Heights {
    /// Of `rows` rows in tiles of at most `most`.
    #[inline]
    pub fn of(rows: u32, most: u32) -> Self {
        let tiles = rows.div_ceil(most);
        let least = rows.checked_div(tiles).unwrap_or(0);
        Self { tiles, least, higher: rows - least * tiles }
    }

    /// Each tile's first row and height.
    #[inline]
    pub fn each(self) -> impl Iterator<Item = (u32, u32)> {
        let Self { tiles, least, higher } = self;
        (0..tiles).map(move |index| (index * least + index.min(higher), least + u32::from(index < higher)))
    }
}

/// Rows of products without an epilogue: how they are cut into tiles, and what each fetches of the panel of B that
/// follows in memory.
#[derive(Clone, Copy)]
pub(crate) struct Stack {
    /// The first row that is computed.
    first: u32,
    heights: Heights,
    shares: Shares,
}

/// The closed set of epilogues as it is applied in registers: null operands are left out.
#[derive(Clone, Copy)]
pub(crate) struct Finish {
    /// First and second addend at row 0, column 0, and their strides over rows; one element per column.
    pub operands: [(*const f32, isize); 2],
    /// Whether the first addend has one element per row instead.
    pub spreads: bool,
    pub relu: bool,
    /// Whether the second operand is none to add: the sum passes where it is positive, elsewhere there is +0.
    pub gates: bool,
}

impl Finish {
    /// Nothing is applied.
    pub const NONE: Self = Self { operands: [(core::ptr::null(), 0); 2], spreads: false, relu: false, gates: false };

    /// Sets operand `index` of a plan's epilogue; gives its place among the operands here.
    #[inline]
    pub fn set(&mut self, plan: &ContractPlan, index: usize, (start, stride): (*mut f32, isize)) -> usize {
        let epilogue = plan.epilogue;
        self.gates = epilogue.gate().is_some();
        self.spreads |= plan.operands[index].n == 0;
        let place = if epilogue.gate() == Some(index) { 1 } else { index };
        self.operands[place] = (start.cast_const(), stride);
        place
    }

    /// From `row` and `column` on.
    #[inline]
    pub fn at(&self, row: isize, column: usize) -> Self {
        let from = |(pointer, stride): (*const f32, isize), column| {
            if pointer.is_null() {
                (pointer, 0)
            } else {
                (pointer.wrapping_offset(row * stride).wrapping_add(column), stride)
            }
        };
        let [first, second] = self.operands;
        Self { operands: [from(first, if self.spreads { 0 } else { column }), from(second, column)], ..*self }
    }

    pub fn is_none(&self) -> bool {
        self.operands[0].0.is_null() && !self.relu && !self.gates
    }
}

/// A kernel for a fixed number of rows and of vectors.
///
/// # Safety
/// The processor has the kernel's instructions; all rows of the tile (as many as the kernel was chosen for) and its
/// `columns` are readable in A, B and the operands and writable in C.
pub(crate) type TileFn = unsafe fn(&Tile);

/// Full panels of one row that go side by side, beside the tile of the first: distances from panel to panel.
pub(crate) struct Side {
    /// From 1 to the instruction set's `side_by_side`.
    pub panels: u32,
    pub b: isize,
    pub c: isize,
    pub operands: [isize; 2],
}

impl Side {
    /// The tile of panel `panel`.
    pub fn tile(&self, first: &Tile, panel: usize) -> Tile {
        let panel = panel as isize;
        let mut operands = first.finish.operands;
        for ((pointer, _), stride) in operands.iter_mut().zip(self.operands) {
            if !pointer.is_null() {
                *pointer = pointer.wrapping_offset(panel * stride);
            }
        }
        Tile {
            b: first.b.wrapping_offset(panel * self.b),
            c: first.c.wrapping_offset(panel * self.c),
            finish: Finish { operands, ..first.finish },
            ..*first
        }
    }
}

/// Terms of consecutive k of one window of a tile.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// Bytes from the tile's A to the first term's.
    pub a: isize,
    /// The same in B.
    pub b: isize,
    /// How many; at least one.
    pub terms: usize,
    /// 1 with the last run of a window, else 0.
    pub ends: usize,
}

impl Run {
    /// No term.
    pub const NONE: Self = Self { a: 0, b: 0, terms: 0, ends: 0 };
}

/// A kernel for a fixed number of rows of a full panel: C gets what the epilogue gives for the maximum of the sums over
/// windows. The runs take the place of the tile's taps and number of terms.
///
/// # Safety
/// As [`TileFn`] says, for each of the windows; there is one run at least, and the last one ends a window.
pub(crate) type JoinedFn = unsafe fn(&Tile, &[Run]);

/// A kernel for one row of several full panels.
///
/// # Safety
/// The processor has the kernel's instructions; the row is readable in A, and the panels' columns in B and the operands
/// and writable in C.
pub(crate) type VectorFn = unsafe fn(&Tile, &Side);

/// The kernels of an instruction set.
#[derive(Debug)]
pub(crate) struct Tiles {
    pub isa: Isa,
    /// Columns of a vector.
    pub lanes: u32,
    /// `kernels[r − 1][v − 1]` makes r rows of v vectors: as many vectors as the registers hold, at most a panel.
    pub kernels: &'static [&'static [TileFn]],
    /// `edges[r − 1]` makes r rows of a full panel and leaves out what is `beyond`. Empty where no kernel does.
    pub edges: &'static [TileFn],
    /// `joined[r − 1]` makes r rows. Empty where tiles are joined in memory.
    pub joined: &'static [JoinedFn],
    /// One row.
    pub vector: VectorFn,
    /// Most panels of a call of `vector`.
    pub side_by_side: u32,
}

impl Tiles {
    /// How rows are cut, of tiles with one run of terms, as `k` says.
    pub fn stack(&self, rows: &Range<u64>, (terms, _, b_k): (usize, isize, isize)) -> Stack {
        let heights = Heights::of((rows.end - rows.start) as u32, self.rows());
        let shares = Shares::of(4 * terms * b_k as usize, heights.tiles.max(1).into(), terms);
        Stack { first: rows.start as u32, heights, shares }
    }

    /// Computes the rows of a stack that was made for the terms of `base`.
    ///
    /// # Safety
    /// As [`TileFn`] says, for all rows of the stack; `base` describes row 0.
    #[inline]
    pub unsafe fn rows_of(&self, base: &Tile, stack: &Stack) {
        let (terms, _, b_k) = base.k;
        let next = base.b.wrapping_offset(terms as isize * b_k);
        let mut tile = *base;
        for (index, (row, height)) in (0..).zip(stack.heights.each()) {
            tile.fetch = stack.shares.at(next, index);
            // SAFETY: by the caller's promise.
            unsafe { self.across(&mut tile, base, stack.first + row, height) };
        }
    }

    /// Computes `height` rows from `row` over all columns of `base`, in tiles as wide as the registers allow. `tile` is
    /// `base` but for what it fetches and for what is set here.
    ///
    /// # Safety
    /// As [`TileFn`] says, for these rows of `base`, which describes row 0.
    #[inline]
    pub unsafe fn across(&self, tile: &mut Tile, base: &Tile, row: u32, height: u32) {
        let row = row as isize;
        let c = base.c.wrapping_offset(row * base.c_row);
        tile.a = base.a.wrapping_offset(row * base.a_row);
        let mut column = 0;
        while column < base.columns {
            let (mut kernel, columns) = self.kernel(height, base.columns - column);
            if tile.beyond != [0; 2] && columns == Panels::COLUMNS {
                kernel = *self.edges.get(height as usize - 1).unwrap_or(&kernel);
            }
            let at = column as usize;
            (tile.b, tile.c, tile.columns) = (base.b.wrapping_add(at), c.wrapping_add(at), columns);
            tile.finish = base.finish.at(row, at);
            // SAFETY: the kernel was chosen for an instruction set that the processor has and for this many rows.
            unsafe { kernel(tile) };
            column += columns;
        }
    }

    /// Most rows of a tile.
    pub fn rows(&self) -> u32 {
        self.kernels.len() as u32
    }

    /// The kernel for `rows` rows of as many of the next `columns` columns as it can take, and how many that are.
    pub fn kernel(&self, rows: u32, columns: u32) -> (TileFn, u32) {
        let kernels = self.kernels[rows as usize - 1];
        let widest = self.lanes * kernels.len() as u32;
        // Nearly all are as wide as can be: no division for those.
        let vectors = if columns >= widest { kernels.len() } else { columns.div_ceil(self.lanes) as usize };
        (kernels[vectors - 1], columns.min(widest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are fetched until the last piece begins.
    fn fetched(extents: [u32; 5]) -> [u32; 2] {
        let axes = extents.map(|extent| TapAxis { extent, a: 1, b: 1 });
        let [taps @ .., k] = extents;
        let share = Tile::share(14, &axes);
        [share, share * taps.iter().product::<u32>() * k.div_ceil(32)]
    }

    #[test]
    fn all_rows_are_fetched_over_the_pieces_of_all_runs() {
        assert_eq!(fetched([1, 1, 1, 1, 9]), [14, 14]);
        assert_eq!(fetched([1, 1, 1, 1, 64]), [7, 14]);
        assert_eq!(fetched([1, 1, 1, 3, 96]), [2, 18]);
        assert_eq!(fetched([1, 1, 3, 3, 512]), [1, 144]);
    }

    #[test]
    fn more_runs_than_can_be_counted_take_a_row_each() {
        let axis = TapAxis { extent: 1 << 16, a: 1, b: 1 };
        assert_eq!(Tile::share(14, &[axis; 5]), 1);
    }
}
