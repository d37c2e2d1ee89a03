//! The contraction: one strided form for dense layers, convolutions and all of their gradients.
//!
//! Where every column has elements of A of its own, it is a product column by column: a depthwise convolution, whose
//! channels are columns.

use super::{Axis, Border, Epilogue, Operand, OuterAxis, Panels, PlanError, Reach, RowAxis, TapAxis};

/// `C[outer…, m, n] = epilogue(Σ_{taps…, k} A[outer…, m, taps…, k] · B[outer…, taps…, k, n])`.
///
/// Element offsets, relative to the base pointers:
/// ```text
/// A: Σ outer·outer.a + m·m.a                  + Σ tap·taps.a + k·k.a  + n·a_column
/// B: Σ outer·outer.b + panel·b_panels.stride  + Σ tap·taps.b + k·k.b  + lane
/// C: Σ outer·outer.c + panel·c_panels.stride  + m·m.c                 + lane     where n = 32·panel + lane
/// ```
/// (in the narrower last panel of a packed operand with strides scaled as [`Panels`] says). Strides may be negative
/// or, in A and B, zero; the base pointer is the element at index 0 of every axis.
///
/// The last `maxima` outer axes have no stride in C: C gets what the epilogue gives for the maximum of the sums over
/// them, as a convolution that is followed by a pooling of windows.
///
/// **Meaning, to the bit.** The terms of an output element, in lexicographic order of (taps…, k), are cut into chunks
/// of `chunk` consecutive iterations of the outermost reduction axis ([`ContractPlan::chunks`]). A chunk's sum is a
/// chain of fused multiply-adds `s ← fma(A, B, s)` that starts from +0; chunk sums are added in order,
/// `((s₀ + s₁) + s₂) + …`. Of the sums at the positions of `maxima` axes, in lexicographic order, the first is kept,
/// and each further sum s replaces what is kept, c, if `c < s` or s is NaN. Then the epilogue is applied.
///
/// **Pointers of a call**, in this order ([`contract_pointer`]): C, A, B, slots (null unless
/// [`ContractPlan::slot_floats`] > 0), epilogue operands 0 to 7. C overlaps no other operand; while the call runs it
/// holds partial sums.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContractPlan {
    /// Axes over which the product is repeated, outermost first; unused ones anywhere.
    pub outer: [OuterAxis; 6],
    /// How many of the last outer axes are joined by the maximum. Only for sums of one chunk, with an epilogue of the
    /// closed set that does not fall where sums rise, whose operands have an element per column and are the same at all
    /// positions of these axes.
    pub maxima: u32,
    /// Rows that share B.
    pub m: RowAxis,
    /// Columns: contiguous in B and C.
    pub n: u32,
    /// Stride of A over columns: 0 if they share its elements, 1 if each has its own.
    pub a_column: i64,
    /// Reduction axes around k, outermost first; unused ones anywhere.
    pub taps: [TapAxis; 4],
    /// The innermost reduction axis.
    pub k: TapAxis,
    /// Along the outermost reduction axis of `taps`, where the map in A ends; the same for all rows of m.
    pub tap_border: Border,
    /// The same along k.
    pub k_border: Border,
    /// Where the columns of B lie.
    pub b_panels: Panels,
    /// Where the columns of C lie.
    pub c_panels: Panels,
    /// Iterations of the outermost reduction axis per chunk; 0 sums everything in one chunk. Changes bits.
    pub chunk: u32,
    /// Whether chunks are units of their own that write to slots. Changes no bit.
    pub slots: bool,
    /// Whether units that follow each other share rows, so that threads that start with a part of the units each have
    /// rows of their own; else they have columns of their own. Changes no bit.
    pub by_rows: bool,
    /// What is applied to each sum.
    pub epilogue: Epilogue,
    /// How many of `operands` are in use.
    pub operand_count: u32,
    /// The epilogue's extra operands.
    pub operands: [Operand; 8],
}

/// Positions in a contraction's pointer table.
pub mod contract_pointer {
    /// The output.
    pub const C: usize = 0;
    /// The operand that is read row by row.
    pub const A: usize = 1;
    /// The operand whose columns become the output's columns.
    pub const B: usize = 2;
    /// Memory for [`super::ContractPlan::slot_floats`] elements, or null.
    pub const SLOTS: usize = 3;
    /// The first of the epilogue's operands.
    pub const OPERANDS: usize = 4;
    /// Length of the table.
    pub const COUNT: usize = 12;
}

