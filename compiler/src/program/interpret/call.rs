//! Calls of the runtime's kernels, by the meaning that `netc_plan` gives them.

use super::{Machine, Place};
use crate::program::KernelId;
use netc_plan::kernels::contract_pointer;
use netc_plan::reference::{self, Memory};
use netc_plan::{ContractPlan, Kernel};

/// The memory behind a call's table of pointers.
pub(super) struct CallMemory<'m, 'a> {
    pub(super) machine: &'m mut Machine<'a>,
    /// In the order of the schedule's operands: without the slots where a contraction has none.
    pub(super) places: Vec<Place>,
}

impl Memory for CallMemory<'_, '_> {
    type Element = f32;
    fn load(&self, pointer: usize, offset: i64) -> f32 {
        let (segment, first) = self.places[pointer];
        self.machine.segments[segment][(first + offset) as usize]
    }
    fn store(&mut self, pointer: usize, offset: i64, value: f32) {
        let (segment, first) = self.places[pointer];
        self.machine.segments[segment][(first + offset) as usize] = value;
    }
}

/// Executes a call; `epilogue` is its generated epilogue.
pub(super) fn run_call(kernel: &Kernel, epilogue: Option<KernelId>, mut memory: CallMemory<'_, '_>) {
    match kernel {
        Kernel::Contract(plan) => run_contract(plan, epilogue, memory),
        Kernel::Copy(plan) => reference::copy(plan, &mut memory),
        Kernel::Fill(plan) => reference::fill(plan, &mut memory),
        Kernel::Random(plan) => {
            let word = |index| u64::from(memory.load(1, index).to_bits());
            let (seed, step) = (word(0) | word(1) << 32, word(2) | word(3) << 32);
            reference::random(plan, &mut memory, seed, step);
        }
    }
}

fn run_contract(plan: &ContractPlan, epilogue: Option<KernelId>, mut memory: CallMemory<'_, '_>) {
    if plan.slot_floats() == 0 {
        memory.places.insert(contract_pointer::SLOTS, (0, 0));
    }
    reference::contract(plan, &mut memory, |memory, offsets, columns| {
        let Some(kernel) = epilogue else { return };
        let pointers = std::iter::once(contract_pointer::C).chain(contract_pointer::OPERANDS..);
        let places: Vec<Place> = pointers
            .zip(offsets)
            .take(1 + plan.operand_count as usize)
            .map(|(pointer, offset)| (memory.places[pointer].0, memory.places[pointer].1 + offset))
            .collect();
        memory.machine.run_kernel(kernel, &places, columns);
    });
}
