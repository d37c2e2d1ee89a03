//! How a call falls into units of work: a function of its shapes, never of threads or processor.

use super::{ContractPlan, Panels};

/// Part `part` of `0..length` cut into `parts` nearly equal ranges, as `(begin, end)`.
pub const fn split_range(length: u64, parts: u32, part: u32) -> (u64, u64) {
    if parts == 1 {
        return (length * part as u64, length * (part as u64 + 1));
    }
    let parts = parts as u128;
    let part = part as u128;
    ((length as u128 * part / parts) as u64, (length as u128 * (part + 1) / parts) as u64)
}

/// The grid of units of a contraction: chunks × groups of panels × groups of row blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractUnits {
    /// Blocks into which m is split (nearly equal, at most [`ContractUnits::BLOCK_ROWS`] rows).
    pub m_blocks: u32,
    /// Row blocks in all: positions of the outer axes times `m_blocks`.
    pub row_blocks: u64,
    /// Panels of 32 columns.
    pub panels: u32,
    /// Chunks that are units of their own; 1 if one unit sums all chunks of its elements.
    pub chunk_groups: u32,
    /// Parts into which the panels are split.
    pub panel_groups: u32,
    /// Parts into which the row blocks are split.
    pub row_groups: u32,
    /// Whether groups of panels come before groups of row blocks in the order of units.
    pub by_rows: bool,
    /// Whether, then, all panels are computed for one group of row blocks after the other, since B stays in a core's
    /// cache and C is no larger.
    pub one_by_one: bool,
}

impl ContractUnits {
    /// Rows of m that stay together: a multiple of the tile heights 14 and 6.
    pub const BLOCK_ROWS: u32 = 84;
    /// The same where A is staged.
    pub const STAGED_BLOCK_ROWS: u32 = 42;
    /// Rows that a unit takes at least where operands are staged, if there are as many: each unit reads all of A and B,
    /// perhaps from beyond the second-level cache, and has to do so many multiply-adds with each of their elements.
    const STAGED_UNIT_ROWS: u64 = 160;
    /// Floats of B that are staged at a time: half of a second-level cache of 2 MiB.
    const STAGED: u64 = 1 << 18;
    /// Work of a unit in multiply-adds, about 5 µs on one core: large beside dealing it out, small beside a layer.
    const UNIT: u64 = 1 << 18;
    /// The same where a call is small: half of a step that is just worth sharing out.
    const SMALL: u64 = 1 << 16;
    /// Units down to that size, at most.
    const FEW: u64 = 8;
    /// No call falls into more units per chunk than this.
    const MOST: u64 = 1024;
    /// Row blocks that are units enough, so that each can take all panels: threads then read different rows of A.
    const ROWS: u64 = 16;
    /// B of at most this many floats stays in a core's cache while rows pass by.
    const CACHED: u64 = 160 * 1024;

    /// The grid of `plan`, whose axes are merged ([`ContractPlan::merged`]).
    pub const fn of(plan: &ContractPlan) -> Self {
        let stages_a = plan.stages_a();
        let block_rows = if stages_a { Self::STAGED_BLOCK_ROWS } else { Self::BLOCK_ROWS };
        let m_blocks = plan.m.extent.div_ceil(block_rows);
        let outer = plan.outer_positions();
        // An even number, so that two threads share no row of A, or stage as many.
        let is_halved = plan.by_rows && m_blocks > 1 || stages_a && plan.m.extent > ContractPlan::STAGED_ROWS;
        let m_blocks = if is_halved && outer % 2 == 1 { m_blocks.next_multiple_of(2) } else { m_blocks };
        let (rows, row_blocks) = (outer * plan.m.extent as u64, outer * m_blocks as u64);
        let panels = plan.n.div_ceil(Panels::COLUMNS);
        let chunk_groups = if plan.slots { plan.chunks() } else { 1 };
        let b_floats = plan.terms() * plan.n as u64;
        // Reading an element of B from the second-level cache costs about as much as four multiply-adds.
        let work = (plan.macs() + 4 * b_floats) / chunk_groups as u64;
        let few = clamp(work / Self::SMALL, 1, Self::FEW);
        // An even number, so that no thread of two waits while the other has one more.
        let few = if few > 1 { few & !1 } else { 1 };
        let wanted = clamp(work / Self::UNIT, few, Self::MOST);
        let (panel_groups, row_groups) = if rows == 1 {
            // Powers of two, so that no thread waits while another reads one panel more.
            (min(panels as u64, wanted.next_power_of_two()), 1)
        } else if stages_a {
            let most = min(row_blocks, rows.div_ceil(Self::STAGED_UNIT_ROWS).next_multiple_of(2));
            let row_groups = min(most, wanted);
            let held = (plan.chunk_terms() * (panels * Panels::COLUMNS) as u64).div_ceil(Self::STAGED);
            let shared = min(wanted, 2).div_ceil(row_groups);
            (min(panels as u64, if held > shared { held } else { shared }), row_groups)
        } else if b_floats <= Self::CACHED {
            let rows = min(row_blocks, wanted);
            (if rows >= Self::ROWS { 1 } else { min(panels as u64, wanted.div_ceil(rows)) }, rows)
        } else {
            let panel_groups = min(panels as u64, wanted);
            (panel_groups, min(row_blocks, wanted.div_ceil(panel_groups)))
        };
        Self {
            by_rows: plan.by_rows,
            one_by_one: plan.by_rows && b_floats <= Self::CACHED && rows * plan.n as u64 <= b_floats,
            m_blocks,
            row_blocks,
            panels,
            chunk_groups,
            panel_groups: panel_groups as u32,
            row_groups: row_groups as u32,
        }
    }