impl ContractPlan {
    /// A dense product `C[m,n] = A[m,k]·B` of row-major A and C with B in packed panels and no epilogue.
    pub const fn dense(m: u32, n: u32, k: u32) -> Self {
        Self {
            outer: [OuterAxis::UNUSED; 6],
            maxima: 0,
            m: RowAxis { extent: m, a: k as i64, c: n as i64 },
            n,
            a_column: 0,
            taps: [TapAxis::UNUSED; 4],
            k: TapAxis { extent: k, a: 1, b: Panels::COLUMNS as i64 },
            tap_border: Border::NONE,
            k_border: Border::NONE,
            b_panels: Panels::packed(k as u64),
            c_panels: Panels::ROWS,
            chunk: 0,
            slots: false,
            by_rows: false,
            epilogue: Epilogue::None,
            operand_count: 0,
            operands: [Operand::SCALAR; 8],
        }
    }

    /// The extent of the outermost reduction axis: the first of `taps…, k` with more than one term.
    pub const fn outermost_extent(&self) -> u32 {
        let mut axis = 0;
        while axis < 4 {
            if self.taps[axis].extent > 1 {
                return self.taps[axis].extent;
            }
            axis += 1;
        }
        self.k.extent
    }

    /// Into how many chunks the terms of an output element fall.
    pub const fn chunks(&self) -> u32 {
        if self.chunk == 0 { 1 } else { self.outermost_extent().div_ceil(self.chunk) }
    }

    /// Terms of the sum of one output element.
    pub const fn terms(&self) -> u64 {
        let mut terms = self.k.extent as u64;
        let mut axis = 0;
        while axis < 4 {
            terms *= self.taps[axis].extent as u64;
            axis += 1;
        }
        terms
    }

    /// Outer axes along which C is written; those after them are joined by the maximum.
    pub const fn written(&self) -> usize {
        self.outer.len() - self.maxima as usize
    }

    /// Positions of the outer axes along which C is written.
    pub const fn outer_positions(&self) -> u64 {
        self.positions(0, self.written())
    }

    /// Positions of the outer axes that are joined by the maximum; 1 if there are none.
    pub const fn joined_positions(&self) -> u64 {
        self.positions(self.written(), self.outer.len())
    }

    const fn positions(&self, mut axis: usize, end: usize) -> u64 {
        let mut positions = 1;
        while axis < end {
            positions *= self.outer[axis].extent as u64;
            axis += 1;
        }
        positions
    }

    /// Whether every column has elements of A of its own.
    pub const fn is_by_column(&self) -> bool {
        self.a_column != 0
    }

    /// Multiply-adds of the whole call.
    pub const fn macs(&self) -> u64 {
        self.outer_positions() * self.joined_positions() * self.m.extent as u64 * self.n as u64 * self.terms()
    }

    /// Floats of shared memory that the call needs for chunk sums; 0 if chunks are not computed apart.
    ///
    /// Slot `s` holds the sums of chunk `s` as a dense array over (outer…, m, n).
    pub const fn slot_floats(&self) -> u64 {
        if !self.slots {
            return 0;
        }
        self.chunks() as u64 * self.outer_positions() * self.m.extent as u64 * self.n as u64
    }

    /// A chunk length for a long reduction: about 4096 terms, a function of the shapes alone, so that parts run in
    /// parallel and round less than one long chain.
    pub const fn suggested_chunk(&self) -> u32 {
        self.chunk_of(4096)
    }

    /// The length of chunks of about `terms` terms; 0 if there are fewer than twice as many.
    pub const fn chunk_of(&self, terms: u64) -> u32 {
        let outermost = self.outermost_extent();
        let per_iteration = self.terms() / outermost as u64;
        if self.terms() < 2 * terms || outermost < 2 {
            return 0;
        }
        let iterations = terms.div_ceil(per_iteration);
        let chunks = (outermost as u64).div_ceil(iterations);
        (outermost as u64).div_ceil(chunks) as u32
    }

    /// The plan with [`ContractPlan::suggested_chunk`], its chunks in slots where the output alone would not give
    /// enough units to share out: fewer than eight pairs of a row block and a panel.
    pub const fn with_suggested_chunks(mut self) -> Self {
        self.chunk = self.suggested_chunk();
        let grid = super::ContractUnits::of(&self.merged());
        let is_long = self.macs() >= 1 << 22;
        self.slots = self.chunks() > 1 && is_long && grid.row_blocks * (grid.panels as u64) < 8;
        self
    }

