//! Products of a single row, as a dense layer is for one sample.
//!
//! Every element of B is used once, so its way from the caches is the limit. Several panels go side by side: one
//! panel's two vectors of sums would wait for their own multiply-adds.

use core::ops::Range;

use netc_plan::kernels::{contract_pointer, split_range};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::ContractCall;
use super::sums::{chunk_of, triple};
use super::tile::{Finish, Side, Tile};

/// What is known of a single row before it is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vector {
    /// Full panels.
    full: u32,
    /// Reduction axes in them and in the narrower last panel, whose strides are its own: terms, strides in A and in B.
    axes: [[(usize, isize, isize); 5]; 2],
}

impl Vector {
    /// Of a call with a single row whose chunks are summed in place; `None` of any other.
    pub const fn of(plan: &ContractPlan) -> Option<Self> {
        if plan.is_by_column() || plan.m.extent != 1 || plan.outer_positions() != 1 || plan.maxima > 0 || plan.slots {
            return None;
        }
        let full = plan.n / Panels::COLUMNS;
        let last = (plan.n - 1) / Panels::COLUMNS;
        Some(Self { full, axes: [axes_in(plan, 0), axes_in(plan, last)] })
    }
}

const fn axes_in(plan: &ContractPlan, panel: u32) -> [(usize, isize, isize); 5] {
    let mut axes = [plan.taps[0], plan.taps[1], plan.taps[2], plan.taps[3], plan.k];
    let mut triples = [(1, 0, 0); 5];
    let mut axis = 0;
    while axis < 5 {
        axes[axis].b = plan.b_panels.scale(axes[axis].b, panel, plan.n);
        triples[axis] = triple(axes[axis]);
        axis += 1;
    }
    triples
}

impl ContractCall {
    /// Computes one unit of a call with a single row.
    ///
    /// # Safety
    /// As for the first phase; `vector` is the call's.
    pub(super) unsafe fn vector_unit(&self, vector: &Vector, pointers: *const *mut f32, unit: u32) {
        let (begin, end) = split_range(u64::from(self.grid.panels), self.grid.panel_groups, unit);
        let (begin, end) = (begin as u32, end as u32);
        for chunk in 0..self.chunks {
            if begin < vector.full {
                // SAFETY: by the caller's promise.
                unsafe { self.vector_panels(vector, pointers, chunk, begin..end.min(vector.full)) };
            }
            if end > vector.full {
                // SAFETY: by the caller's promise.
                unsafe { self.vector_tail(vector, pointers, chunk) };
            }
        }
    }

    /// Computes full panels of one chunk, side by side.
    ///
    /// # Safety
    /// As for [`ContractCall::vector_unit`].
    unsafe fn vector_panels(&self, vector: &Vector, pointers: *const *mut f32, chunk: u32, panels: Range<u32>) {
        let tiles = self.tiles();
        let (b_stride, c_stride) = (self.plan.b_panels.stride as isize, self.plan.c_panels.stride as isize);
        let mut panel = panels.start;
        while panel < panels.end {
            let count = (panels.end - panel).min(tiles.side_by_side);
            // SAFETY: by the caller's promise.
            let (tile, operands) = unsafe { self.vector_tile(vector, pointers, chunk, panel) };
            let side = Side { panels: count, b: b_stride, c: c_stride, operands };
            // SAFETY: the processor has the instructions; the panels are full.
            unsafe { (tiles.vector)(&tile, &side) };
            // SAFETY: the panels are stored.
            unsafe { self.vector_finish(pointers, chunk, panel..panel + count) };
            panel += count;
        }
    }

    /// Computes the narrower last panel of one chunk.
    ///
    /// # Safety
    /// As for [`ContractCall::vector_unit`].
    unsafe fn vector_tail(&self, vector: &Vector, pointers: *const *mut f32, chunk: u32) {
        // SAFETY: by the caller's promise.
        let (tile, _) = unsafe { self.vector_tile(vector, pointers, chunk, vector.full) };
        let (kernel, columns) = self.tiles().kernel(1, tile.columns);
        if columns == tile.columns {
            // SAFETY: as above; the kernel was chosen for one row of these columns.
            unsafe { kernel(&tile) };
        } else {
            // SAFETY: as above.
            unsafe { self.tiles().across(&mut tile.clone(), &tile, 0, 1) };
        }
        // SAFETY: the panel is stored.
        unsafe { self.vector_finish(pointers, chunk, vector.full..vector.full + 1) };
    }

    /// Applies an epilogue that registers do not hold to panels whose last chunk is stored.
    ///
    /// # Safety
    /// As for [`ContractCall::vector_unit`].
    unsafe fn vector_finish(&self, pointers: *const *mut f32, chunk: u32, panels: Range<u32>) {
        let plan = &self.plan;
        if chunk + 1 < self.chunks || self.in_registers {
            return;
        }
        for panel in panels {
            let mut segment = [core::ptr::null_mut::<f32>(); 9];
            // SAFETY: the table has an entry for C and for each operand.
            segment[0] = unsafe { *pointers }.wrapping_offset(panel as isize * plan.c_panels.stride as isize);
            for (index, operand) in plan.operands[..plan.operand_count as usize].iter().enumerate() {
                let stride = operand.columns().stride as isize;
                // SAFETY: as above.
                let base = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                segment[1 + index] = base.wrapping_offset(panel as isize * stride);
            }
            // SAFETY: every pointer is the panel's first column of its operand.
            unsafe { self.finish_segment(&segment, (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS)) };
        }
    }

    /// The row of a panel and chunk, and the distance from panel to panel of the operands that are applied in
    /// registers.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    #[inline(always)]
    unsafe fn vector_tile(
        &self,
        vector: &Vector,
        pointers: *const *mut f32,
        chunk: u32,
        panel: u32,
    ) -> (Tile, [isize; 2]) {
        let plan = &self.plan;
        let mut axes = vector.axes[usize::from(panel >= vector.full)];
        let mut at = (0, panel as isize * plan.b_panels.stride as isize);
        if plan.chunk != 0 {
            let wide = axes.map(|(extent, a, b)| TapAxis { extent: extent as u32, a: a as i64, b: b as i64 });
            let (cut, a, b) = chunk_of(plan, wide, chunk);
            (axes, at) = (cut.map(triple), (a as isize, at.1 + b as isize));
        }
        let (mut finish, mut strides) = (Finish::NONE, [0; 2]);
        if self.in_registers && chunk + 1 == self.chunks {
            finish.relu = plan.epilogue.rectifies();
            for index in 0..plan.operand_count as usize {
                let stride = plan.operands[index].columns().stride as isize;
                // SAFETY: the table holds the operand's base.
                let operand = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                let place = finish.set(plan, index, (operand.wrapping_offset(panel as isize * stride), 0));
                strides[place] = stride;
            }
        }
        // SAFETY: the table has these entries.
        let (c, a, b) = unsafe {
            (
                *pointers.add(contract_pointer::C),
                (*pointers.add(contract_pointer::A)).cast_const(),
                (*pointers.add(contract_pointer::B)).cast_const(),
            )
        };
        let tile = Tile {
            a: a.wrapping_offset(at.0),
            b: b.wrapping_offset(at.1),
            c: c.wrapping_offset(panel as isize * plan.c_panels.stride as isize),
            taps: [axes[0], axes[1], axes[2], axes[3]],
            k: axes[4],
            columns: (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS),
            add: chunk > 0,
            finish,
            ..Tile::PLAIN
        };
        (tile, strides)
    }
}
