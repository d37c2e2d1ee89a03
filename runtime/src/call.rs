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
    Fill(FillPlan, Instructions),
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
    /// How many of them should be taken together: [`Step::together`].
    pub together: u32,
}

/// A call's first phase, and its second where it has one.
type Phases = [Option<Phase>; 2];

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
            Kernel::Fill(plan) => Self::Fill(*plan, instructions),
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
            Self::Copy(_, instructions) | Self::Fill(_, instructions) => instructions.get(),
            Self::Random(_) => Isa::Portable,
        }
    }

    /// The one or two phases of the call, to be executed in this order as a step each.
    pub fn phases(&self) -> Phases {
        (self.phases_of_kind())(self)
    }

    /// [`Call::phases`] for calls of the same kind: chosen while Rust compiles, it links the kernels of this kind
    /// alone.
    pub(crate) const fn phases_of_kind(&self) -> fn(&Self) -> Phases {
        match self {
            Self::Contract(_) => contract_phases,
            Self::Attend(_) => attend_phases,
            Self::Winograd(_) => winograd_phases,
            Self::WinogradWeights(_) => weights_phases,
            Self::WinogradFilter(_) => filter_phases,
            Self::Copy(..) => copy_phases,
            Self::Fill(..) => fill_phases,
            Self::Random(_) => random_phases,
        }
    }

    /// The steps of the call over its table of pointers, in order.
    pub fn steps(&self, pointers: *const *mut f32) -> impl Iterator<Item = Step> + use<> {
        self.phases().into_iter().flatten().map(move |phase| Step {
            function: phase.function,
            plan: phase.plan,
            pointers,
            units: phase.units,
            together: phase.together,
            stop: core::ptr::null(),
        })
    }
}

fn one(function: StepFn, plan: *const u8, units: u32) -> Phases {
    [Some(Phase { function, plan, units, together: 1 }), None]
}

/// Sums, then their combination where there is one.
fn two(plan: *const u8, sums: (StepFn, u32), combine: (StepFn, u32)) -> Phases {
    let phase = |(function, units)| Phase { function, plan, units, together: 1 };
    [Some(phase(sums)), (combine.1 > 0).then(|| phase(combine))]
}

fn contract_phases(call: &Call) -> Phases {
    let Call::Contract(call) = call else { return [None; 2] };
    let plan = core::ptr::from_ref(call).cast();
    two(plan, (contract::sums, call.units()), (contract::combine, call.combine_units()))
}

fn attend_phases(call: &Call) -> Phases {
    let Call::Attend(call) = call else { return [None; 2] };
    one(attend::attend, core::ptr::from_ref(call).cast(), call.units())
}

fn winograd_phases(call: &Call) -> Phases {
    let Call::Winograd(call) = call else { return [None; 2] };
    let plan = core::ptr::from_ref(call).cast();
    if !call.is_shared() {
        let (units, together) = (call.units(), call.together());
        return [Some(Phase { function: winograd::blocks, plan, units, together }), None];
    }
    two(plan, (winograd::transforms, call.units()), (winograd::panels, call.output_units()))
}

fn weights_phases(call: &Call) -> Phases {
    let Call::WinogradWeights(call) = call else { return [None; 2] };
    let plan = core::ptr::from_ref(call).cast();
    two(plan, (winograd::sums, call.units()), (winograd::combine, call.combine_units()))
}

fn filter_phases(call: &Call) -> Phases {
    let Call::WinogradFilter(call) = call else { return [None; 2] };
    one(winograd::filters, core::ptr::from_ref(call).cast(), call.units())
}

fn copy_phases(call: &Call) -> Phases {
    let Call::Copy(plan, instructions) = call else { return [None; 2] };
    let function = match instructions.get() {
        Isa::Portable => moves::copy::<1>,
        Isa::Avx2 => moves::copy::<8>,
        Isa::Avx512 => moves::copy::<16>,
    };
    one(function, core::ptr::from_ref(plan).cast(), plan.units())
}

fn fill_phases(call: &Call) -> Phases {
    let Call::Fill(plan, instructions) = call else { return [None; 2] };
    let function = match instructions.get() {
        Isa::Portable => moves::fill::<1>,
        Isa::Avx2 | Isa::Avx512 => moves::fill::<8>,
    };
    one(function, core::ptr::from_ref(plan).cast(), plan.units())
}

fn random_phases(call: &Call) -> Phases {
    let Call::Random(plan) = call else { return [None; 2] };
    one(moves::random, core::ptr::from_ref(plan).cast(), plan.units())
}
