//! Epilogues applied to a stored row segment: generated ones, and members of the closed set that no register tile
//! applies (operands with one value per row).

use netc_plan::kernels::contract_pointer;
use netc_plan::{ContractPlan, Epilogue, Panels};

use super::ContractCall;

/// Offset of epilogue operand `index` at the first column of `panel` in row 0 at the outer position, and its stride
/// over rows in that panel.
pub(super) fn operand_offset(plan: &ContractPlan, index: usize, outer: &[u32; 6], panel: u32) -> (i64, i64) {
    let operand = &plan.operands[index];
    let panels = operand.columns();
    let mut offset = i64::from(panel) * panels.stride;
    for (axis, &at) in outer.iter().enumerate() {
        offset += i64::from(at) * panels.scale_outer(axis, operand.outer[axis], panel, plan.n);
    }
    (offset, panels.scale(operand.m, panel, plan.n))
}

/// Whether the epilogue runs in registers: the closed set with operands that have one element per column, or, as the
/// first addend, one per row.
pub(super) const fn runs_in_registers(plan: &ContractPlan) -> bool {
    let mut index = if plan.epilogue.addends() > 0 { 1 } else { 0 };
    while index < plan.operand_count as usize {
        if plan.operands[index].n != 1 {
            return false;
        }
        index += 1;
    }
    !matches!(plan.epilogue, Epilogue::Generated)
}

impl ContractCall {
    /// Applies the epilogue to rows `begin..end` of a panel, whose sums are stored.
    ///
    /// # Safety
    /// `pointers` is the call's table; `c` is the row segment of row `begin`, `c_row` the stride over rows.
    pub(super) unsafe fn finish_rows(
        &self,
        pointers: *const *mut f32,
        outer: &[u32; 6],
        panel: u32,
        rows: core::ops::Range<u32>,
        c: *mut f32,
        c_row: isize,
    ) {
        let plan = &self.plan;
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let count = plan.operand_count as usize;
        let mut segment = [core::ptr::null_mut::<f32>(); 9];
        let mut strides = [0isize; 9];
        segment[0] = c;
        strides[0] = c_row;
        for index in 0..count {
            let (offset, stride) = operand_offset(plan, index, outer, panel);
            let offset = offset + i64::from(rows.start) * stride;
            // SAFETY: the table holds the operand's base; the plan's reach covers this offset.
            segment[1 + index] =
                unsafe { (*pointers.add(contract_pointer::OPERANDS + index)).wrapping_offset(offset as isize) };
            strides[1 + index] = stride as isize;
        }
        for _ in rows {
            // SAFETY: every pointer is the segment's first column of its operand.
            unsafe { self.finish_segment(&segment, columns) };
            for (pointer, stride) in segment.iter_mut().zip(strides).take(1 + count) {
                *pointer = pointer.wrapping_offset(stride);
            }
        }
    }

    /// The epilogue on one segment.
    ///
    /// # Safety
    /// `segment` holds C and the operands at the segment's first column.
    pub(super) unsafe fn finish_segment(&self, segment: &[*mut f32; 9], columns: u32) {
        if let Some(epilogue) = self.epilogue {
            // SAFETY: this is what a generated epilogue expects.
            return unsafe { epilogue(segment.as_ptr(), columns) };
        }
        let plan = &self.plan;
        for column in 0..columns as usize {
            // SAFETY: `columns` elements of C may be read and written.
            let element = unsafe { &mut *segment[0].add(column) };
            // SAFETY: operands have an element per column, or one if their column stride is 0.
            let operand = |index: usize| unsafe { *segment[1 + index].add(column * plan.operands[index].n as usize) };
            *element = plan.epilogue.finish(*element, operand);
        }
    }
}
