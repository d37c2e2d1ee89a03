//! The kernels that a program may call and the plans that describe one call of each.

mod attend;
mod axes;
mod contract;
mod copy;
mod epilogue;
mod fill;
mod merge;
mod packing;
mod random;
mod text;
mod units;
mod work;

pub use attend::{AttendAxis, AttendPlan, SharedAxis, attend_pointer};
pub use axes::{Axis, OuterAxis, Panels, PlanError, Reach, RowAxis, TapAxis};
pub use contract::{ContractPlan, contract_pointer};
pub use copy::{CopyAxis, CopyPlan};
pub use epilogue::{Epilogue, EpilogueFn, Operand};
pub use fill::FillPlan;
pub use packing::{CopyPart, pack, transpose_packed, unpack};
pub use random::{Distribution, RandomPlan};
pub use units::{ContractUnits, split_range};

/// One slice of a kernel call, as the schedule's loop makes it.
///
/// `plan` points to the call's plan (for generated kernels, to whatever they expect), `pointers` to the call's table
/// of base pointers, whose order each plan documents. Units `begin..end` of the call are executed; `scratch` is memory
/// of the executing thread.
pub type StepFn =
    unsafe extern "C" fn(plan: *const u8, pointers: *const *mut f32, unit_begin: u32, unit_end: u32, scratch: *mut f32);

/// A call of a kernel of `runtime`, with its plan.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "plans are stored once per call and passed by reference")]
pub enum Kernel {
    /// Any batched matrix product or convolution, forward or gradient.
    Contract(ContractPlan),
    /// Scaled dot-product attention.
    Attend(AttendPlan),
    /// A strided copy with zero padding.
    Copy(CopyPlan),
    /// One value into a strided box.
    Fill(FillPlan),
    /// Counter-based random numbers into a strided box.
    Random(RandomPlan),
}

impl Kernel {
    /// Whether the plan is one that executors accept; the reason if not.
    pub const fn check(&self) -> Result<(), PlanError> {
        match self {
            Kernel::Contract(plan) => plan.check(),
            Kernel::Attend(plan) => plan.check(),
            Kernel::Copy(plan) => plan.check(),
            Kernel::Fill(plan) => plan.check(),
            Kernel::Random(plan) => plan.check(),
        }
    }

    /// How many operands the call has, an epilogue's included.
    pub const fn operands(&self) -> usize {
        match self {
            Kernel::Contract(plan) => 3 + (plan.slot_floats() > 0) as usize + plan.operand_count as usize,
            Kernel::Attend(_) => 4,
            Kernel::Copy(_) | Kernel::Random(_) => 2,
            Kernel::Fill(_) => 1,
        }
    }

    /// What the call touches of an operand, in the order of a program's operands: for a contraction C, A, B, slots if it
    /// has any, the epilogue's.
    pub const fn reach(&self, operand: usize) -> Result<Reach, PlanError> {
        match (self, operand) {
            (Kernel::Contract(plan), 0) => plan.reach_c(),
            (Kernel::Contract(plan), 1) => plan.reach_a(),
            (Kernel::Contract(plan), 2) => plan.reach_b(),
            (Kernel::Contract(plan), _) => {
                let slots = plan.slot_floats();
                if slots > 0 && operand == contract_pointer::SLOTS {
                    return Ok(Reach { low: 0, high: slots as i64 - 1 });
                }
                plan.reach_operand(operand - 3 - (slots > 0) as usize)
            }
            (Kernel::Attend(plan), 0) => plan.reach_o(),
            (Kernel::Attend(plan), 1) => plan.reach_q(),
            (Kernel::Attend(plan), 2) => plan.reach_k(),
            (Kernel::Attend(plan), _) => plan.reach_v(),
            (Kernel::Copy(plan), 0) => plan.reach_destination(),
            (Kernel::Copy(plan), _) => plan.reach_source(),
            (Kernel::Fill(plan), _) => plan.reach(),
            (Kernel::Random(plan), 0) => plan.reach(),
            (Kernel::Random(_), _) => Ok(Reach { low: 0, high: 3 }),
        }
    }

    /// How many independent units the call falls into (of its first phase); a function of the plan alone.
    pub const fn units(&self) -> u32 {
        match self {
            Kernel::Contract(plan) => plan.units(),
            Kernel::Attend(plan) => plan.units(),
            Kernel::Copy(plan) => plan.units(),
            Kernel::Fill(plan) => plan.units(),
            Kernel::Random(plan) => plan.units(),
        }
    }

    /// Floats of scratch that each thread needs for the call.
    pub const fn scratch_floats(&self) -> u64 {
        match self {
            Kernel::Attend(plan) => plan.scratch_floats(),
            Kernel::Contract(_) | Kernel::Copy(_) | Kernel::Fill(_) | Kernel::Random(_) => 0,
        }
    }
}
