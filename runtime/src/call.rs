//! A kernel's call made ready to run: which functions, over how many units.

use netc_plan::{CopyPlan, EpilogueFn, FillPlan, Kernel, PlanError, RandomPlan, StepFn};

use crate::attend::{self, AttendCall};
use crate::contract::{self, ContractCall};
use crate::isa::Instructions;
use crate::winograd::{self, FilterCall, WeightsCall, WinogradCall};
use crate::{Isa, Step, moves};

/// A call of a kernel, prepared for an instruction set. Steps hold its address: keep it where it is while they run.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "calls are boxed by whoever makes steps of them")]
pub enum Call {
    /// A contraction.
    Contract(ContractCall),
    /// An attention.
    Attend(AttendCall),
    /// A convolution by Winograd's algorithm.
    Winograd(WinogradCall),
    /// The transform of its filter.
    WinogradFilter(FilterCall),
    /// The weight gradient of such a convolution.
    WinogradWeights(WeightsCall),
    /// A strided copy.
    Copy(CopyPlan, Instructions),
    /// A fill.
    Fill(FillPlan),
    /// Random numbers.
    Random(RandomPlan),
}

/// A part of a call whose units are independent of each other but need all units of the part before.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// The kernel's entry.
    pub function: StepFn,
    /// What it takes as its plan.
    pub plan: *const u8,
    /// How many units there are.
    pub units: u32,
}

impl Call {
    /// Checks and prepares `kernel`. `epilogue` is the generated epilogue of a contraction that has one, else ignored.
    ///
    /// # Errors
    /// What [`Kernel::check`] finds, and `Operand` if a generated epilogue is missing.
    pub fn new(kernel: &Kernel, epilogue: Option<EpilogueFn>, isa: Isa) -> Result<Self, PlanError> {
        Self::prepare(kernel, epilogue, Instructions::fixed(isa))
    }

    /// The same at compile time, for the instruction set that is chosen when it runs.
    pub(crate) const fn prepare(
        kernel: &Kernel,
        epilogue: Option<EpilogueFn>,
        instructions: Instructions,
    ) -> Result<Self, PlanError> {
        if let Err(error) = kernel.check() {
            return Err(error);
        }
        Ok(match kernel {
            Kernel::Contract(plan) => match ContractCall::new(plan, epilogue, instructions) {
                Ok(call) => Self::Contract(call),
                Err(error) => return Err(error),
            },
            Kernel::Attend(plan) => match AttendCall::new(plan, instructions) {
                Ok(call) => Self::Attend(call),
                Err(error) => return Err(error),
            },
            Kernel::Winograd(plan) => match WinogradCall::new(plan, epilogue, instructions) {
                Ok(call) => Self::Winograd(call),
                Err(error) => return Err(error),
            },
            Kernel::WinogradWeights(plan) => Self::WinogradWeights(WeightsCall::new(plan, instructions)),
            Kernel::WinogradFilter(plan) => Self::WinogradFilter(FilterCall::new(plan, instructions)),
            Kernel::Copy(plan) => Self::Copy(*plan, instructions),
            Kernel::Fill(plan) => Self::Fill(*plan),
            Kernel::Random(plan) => Self::Random(*plan),
        })
    }

    /// The instruction set that the call was prepared for: `Portable` for what the compiler of this crate vectorises.
    pub fn isa(&self) -> Isa {
        match self {
            Self::Contract(call) => call.isa(),
            Self::Attend(call) => call.isa(),
            Self::Winograd(call) => call.isa(),
            Self::WinogradFilter(call) => call.isa(),
            Self::WinogradWeights(call) => call.isa(),
            Self::Copy(_, instructions) if instructions.get() != Isa::Portable => Isa::Avx2,
            Self::Copy(..) | Self::Fill(_) | Self::Random(_) => Isa::Portable,
        }
    }

    /// The one or two phases of the call, to be executed in this order as a step each.
    pub fn phases(&self) -> [Option<Phase>; 2] {
        match self {
            Self::Contract(call) => {
                let plan = core::ptr::from_ref(call).cast();
                let sums = Phase { function: contract::sums, plan, units: call.units() };
                let combine = Phase { function: contract::combine, plan, units: call.combine_units() };
                [Some(sums), (combine.units > 0).then_some(combine)]
            }
            Self::Attend(call) => one(attend::attend, core::ptr::from_ref(call).cast(), call.units()),
            Self::Winograd(call) => {
                let plan = core::ptr::from_ref(call).cast();
                if !call.is_shared() {
                    return one(winograd::blocks, plan, call.units());
                }
                let transforms = Phase { function: winograd::transforms, plan, units: call.units() };
                [Some(transforms), Some(Phase { function: winograd::panels, plan, units: call.output_units() })]
            }
            Self::WinogradWeights(call) => {
                let plan = core::ptr::from_ref(call).cast();
                let sums = Phase { function: winograd::sums, plan, units: call.units() };
                let combine = Phase { function: winograd::combine, plan, units: call.combine_units() };
                [Some(sums), (combine.units > 0).then_some(combine)]
            }
            Self::WinogradFilter(call) => one(winograd::filters, core::ptr::from_ref(call).cast(), call.units()),
            Self::Copy(plan, instructions) => {
                let is_wide = instructions.get() != Isa::Portable;
                let function = if is_wide { moves::copy::<true> } else { moves::copy::<false> };
                one(function, core::ptr::from_ref(plan).cast(), plan.units())
            }
            Self::Fill(plan) => one(moves::fill, core::ptr::from_ref(plan).cast(), plan.units()),
            Self::Random(plan) => one(moves::random, core::ptr::from_ref(plan).cast(), plan.units()),
        }
    }

    /// The steps of the call over its table of pointers, in order.
    pub fn steps(&self, pointers: *const *mut f32) -> impl Iterator<Item = Step> + use<> {
        self.phases().into_iter().flatten().map(move |phase| Step {
            function: phase.function,
            plan: phase.plan,
            pointers,
            units: phase.units,
            stop: core::ptr::null(),
        })
    }
}

fn one(function: StepFn, plan: *const u8, units: u32) -> [Option<Phase>; 2] {
    [Some(Phase { function, plan, units }), None]
}
