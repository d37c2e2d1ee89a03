//! What each line of a schedule does, as a report of times shows it.

use crate::executable::{Action, Executable};
use crate::kernel::vectorised;
use netc_compiler::program::{LoopKernel, Program, Step};
use netc_plan::{ContractPlan, Epilogue, Kernel, WinogradPlan};

/// One line of the schedule of a program's mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Path of the layer that it serves.
    pub layer: String,
    /// What is computed: a contraction with its rows × columns × terms, or a generated kernel with its number.
    pub kernel: String,
    /// Vector instructions: of a runtime kernel its instruction set, of a generated one how its innermost loops run.
    pub isa: String,
    /// The method.
    pub algorithm: &'static str,
    /// Independent units.
    pub units: u32,
    /// Multiply-adds of contractions; of a method that needs fewer, those of the product that it stands for.
    pub macs: u64,
    /// Bytes that must be read and written at least once.
    pub bytes: u64,
}

impl Executable {
    /// The lines of the schedule that [`crate::Instance::run`] walks, in order.
    pub fn work(&self) -> Vec<Work> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == self.entry_name()) else { return Vec::new() };
        let lines = self.lines(entry.name).unwrap_or_default();
        if self.is_straight() {
            return vec![whole(self, &entry.steps)];
        }
        entry.steps.iter().zip(lines).map(|(step, line)| work(self, step, &line.action)).collect()
    }
}

fn work(program: &Program, step: &Step, action: &Action) -> Work {
    match (step, action) {
        (Step::Call { kernel, origin, epilogue, .. }, Action::Runtime(call)) => Work {
            layer: layer(program, *origin),
            kernel: match kernel {
                Kernel::Contract(plan) => contraction(plan, epilogue.as_ref().map(|(kernel, _)| kernel.0)),
                Kernel::Attend(_) => "attend".to_string(),
                Kernel::Winograd(plan) => tiles(plan, epilogue.as_ref().map(|(kernel, _)| kernel.0)),
                Kernel::WinogradWeights(plan) => {
                    let terms = u64::from(plan.images) * u64::from(plan.height) * u64::from(plan.width);
                    format!("{}×{}×{terms}", 9 * u64::from(plan.k), plan.n)
                }
                other => other.algorithm().to_string(),
            },
            isa: call.isa().to_string(),
            algorithm: kernel.algorithm(),
            units: call.phases()[0].map_or(1, |phase| phase.units),
            macs: kernel.macs(),
            bytes: kernel.bytes(),
        },
        (Step::Loop { kernel, origin, .. }, _) => {
            let id = kernel.0;
            let kernel = &program.kernels[id as usize];
            let found = vectorised(kernel);
            Work {
                layer: layer(program, *origin),
                kernel: format!("{} k{id}", kernel.name),
                isa: match (found.lanes, found.scalar) {
                    (true, false) => "128 bits",
                    (true, true) => "128 bits, scalar",
                    (false, _) => "scalar",
                }
                .to_string(),
                algorithm: "generated",
                units: kernel.units,
                macs: 0,
                bytes: loop_bytes(kernel),
            }
        }
        (Step::Call { .. } | Step::StopUnlessFinite { .. }, _) => Work {
            layer: "loss".to_string(),
            kernel: "judge".to_string(),
            isa: "scalar".to_string(),
            algorithm: "compare",
            units: 1,
            macs: 0,
            bytes: 4,
        },
    }
}

/// All steps of an entry that is one function.
fn whole(program: &Program, steps: &[Step]) -> Work {
    let origins = steps.iter().filter_map(|step| match step {
        Step::Loop { origin, .. } | Step::Call { origin, .. } => Some(layer(program, *origin)),
        Step::StopUnlessFinite { .. } => None,
    });
    let (mut macs, mut bytes) = (0, 0);
    for step in steps {
        match step {
            Step::Call { kernel, .. } => {
                macs += kernel.macs();
                bytes += kernel.bytes();
            }
            Step::Loop { kernel, .. } => bytes += loop_bytes(&program.kernels[kernel.0 as usize]),
            Step::StopUnlessFinite { .. } => bytes += 4,
        }
    }
    let mut layers: Vec<String> = origins.collect();
    layers.dedup();
    Work {
        layer: match layers.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, .., last] => format!("{first} … {last}"),
        },
        kernel: format!("{} steps", steps.len()),
        isa: "128 bits".to_string(),
        algorithm: "straight",
        units: 1,
        macs,
        bytes,
    }
}

fn loop_bytes(kernel: &LoopKernel) -> u64 {
    4 * kernel.params.iter().map(|param| param.elements as u64).sum::<u64>()
}

fn layer(program: &Program, origin: u32) -> String {
    program.layers.get(origin as usize).cloned().unwrap_or_default()
}

/// `3136×64×576 bias+relu`, or with the number of its generated epilogue `3136×64×576 k7`.
fn contraction(plan: &ContractPlan, epilogue: Option<u32>) -> String {
    let joined = plan.joined_positions();
    let rows = plan.outer_positions() * joined * u64::from(plan.m.extent);
    let sums = finished(format!("{rows}×{}×{}", plan.n, plan.terms()), plan.epilogue, epilogue);
    if joined > 1 { format!("{sums} max of {joined}") } else { sums }
}

/// The same of the contraction that tiles stand for.
fn tiles(plan: &WinogradPlan, epilogue: Option<u32>) -> String {
    let rows = u64::from(plan.images) * u64::from(plan.height) * u64::from(plan.width);
    let sums = finished(format!("{rows}×{}×{}", plan.n, 9 * u64::from(plan.k)), plan.epilogue, epilogue);
    if plan.pool > 1 { format!("{sums} max of {}", plan.pool * plan.pool) } else { sums }
}

fn finished(sums: String, epilogue: Epilogue, generated: Option<u32>) -> String {
    match (epilogue, generated) {
        (_, Some(id)) => format!("{sums} k{id}"),
        (Epilogue::None, None) => sums,
        (epilogue, None) => format!("{sums} {epilogue}"),
    }
}
