//! Contractions: units to tiles, tiles to registers.
//!
//! A unit walks its panels and row blocks and hands every tile, as many outputs as there are
//! registers for them, to a kernel that keeps all of its sums in registers from the first term of a chunk to the last.
//! A is read in place through strides, B panel by panel; where that would leave the caches, a unit copies its part of
//! them into its thread's scratch first ([`stage`]).

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
mod columns;
mod combine;
mod finish;
mod portable;
mod rows;
mod stage;
mod sums;
#[cfg(test)]
mod tests;
pub(crate) mod tile;
mod units;
mod vector;
mod windows;

pub(crate) use combine::combine;
pub(crate) use sums::sums;
pub(crate) use tile::{Tile, Tiles};
use vector::Vector;

use netc_plan::kernels::ContractUnits;
use netc_plan::{ContractPlan, Epilogue, EpilogueFn, PlanError};

use crate::Isa;
use crate::isa::Instructions;

/// The register tiles of an instruction set that the processor has.
pub(crate) fn tiles(isa: Isa) -> &'static Tiles {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 if !cfg!(feature = "baseline") => &avx512::TILES,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 if !cfg!(feature = "baseline") => &avx2::TILES,
        _ => &portable::TILES,
    }
}

/// A contraction prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct ContractCall {
    /// The plan with its axes merged.
    plan: ContractPlan,
    grid: ContractUnits,
    epilogue: Option<EpilogueFn>,
    instructions: Instructions,
    /// Chunks of every sum.
    chunks: u32,
    /// Whether the epilogue is applied to sums in registers.
    in_registers: bool,
    /// Of a call with a single row.
    vector: Option<Vector>,
    stages_a: bool,
    stages_b: bool,
    next_rows: rows::NextRows,
    /// Positions of axes that are joined by the maximum.
    joined: u64,
    /// Whether kernels may join them in registers.
    has_few_windows: bool,
}

impl ContractCall {
    /// Prepares `plan`; `epilogue` is needed if, and only if, the plan names a generated one.
    ///
    /// # Errors
    /// What [`ContractPlan::check`] finds, and `Operand` if a generated epilogue is missing.
    pub(crate) const fn new(
        plan: &ContractPlan,
        epilogue: Option<EpilogueFn>,
        instructions: Instructions,
    ) -> Result<Self, PlanError> {
        if let Err(error) = plan.check() {
            return Err(error);
        }
        let plan = plan.merged();
        let epilogue = match (plan.epilogue, epilogue) {
            (Epilogue::Generated, None) => return Err(PlanError::Operand),
            (Epilogue::Generated, epilogue) => epilogue,
            _ => None,
        };
        let (stages_a, stages_b) = (plan.stages_a(), plan.stages_b());
        Ok(Self {
            grid: ContractUnits::of(&plan),
            chunks: plan.chunks(),
            in_registers: finish::runs_in_registers(&plan),
            vector: Vector::of(&plan),
            next_rows: rows::NextRows::of(&plan),
            joined: plan.joined_positions(),
            has_few_windows: windows::are_few(&plan),
            plan,
            epilogue,
            instructions,
            stages_a,
            stages_b,
        })
    }

    /// The kernels of the instruction set.
    fn tiles(&self) -> &'static Tiles {
        tiles(self.instructions.get())
    }

    /// The instruction set of the tiles.
    pub fn isa(&self) -> Isa {
        self.tiles().isa
    }

    /// Units of the first phase.
    pub fn units(&self) -> u32 {
        self.grid.count()
    }

    /// Units of the second phase; 0 if there is none.
    pub fn combine_units(&self) -> u32 {
        self.plan.combine_units()
    }
}