    /// Which elements of A are read.
    pub const fn reach_a(&self) -> Result<Reach, PlanError> {
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < 6 {
            reach = match reach.along(self.outer[axis].extent, self.outer[axis].a) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        axis = 0;
        while axis < 4 {
            reach = match reach.along(self.taps[axis].extent, self.taps[axis].a) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        reach = match reach.along(self.m.extent, self.m.a) {
            Ok(reach) => reach,
            Err(error) => return Err(error),
        };
        match reach.along(self.n, self.a_column) {
            Ok(reach) => reach.along(self.k.extent, self.k.a),
            Err(error) => Err(error),
        }
    }

    /// Which elements of B are read.
    pub const fn reach_b(&self) -> Result<Reach, PlanError> {
        let mut outer = [Axis::UNUSED; 6];
        let mut axis = 0;
        while axis < 6 {
            outer[axis] = Axis { extent: self.outer[axis].extent, stride: self.outer[axis].b };
            axis += 1;
        }
        let mut inner = [Axis::UNUSED; 5];
        axis = 0;
        while axis < 4 {
            inner[axis] = Axis { extent: self.taps[axis].extent, stride: self.taps[axis].b };
            axis += 1;
        }
        inner[4] = Axis { extent: self.k.extent, stride: self.k.b };
        reach_columns(self.b_panels, self.n, outer, inner)
    }

    /// Which elements of C are written.
    pub const fn reach_c(&self) -> Result<Reach, PlanError> {
        let mut outer = [Axis::UNUSED; 6];
        let mut axis = 0;
        while axis < 6 {
            outer[axis] = Axis { extent: self.outer[axis].extent, stride: self.outer[axis].c };
            axis += 1;
        }
        reach_columns(self.c_panels, self.n, outer, [Axis { extent: self.m.extent, stride: self.m.c }])
    }

    /// Which elements of epilogue operand `index` are touched.
    pub const fn reach_operand(&self, index: usize) -> Result<Reach, PlanError> {
        let operand = &self.operands[index];
        let mut outer = [Axis::UNUSED; 6];
        let mut axis = 0;
        while axis < 6 {
            outer[axis] = Axis { extent: self.outer[axis].extent, stride: operand.outer[axis] };
            axis += 1;
        }
        let rows = [Axis { extent: self.m.extent, stride: operand.m }];
        if operand.n == 0 {
            reach_columns(Panels::ROWS, 1, outer, rows)
        } else {
            reach_columns(operand.panels, self.n, outer, rows)
        }
    }
}

/// The reach of `n` columns in panels, for every position of `outer` and of `inner` (whose strides lie inside panels).
const fn reach_columns<const INNER: usize>(
    panels: Panels,
    n: u32,
    outer: [Axis; 6],
    inner: [Axis; INNER],
) -> Result<Reach, PlanError> {
    let full = n / Panels::COLUMNS;
    let tail = n % Panels::COLUMNS;
    let mut hull = Reach::POINT;
    let mut part = 0;
    while part < 2 {
        let (first, count, columns) =
            if part == 0 { (0, full, Panels::COLUMNS) } else { (full, (tail > 0) as u32, tail) };
        part += 1;
        if count == 0 {
            continue;
        }
        let mut reach = match Reach::POINT.along(first + 1, panels.stride) {
            Ok(start) => {
                let offset = start.low + start.high;
                Reach { low: offset, high: offset + columns as i64 - 1 }
            }
            Err(error) => return Err(error),
        };
        reach = match reach.along(count, panels.stride) {
            Ok(reach) => reach,
            Err(error) => return Err(error),
        };
        let mut axis = 0;
        while axis < 6 {
            let is_inside = panels.inside >> axis & 1 == 1;
            if is_inside && (!panels.is_packed() || outer[axis].stride % Panels::COLUMNS as i64 != 0) {
                return Err(PlanError::Panel);
            }
            let stride = panels.scale_outer(axis, outer[axis].stride, first, n);
            reach = match reach.along(outer[axis].extent, stride) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        axis = 0;
        while axis < INNER {
            if panels.is_packed() && inner[axis].stride % Panels::COLUMNS as i64 != 0 {
                return Err(PlanError::Panel);
            }
            let stride = panels.scale(inner[axis].stride, first, n);
            reach = match reach.along(inner[axis].extent, stride) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        hull = hull.hull(reach);
    }
    Ok(hull)
}
