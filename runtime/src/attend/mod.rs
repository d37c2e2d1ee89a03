//! Attention by blocks of queries: scores of a block stay in scratch, and the T × S matrix never exists.

mod block;
mod pack;
mod rows;
#[cfg(test)]
mod tests;

use netc_plan::kernels::{attend_pointer, split_range};
use netc_plan::{AttendPlan, PlanError};

use crate::Isa;
use crate::contract::tile::Tiles;
use crate::isa::Instructions;

/// An attention prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct AttendCall {
    plan: AttendPlan,
    instructions: Instructions,
}

impl AttendCall {
    /// Prepares `plan`.
    ///
    /// # Errors
    /// What [`AttendPlan::check`] finds.
    pub(crate) const fn new(plan: &AttendPlan, instructions: Instructions) -> Result<Self, PlanError> {
        if let Err(error) = plan.check() {
            return Err(error);
        }
        Ok(Self { plan: *plan, instructions })
    }

    /// The register tiles of the instruction set.
    fn tiles(&self) -> &'static Tiles {
        crate::contract::tiles(self.instructions.get())
    }

    /// The instruction set that was chosen.
    pub fn isa(&self) -> Isa {
        self.instructions.get()
    }

    /// Units of the call.
    pub fn units(&self) -> u32 {
        self.plan.units()
    }
}

/// Computes units `begin..end`, each a range of blocks of queries.
///
/// # Safety
/// `plan` points to an [`AttendCall`] that stays where it is, `pointers` to the operands in the plan's order, which
/// reach as far as the plan says; O overlaps no other; `scratch` has the plan's scratch floats.
pub(crate) unsafe extern "C" fn attend(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<AttendCall>() };
    let plan = &call.plan;
    let (blocks, units) = (plan.blocks(), call.units());
    let (first, last) = (split_range(blocks, units, begin).0, split_range(blocks, units, end).0);
    let height = plan.block_rows();
    let per_position = u64::from(plan.queries.extent.div_ceil(height));
    for block in first..last {
        let mut position = block / per_position;
        let mut offsets = [0i64; 4];
        for axis in plan.outer.iter().rev() {
            let at = (position % u64::from(axis.extent)) as i64;
            position /= u64::from(axis.extent);
            for (offset, stride) in offsets.iter_mut().zip([axis.o, axis.q, axis.k, axis.v]) {
                *offset += at * stride;
            }
        }
        let queries = (block % per_position) as u32 * height;
        let queries = queries..plan.queries.extent.min(queries + height);
        // SAFETY: the table holds the operands' bases, and the plan's reach covers every outer position.
        let at = |pointer: usize| unsafe { (*pointers.add(pointer)).wrapping_offset(offsets[pointer] as isize) };
        let operands = block::Operands {
            o: at(attend_pointer::O),
            q: at(attend_pointer::Q),
            k: at(attend_pointer::K),
            v: at(attend_pointer::V),
        };
        // SAFETY: by the caller's promise.
        unsafe { call.block(&operands, queries, scratch) };
    }
}
