//! Kernels of the runtime with their plans, made ready while Rust compiles.

use netc_plan::{EpilogueFn, Kernel};

use super::epilogue::{self, Epilogue};
use super::small::{self, SmallFn, SmallPlan};
use crate::Call;
use crate::isa::Instructions;

/// A kernel of the runtime, prepared while Rust compiles.
#[derive(Debug)]
pub struct PreparedCall {
    pub(super) kernel: Kernel,
    pub(super) call: Call,
    /// For a small product, what runs instead of the call.
    pub(super) small: Option<(SmallPlan, SmallFn)>,
}

impl PreparedCall {
    /// A kernel without a generated epilogue.
    ///
    /// # Panics
    /// While Rust compiles, if the plan is refused.
    pub const fn new(kernel: Kernel) -> Self {
        Self::prepare(kernel, None, small::closed)
    }

    /// A contraction or convolution with a generated epilogue.
    ///
    /// # Panics
    /// While Rust compiles, if the plan is refused or its operands do not fit the epilogue.
    pub const fn then<E: Epilogue>(kernel: Kernel) -> Self {
        let Some((_, count)) = kernel.epilogue() else { panic!("only contractions have epilogues") };
        assert!(count as usize == E::OPERANDS.len(), "an epilogue has other operands");
        let mut index = 0;
        while index < E::OPERANDS.len() {
            let columns = match &kernel {
                Kernel::Contract(plan) => plan.operands[index].n,
                Kernel::Winograd(plan) => plan.operands[index].n,
                _ => 0,
            };
            assert!(!E::OPERANDS[index] || columns == 1, "an epilogue's operand has one element per row");
            index += 1;
        }
        Self::prepare(kernel, Some(epilogue::finish::<E>), small::generated::<E>)
    }

    const fn prepare(kernel: Kernel, epilogue: Option<EpilogueFn>, small: SmallFn) -> Self {
        let Ok(call) = Call::prepare(&kernel, epilogue, Instructions::CHOSEN) else {
            panic!("a plan that kernels refuse")
        };
        let small = match &kernel {
            Kernel::Contract(plan) => match SmallPlan::of(plan) {
                Some(plan) => Some((plan, small)),
                None => None,
            },
            _ => None,
        };
        Self { kernel, call, small }
    }
}
