//! Products of a single row, as a dense layer is for one sample.
//!
//! Every element of B is used once, so its way from the caches is the limit. Several panels go side by side: one panel's
//! two vectors of sums would wait for their own multiply-adds.

use core::ops::Range;

use netc_plan::kernels::{contract_pointer, split_range};
use netc_plan::{ContractPlan, Panels, TapAxis};

use super::ContractCall;
use super::sums::{chunk_of, triple};
use super::tile::{Finish, Side, Tile};

/// Whether the call is a single row whose chunks are summed in place.
pub(super) const fn is_vector(plan: &ContractPlan) -> bool {
    plan.m.extent == 1 && plan.outer_positions() == 1 && !plan.slots
}

impl ContractCall {
    /// Computes one unit of a call with a single row.
    ///
    /// # Safety
    /// As for the first phase; the call [`is_vector`].
    pub(super) unsafe fn vector_unit(&self, pointers: *const *mut f32, unit: u32) {
        let plan = &self.plan;
        let full = plan.n / Panels::COLUMNS;
        let (begin, end) = split_range(u64::from(self.grid.panels), self.grid.panel_groups, unit);
        let (begin, end) = (begin as u32, end as u32);
        for chunk in 0..self.chunks {
            // SAFETY: by the caller's promise.
            unsafe { self.vector_panels(pointers, chunk, begin..end.min(full)) };
            if end > full {
                // SAFETY: by the caller's promise.
                unsafe { self.vector_tail(pointers, chunk, full) };
            }
        }
    }

    /// Computes full panels of one chunk, side by side.
    ///
    /// # Safety
    /// As for [`ContractCall::vector_unit`].
    unsafe fn vector_panels(&self, pointers: *const *mut f32, chunk: u32, panels: Range<u32>) {
        let tiles = self.tiles();
        let (b_stride, c_stride) = (self.plan.b_panels.stride as isize, self.plan.c_panels.stride as isize);
        let mut panel = panels.start;
        while panel < panels.end {
            let count = (panels.end - panel).min(tiles.side_by_side);
            // SAFETY: by the caller's promise.
            let (tile, operands) = unsafe { self.vector_tile(pointers, chunk, panel) };
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
    unsafe fn vector_tail(&self, pointers: *const *mut f32, chunk: u32, panel: u32) {
        // SAFETY: by the caller's promise.
        let (tile, _) = unsafe { self.vector_tile(pointers, chunk, panel) };
        // SAFETY: as above.
        unsafe { self.tile_row(&tile, &tile.finish, 0, 1) };
        // SAFETY: the panel is stored.
        unsafe { self.vector_finish(pointers, chunk, panel..panel + 1) };
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
                let stride = if operand.n == 0 { 0 } else { operand.panels.stride as isize };
                // SAFETY: as above.
                let base = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                segment[1 + index] = base.wrapping_offset(panel as isize * stride);
            }
            // SAFETY: every pointer is the panel's first column of its operand.
            unsafe { self.finish_segment(&segment, (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS)) };
        }
    }

    /// The row of a panel and chunk, and the distance from panel to panel of the operands that are applied in registers.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    unsafe fn vector_tile(&self, pointers: *const *mut f32, chunk: u32, panel: u32) -> (Tile, [isize; 2]) {
        let plan = &self.plan;
        let [t0, t1, t2, t3] = plan.taps;
        let (axes, a, b) = chunk_of(plan, [t0, t1, t2, t3, plan.k], chunk);
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let scale = |stride| plan.b_panels.scale(stride, panel, plan.n);
        let scaled = |axis: TapAxis| triple(TapAxis { b: scale(axis.b), ..axis });
        let (mut finish, mut strides) = (Finish::NONE, [0; 2]);
        if chunk + 1 == self.chunks && self.in_registers {
            finish.relu = plan.epilogue.rectifies();
            for (index, stride) in strides.iter_mut().enumerate().take(plan.operand_count as usize) {
                *stride = plan.operands[index].panels.stride as isize;
                // SAFETY: the table holds the operand's base.
                let operand = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                finish.operands[index] = (operand.wrapping_offset(panel as isize * *stride).cast_const(), 0);
            }
        }
        // SAFETY: the table has these entries.
        let (c, a_base, b_base) = unsafe {
            (
                *pointers.add(contract_pointer::C),
                (*pointers.add(contract_pointer::A)).cast_const(),
                (*pointers.add(contract_pointer::B)).cast_const(),
            )
        };
        let tile = Tile {
            a: a_base.wrapping_offset(a as isize),
            b: b_base.wrapping_offset((scale(b) + i64::from(panel) * plan.b_panels.stride) as isize),
            c: c.wrapping_offset(panel as isize * plan.c_panels.stride as isize),
            a_row: 0,
            c_row: 0,
            taps: [scaled(axes[0]), scaled(axes[1]), scaled(axes[2]), scaled(axes[3])],
            k: scaled(axes[4]),
            columns,
            add: chunk > 0,
            finish,
        };
        (tile, strides)
    }
}
