//! The kernels that a program may call and the plans that describe one call of each.

mod attend;
mod axes;
mod border;
mod contract;
mod contract_check;
mod copy;
mod epilogue;
mod fill;
mod merge;
mod packing;
mod random;
mod staging;
mod text;
mod units;
mod winograd;
mod winograd_filter;
mod winograd_units;
mod winograd_weights;
mod work;

pub use attend::{AttendAxis, AttendPlan, SharedAxis, attend_pointer};
pub use axes::{Axis, OuterAxis, Panels, PlanError, Reach, RowAxis, TapAxis};
pub use border::Border;
pub use contract::{ContractPlan, contract_pointer};
pub use copy::{CopyAxis, CopyPlan};
pub use epilogue::{Epilogue, EpilogueFn, Operand};
pub use fill::FillPlan;
pub use packing::{CopyPart, pack, transpose_packed, unpack};
pub use random::{Distribution, RandomPlan};
pub use units::{ContractUnits, split_range};
pub use winograd::{MapOperand, MapStrides, WinogradPlan};
pub use winograd_filter::WinogradFilterPlan;
pub use winograd_units::{TileLayout, WinogradUnits};
pub use winograd_weights::{WeightUnits, WinogradWeightsPlan};

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
    /// A 3×3 convolution of stride 1 by Winograd's algorithm.
    Winograd(WinogradPlan),
    /// The transform of its filter.
    WinogradFilter(WinogradFilterPlan),
    /// The weight gradient of such a convolution.
    WinogradWeights(WinogradWeightsPlan),
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
            Kernel::Winograd(plan) => plan.check(),
            Kernel::WinogradFilter(plan) => plan.check(),
            Kernel::WinogradWeights(plan) => plan.check(),
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
            Kernel::Winograd(plan) => 3 + (plan.shared_floats() > 0) as usize + plan.operand_count as usize,
            Kernel::WinogradFilter(_) => 2,
            Kernel::WinogradWeights(plan) => 3 + (plan.shared_floats() > 0) as usize,
            Kernel::Copy(_) | Kernel::Random(_) => 2,
            Kernel::Fill(_) => 1,
        }
    }

    /// What the call touches of an operand, in the order of a program's operands: for a contraction C, A, B, slots if
    /// it has any, the epilogue's.
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
            (Kernel::Winograd(plan), 0) => plan.reach_y(),
            (Kernel::Winograd(plan), 1) => plan.reach_x(),
            (Kernel::Winograd(plan), 2) => Ok(through(plan.filter_floats())),
            (Kernel::Winograd(plan), _) => {
                let shared = plan.shared_floats();
                if shared > 0 && operand == contract_pointer::SLOTS {
                    return Ok(through(shared));
                }
                plan.reach_operand(operand - 3 - (shared > 0) as usize)
            }
            (Kernel::WinogradFilter(plan), 0) => Ok(through(plan.len())),
            (Kernel::WinogradFilter(plan), _) => plan.reach_source(),
            (Kernel::WinogradWeights(plan), 0) => plan.reach_w(),
            (Kernel::WinogradWeights(plan), 1) => plan.reach_x(),
            (Kernel::WinogradWeights(plan), 2) => plan.reach_y(),
            (Kernel::WinogradWeights(plan), _) => Ok(through(plan.shared_floats())),
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
            Kernel::Winograd(plan) => plan.units(),
            Kernel::WinogradFilter(plan) => plan.units(),
            Kernel::WinogradWeights(plan) => plan.units(),
            Kernel::Copy(plan) => plan.units(),
            Kernel::Fill(plan) => plan.units(),
            Kernel::Random(plan) => plan.units(),
        }
    }

    /// The epilogue of a kernel that may have one, with the number of its operands.
    pub const fn epilogue(&self) -> Option<(Epilogue, u32)> {
        match self {
            Kernel::Contract(plan) => Some((plan.epilogue, plan.operand_count)),
            Kernel::Winograd(plan) => Some((plan.epilogue, plan.operand_count)),
            _ => None,
        }
    }

    /// Floats of memory that all units of a call share and that the call writes first
    /// ([`contract_pointer::SLOTS`]); 0 for none.
    pub const fn shared_floats(&self) -> u64 {
        match self {
            Kernel::Contract(plan) => plan.slot_floats(),
            Kernel::Winograd(plan) => plan.shared_floats(),
            Kernel::WinogradWeights(plan) => plan.shared_floats(),
            _ => 0,
        }
    }

    /// Floats of memory that a thread needs for itself while it executes units of the call.
    pub const fn scratch_floats(&self) -> u64 {
        match self {
            Kernel::Contract(plan) => plan.scratch_floats(),
            Kernel::Attend(plan) => plan.scratch_floats(),
            Kernel::Winograd(plan) => plan.scratch_floats(),
            Kernel::WinogradWeights(plan) => plan.scratch_floats(),
            _ => 0,
        }
    }
}

/// The first `floats` elements.
const fn through(floats: u64) -> Reach {
    Reach { low: 0, high: floats as i64 - 1 }
}
