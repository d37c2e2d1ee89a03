//! Epilogues that are applied to outputs after they were stored: generated ones, and those with one number per pixel.

use netc_plan::kernels::contract_pointer;
use netc_plan::{Epilogue, Panels};

use super::WinogradCall;
use super::places::Place;
use super::slots::Block;

impl WinogradCall {
    /// Applies the epilogue to the stored outputs of tiles in one panel.
    ///
    /// # Safety
    /// As for [`blocks`](super::blocks).
    pub(super) unsafe fn finish(&self, pointers: *const *mut f32, tiles: &Block, panel: u32, columns: u32) {
        let plan = &self.plan;
        let side = plan.tile.outputs();
        let count = plan.operand_count as usize;
        let start = i64::from(panel * Panels::COLUMNS);
        for (_, Place { image, top, left, .. }) in tiles.all() {
            for row in top..(top + side).min(plan.height) {
                for column in left..(left + side).min(plan.width) {
                    let mut segment = [core::ptr::null_mut::<f32>(); 9];
                    let y = plan.y.at(image, row, column) + start;
                    // SAFETY: the table has an entry for y.
                    segment[0] = unsafe { *pointers.add(contract_pointer::C) }.wrapping_offset(y as isize);
                    for index in 0..count {
                        let operand = &plan.operands[index];
                        let offset = operand.strides.at(image, row, column) + operand.n * start;
                        // SAFETY: the table has an entry for the operand.
                        let base = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                        segment[1 + index] = base.wrapping_offset(offset as isize);
                    }
                    match self.epilogue {
                        // SAFETY: every pointer is the segment's first channel of its operand.
                        Some(epilogue) => unsafe { epilogue(segment.as_ptr(), columns) },
                        // SAFETY: as above.
                        None => unsafe { self.finish_segment(&segment, columns) },
                    }
                }
            }
        }
    }

    /// The closed set on one segment.
    ///
    /// # Safety
    /// `segment` holds y and the operands at the segment's first channel.
    unsafe fn finish_segment(&self, segment: &[*mut f32; 9], columns: u32) {
        debug_assert!(self.plan.epilogue != Epilogue::Generated);
        for column in 0..columns as usize {
            // SAFETY: `columns` elements of y may be read and written.
            let element = unsafe { &mut *segment[0].add(column) };
            let operand = |index: usize| {
                // SAFETY: operands have an element per channel, or one if their stride is 0.
                unsafe { *segment[1 + index].add(column * self.plan.operands[index].n as usize) }
            };
            *element = self.plan.epilogue.finish(*element, operand);
        }
    }
}
