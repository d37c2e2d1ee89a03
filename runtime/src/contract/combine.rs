//! The second phase: adds the chunk sums of the slots in order and applies the epilogue.

use netc_plan::Panels;
use netc_plan::kernels::{contract_pointer, split_range};

use super::ContractCall;
use super::sums::{advance, position};

/// Computes units `begin..end`: each a range of the rows (outer…, m).
///
/// # Safety
/// As for the first phase, which is done.
pub(crate) unsafe extern "C" fn combine(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<ContractCall>() };
    let rows = call.plan.outer_positions() * u64::from(call.plan.m.extent);
    let units = call.combine_units();
    let (first, _) = split_range(rows, units, begin);
    let (last, _) = split_range(rows, units, end);
    let m_extent = u64::from(call.plan.m.extent);
    let mut outer = position(&call.plan, first / m_extent);
    let mut m = (first % m_extent) as u32;
    for row in first..last {
        for panel in 0..call.grid.panels {
            // SAFETY: by the caller's promise.
            unsafe { call.combine_segment(pointers, &outer, m, row, panel) };
        }
        m += 1;
        if m == call.plan.m.extent {
            m = 0;
            advance(&call.plan, &mut outer, 0..call.plan.written());
        }
    }
}

impl ContractCall {
    /// Sums one row segment over the slots and finishes it.
    ///
    /// # Safety
    /// As for [`combine`].
    unsafe fn combine_segment(&self, pointers: *const *mut f32, outer: &[u32; 6], m: u32, row: u64, panel: u32) {
        let plan = &self.plan;
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS) as usize;
        let slot_len = (plan.outer_positions() * u64::from(plan.m.extent) * u64::from(plan.n)) as usize;
        let at = (row * u64::from(plan.n) + u64::from(panel * Panels::COLUMNS)) as usize;
        let mut offset = i64::from(panel) * plan.c_panels.stride;
        offset += i64::from(m) * plan.c_panels.scale(plan.m.c, panel, plan.n);
        for (axis, &position) in outer.iter().enumerate() {
            offset += i64::from(position) * plan.c_panels.scale_outer(axis, plan.outer[axis].c, panel, plan.n);
        }
        // SAFETY: the table has entries for slots and C; the first phase filled every slot.
        let (slots, c) = unsafe {
            (
                (*pointers.add(contract_pointer::SLOTS)).add(at).cast_const(),
                (*pointers.add(contract_pointer::C)).wrapping_offset(offset as isize),
            )
        };
        let mut sums = [0.0f32; Panels::COLUMNS as usize];
        for chunk in 0..plan.chunks() as usize {
            // SAFETY: slot `chunk` holds this segment's sums.
            let slot = unsafe { core::slice::from_raw_parts(slots.add(chunk * slot_len), columns) };
            for (sum, value) in sums.iter_mut().zip(slot) {
                *sum = if chunk == 0 { *value } else { *sum + *value };
            }
        }
        // SAFETY: C has `columns` elements here.
        unsafe { core::ptr::copy_nonoverlapping(sums.as_ptr(), c, columns) };
        if plan.epilogue != netc_plan::Epilogue::None {
            // SAFETY: the segment's sums are stored.
            unsafe { self.finish_rows(pointers, outer, panel, m..m + 1, c, 0) };
        }
    }
}
