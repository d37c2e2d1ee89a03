//! Which operands of a contraction a unit copies into its thread's scratch before it multiplies: a function of the
//! shapes alone, without effect on any bit.

use super::{ContractPlan, ContractUnits};

impl ContractPlan {
    /// Most rows of A that are copied at a time: the highest register tile.
    pub const STAGED_ROWS: u32 = 14;
    /// Floats of a staged panel of B: half of a second-level cache of 1 MiB.
    const MOST_B: u64 = 1 << 17;
    /// Rows of C below which copying a panel of B costs more than reading it in place.
    const FEW_ROWS: u64 = 28;
    /// Floats of 4 KiB: rows of B so far apart, or a multiple of it, share the sets of the first-level cache.
    const CROWDED: i64 = 1 << 10;
    /// Terms of a run of k that pay for the start of the innermost loop.
    const SHORT: u32 = 14;

    /// Most terms of a chunk.
    pub const fn chunk_terms(&self) -> u64 {
        if self.chunk == 0 {
            return self.terms();
        }
        let extent = self.outermost_extent();
        let iterations = if self.chunk < extent { self.chunk } else { extent };
        self.terms() / extent as u64 * iterations as u64
    }

    /// Whether a unit copies every chunk of a panel of B, as rows of 32 columns, before it is multiplied with several
    /// tiles of rows: where B is in place and its terms are many runs, or its rows crowd in the sets of a cache.
    ///
    /// The plan's axes are merged ([`ContractPlan::merged`]).
    pub const fn stages_b(&self) -> bool {
        self.may_stage_b() && (self.n > super::Panels::COLUMNS || self.stages_a())
    }

    /// Whether a unit copies A tile by tile, term after term: where rows are neighbours in memory and terms lie apart,
    /// as in the gradients of weights. B is staged too, so that all terms of a chunk are one run.
    ///
    /// The plan's axes are merged ([`ContractPlan::merged`]).
    pub const fn stages_a(&self) -> bool {
        let is_apart = self.m.a == 1 && self.m.extent > 1 && self.k.a != 1;
        let pays = self.n > super::Panels::COLUMNS || self.k.extent < Self::SHORT;
        self.may_stage_b() && is_apart && pays
    }

    /// Whether all outer positions read the same B.
    pub const fn shares_b(&self) -> bool {
        let mut axis = 0;
        while axis < 6 {
            if self.outer[axis].extent > 1 && self.outer[axis].b != 0 {
                return false;
            }
            axis += 1;
        }
        true
    }

    /// Whether all terms are one run whose rows of B spread over the cache: reading them in place costs nothing.
    const fn is_one_run(&self) -> bool {
        let mut axis = 0;
        while axis < 4 {
            if self.taps[axis].extent > 1 {
                return false;
            }
            axis += 1;
        }
        self.k.extent >= Self::SHORT && self.k.b % Self::CROWDED != 0
    }

    const fn may_stage_b(&self) -> bool {
        let rows = self.outer_positions() * self.m.extent as u64;
        let floats = self.chunk_terms() * super::Panels::COLUMNS as u64;
        self.maxima == 0
            && !self.is_by_column()
            && self.shares_b()
            && !self.b_panels.is_packed()
            && !self.is_one_run()
            && rows >= Self::FEW_ROWS
            && floats <= Self::MOST_B
    }

    /// Floats of scratch that a thread needs for a unit: staged panels of B, then a staged tile of A.
    pub const fn scratch_floats(&self) -> u64 {
        let plan = self.merged();
        if !plan.stages_b() {
            return 0;
        }
        let panel = plan.chunk_terms() * super::Panels::COLUMNS as u64;
        if !plan.stages_a() {
            return panel;
        }
        let units = ContractUnits::of(&plan);
        let panels = units.panels.div_ceil(units.panel_groups) as u64;
        panels * panel + plan.chunk_terms() * Self::STAGED_ROWS as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{Panels, RowAxis, TapAxis};

    #[test]
    fn packed_weights_and_single_rows_are_read_in_place() {
        assert_eq!(ContractPlan::dense(128, 512, 512).scratch_floats(), 0);
        let mut plan = ContractPlan::dense(1, 512, 512);
        (plan.b_panels, plan.k.b) = (Panels::ROWS, 512);
        assert_eq!(plan.scratch_floats(), 0);
    }

    #[test]
    fn weights_in_place_are_staged_panel_by_panel_if_their_rows_crowd() {
        let mut plan = ContractPlan::dense(128, 512, 500);
        (plan.b_panels, plan.k.b) = (Panels::ROWS, 512);
        assert_eq!(plan.scratch_floats(), 0);
        plan.k.b = 2048;
        assert_eq!(plan.scratch_floats(), 32 * 500);
    }

    #[test]
    fn a_weight_gradient_of_many_runs_stages_both() {
        let mut plan = ContractPlan::dense(784, 64, 64);
        plan.m = RowAxis { extent: 784, a: 1, c: 64 };
        plan.taps[1] = TapAxis { extent: 2, a: 1 << 16, b: 1 << 13 };
        plan.k = TapAxis { extent: 64, a: 784, b: 64 };
        plan.b_panels = Panels::ROWS;
        assert_eq!(plan.scratch_floats(), 128 * (2 * 32 + 14));
        plan.taps[1] = TapAxis::UNUSED;
        assert_eq!(plan.scratch_floats(), 0);
    }
}