    /// Units in all.
    pub const fn count(&self) -> u32 {
        self.chunk_groups * self.panel_groups * self.row_groups
    }
}

impl ContractPlan {
    /// Units of the call's first phase: the sums, and without slots the epilogue too.
    pub const fn units(&self) -> u32 {
        ContractUnits::of(&self.merged()).count()
    }

    /// Units of the second phase, which adds slots and applies the epilogue; 0 if there is none. Each unit takes a
    /// range of the rows (outer…, m).
    pub const fn combine_units(&self) -> u32 {
        if !self.slots {
            return 0;
        }
        let rows = self.outer_positions() * self.m.extent as u64;
        min(rows, clamp(self.slot_floats() / (1 << 14), 1, 256)) as u32
    }
}

pub(crate) const fn min(a: u64, b: u64) -> u64 {
    if a < b { a } else { b }
}

/// Units of a call that writes `elements` in at most `most` parts. Few units are a power of two, so that two or four
/// threads get the parts of memory that they get of calls with many units.
pub(crate) const fn of_elements(elements: u64, most: u64) -> u32 {
    const UNIT: u64 = 1 << 13;
    const MANY: u64 = 64;
    let units = clamp(elements / UNIT, 1, most);
    min(if units < MANY { units.next_power_of_two() } else { units }, most) as u32
}

pub(crate) const fn clamp(value: u64, low: u64, high: u64) -> u64 {
    if value < low { low } else { min(value, high) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{OuterAxis, TapAxis};

    #[test]
    fn few_units_are_dealt_out_evenly() {
        let units = [0, 8192, 3 * 8192, 7 * 8192, 63 * 8192, 100 * 8192].map(|elements| of_elements(elements, 1000));
        assert_eq!(units, [1, 1, 4, 8, 64, 100]);
        assert_eq!(of_elements(7 * 8192, 7), 7);
    }

    #[test]
    fn two_threads_share_no_block_of_rows() {
        let by_rows = |by_rows: bool, m: u32, n: u32, k: u32| {
            ContractUnits::of(&ContractPlan { by_rows, ..ContractPlan::dense(m, n, k) })
        };
        assert_eq!(by_rows(false, 512, 784, 128).m_blocks, 7);
        assert_eq!(by_rows(true, 512, 784, 128).m_blocks, 8);
        assert_eq!(by_rows(true, 84, 784, 128).m_blocks, 1);
        // All panels of some rows, then the next rows, only where the result is no larger than B.
        assert!(by_rows(true, 128, 512, 256).one_by_one);
        assert!(!by_rows(true, 512, 512, 128).one_by_one);
    }

    /// The weight gradient of a 7×7 convolution over three channels: a row of taps is a position of the outer axes.
    #[test]
    fn two_threads_stage_as_many_rows() {
        let mut plan = ContractPlan::dense(21, 64, 112);
        plan.outer[0] = OuterAxis { extent: 7, a: 687, b: 0, c: 1344 };
        plan.m.a = 1;
        plan.taps[0] = TapAxis { extent: 112, a: 1374, b: 7168 };
        plan.k = TapAxis { extent: 112, a: 6, b: 64 };
        (plan.b_panels, plan.chunk) = (Panels::ROWS, 1);
        let units = ContractUnits::of(&plan);
        assert!(plan.stages_a() && units.row_groups == 2);
        assert_eq!((units.m_blocks, units.row_blocks), (2, 14));
        // One tile's rows are not cut.
        plan.m.extent = 14;
        assert_eq!(ContractUnits::of(&plan).m_blocks, 1);
    }
}
