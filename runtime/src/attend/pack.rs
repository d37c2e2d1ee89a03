//! Keys of a panel, side by side.

use super::AttendCall;
use super::block::COLUMNS;

impl AttendCall {
    /// Writes a panel's keys as columns, depth by depth.
    ///
    /// # Safety
    /// `k` is K at an outer position of the plan, in which the panel lies; `to` has a panel's room.
    pub(super) unsafe fn pack(&self, k: *const f32, panel: u32, to: *mut f32) {
        let plan = &self.plan;
        let first = panel as usize * COLUMNS;
        let columns = (plan.keys.extent as usize - first).min(COLUMNS);
        let (of_key, of_depth) = (plan.keys.first as isize, plan.depth.second as isize);
        let k = k.wrapping_offset(first as isize * of_key);
        // SAFETY: by the caller's promise.
        let begin = if columns == COLUMNS && of_depth == 1 { unsafe { self.pack_blocks(k, to) } } else { 0 };
        for column in 0..columns {
            for depth in begin..plan.depth.extent as usize {
                let from = k.wrapping_offset(column as isize * of_key + depth as isize * of_depth);
                // SAFETY: the key exists, and the panel has a row for every depth.
                unsafe { *to.add(depth * COLUMNS + column) = *from };
            }
        }
    }

    /// Whole blocks of eight depths of a full panel, in registers; how many depths these are.
    ///
    /// # Safety
    /// As for [`AttendCall::pack`], with `k` at the panel's first key and depths side by side.
    unsafe fn pack_blocks(&self, k: *const f32, to: *mut f32) -> usize {
        #[cfg(target_arch = "x86_64")]
        if self.isa() != crate::Isa::Portable {
            let depths = self.plan.depth.extent as usize / 8 * 8;
            let columns: [isize; COLUMNS] =
                core::array::from_fn(|column| column as isize * self.plan.keys.first as isize);
            for depth in (0..depths).step_by(8) {
                let rows = core::array::from_fn(|row| to.wrapping_add((depth + row) * COLUMNS).cast());
                // SAFETY: the processor has the instructions; eight depths of each key may be read and eight rows of
                // the panel written.
                unsafe { crate::moves::transpose::avx2::<false>(k.wrapping_add(depth).cast(), &columns, &rows) };
            }
            return depths;
        }
        0
    }
}
