//! Convolutions by Winograd's algorithm: tiles transformed, multiplied and transformed back while they are in the
//! cache.
//!
//! A unit takes a block of tiles. Their transforms and the products of one panel of output channels stay in the
//! second-level cache; the filter's panels pass by. Products are made by the register tiles of contractions. Where
//! there are few tiles of many channels, all tiles are transformed first and units share out panels, so that each
//! panel of the filter is read once.

mod ahead;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod filter;
mod forward;
mod gather;
mod input;
mod output;
mod panel;
mod pixels;
mod places;
mod portable;
mod segments;
mod slots;
#[cfg(test)]
mod tests;
mod transforms;
mod vector;
mod weights;

pub use filter::FilterCall;
pub(crate) use filter::filters;
pub(crate) use forward::{blocks, panels, transforms};
pub use weights::WeightsCall;
pub(crate) use weights::{combine, sums};

use netc_plan::kernels::WinogradUnits;
use netc_plan::{Epilogue, EpilogueFn, PlanError, WinogradPlan};

use crate::Isa;
use crate::contract::{Tiles, tiles};
use crate::isa::Instructions;
use input::InputFn;
use output::OutputFn;
use places::Tiling;
use transforms::Transforms;

/// A Winograd convolution prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct WinogradCall {
    plan: WinogradPlan,
    grid: WinogradUnits,
    epilogue: Option<EpilogueFn>,
    instructions: Instructions,
}

impl WinogradCall {
    /// Prepares `plan`; `epilogue` is needed if, and only if, the plan names a generated one.
    ///
    /// # Errors
    /// What [`WinogradPlan::check`] finds, and `Operand` if a generated epilogue is missing.
    pub(crate) const fn new(
        plan: &WinogradPlan,
        epilogue: Option<EpilogueFn>,
        instructions: Instructions,
    ) -> Result<Self, PlanError> {
        if let Err(error) = plan.check() {
            return Err(error);
        }
        let epilogue = match (plan.epilogue, epilogue) {
            (Epilogue::Generated, None) => return Err(PlanError::Operand),
            (Epilogue::Generated, epilogue) => epilogue,
            _ => None,
        };
        Ok(Self { plan: *plan, grid: WinogradUnits::of(plan), epilogue, instructions })
    }

    /// How maps fall into tiles.
    fn tiling(&self) -> Tiling {
        let plan = &self.plan;
        Tiling { grid: plan.tiles_of_map(), side: plan.tile.outputs(), ends_short: plan.ends_short() }
    }

    /// The register tiles of the instruction set.
    fn tiles(&self) -> &'static Tiles {
        tiles(self.instructions.get())
    }

    fn input(&self) -> InputFn {
        Transforms::of(self.instructions.get()).input[self.plan.tile as usize]
    }

    fn output(&self) -> OutputFn {
        Transforms::of(self.instructions.get()).output[self.plan.tile as usize]
    }

    /// The instruction set of its kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.tiles().isa
    }

    /// Whether tiles are transformed in a phase of their own.
    pub(crate) fn is_shared(&self) -> bool {
        self.plan.shared
    }

    /// Units of the first phase.
    pub(crate) fn units(&self) -> u32 {
        self.plan.units()
    }

    /// Units of the first phase that are best taken together.
    pub(crate) fn together(&self) -> u32 {
        self.grid.together
    }

    /// Units of the second phase; 0 if there is none.
    pub(crate) fn output_units(&self) -> u32 {
        self.plan.output_units()
    }
}
