//! How much work a call of a kernel is, and by which method: what a report of times is measured against.

use super::{ContractPlan, Kernel, PlanError, Reach, WinogradPlan, WinogradWeightsPlan};
use crate::winograd::TileSize;

impl Kernel {
    /// The method by which the result is computed, in a word.
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Kernel::Contract(_) => "direct",
            Kernel::Attend(_) => "row blocks",
            Kernel::Winograd(WinogradPlan { tile: TileSize::Two, .. }) => "winograd 2x2",
            Kernel::Winograd(WinogradPlan { tile: TileSize::Four, .. }) => "winograd 4x4",
            Kernel::WinogradFilter(_) => "winograd filter",
            Kernel::WinogradWeights(WinogradWeightsPlan { tile: TileSize::Two, .. }) => "winograd 2x2",
            Kernel::WinogradWeights(WinogradWeightsPlan { tile: TileSize::Four, .. }) => "winograd 4x4",
            Kernel::Copy(_) => "copy",
            Kernel::Fill(_) => "fill",
            Kernel::Random(_) => "philox",
        }
    }

    /// Multiply-adds of the call; of a method that needs fewer, those of the product that it stands for.
    pub const fn macs(&self) -> u64 {
        match self {
            Kernel::Contract(plan) => plan.macs(),
            Kernel::Attend(plan) => plan.macs(),
            Kernel::Winograd(plan) => plan.macs(),
            Kernel::WinogradWeights(plan) => plan.macs(),
            Kernel::WinogradFilter(_) | Kernel::Copy(_) | Kernel::Fill(_) | Kernel::Random(_) => 0,
        }
    }

    /// Bytes that must be read and written at least once.
    pub const fn bytes(&self) -> u64 {
        4 * match self {
            Kernel::Contract(plan) => contract_elements(plan),
            Kernel::Attend(plan) => {
                span(plan.reach_o()) + span(plan.reach_q()) + span(plan.reach_k()) + span(plan.reach_v())
            }
            Kernel::Winograd(plan) => span(plan.reach_x()) + plan.filter_floats() + span(plan.reach_y()),
            Kernel::WinogradWeights(plan) => span(plan.reach_x()) + span(plan.reach_y()) + span(plan.reach_w()),
            Kernel::WinogradFilter(plan) => span(plan.reach_source()) + plan.len(),
            Kernel::Copy(plan) => 2 * plan.len(),
            Kernel::Fill(plan) => plan.len(),
            Kernel::Random(plan) => plan.len(),
        }
    }
}

/// The spans of the three operands, those of the epilogue not included.
const fn contract_elements(plan: &ContractPlan) -> u64 {
    span(plan.reach_a()) + span(plan.reach_b()) + span(plan.reach_c())
}

const fn span(reach: Result<Reach, PlanError>) -> u64 {
    match reach {
        Ok(reach) => (reach.high - reach.low) as u64 + 1,
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dense_product_reads_its_operands_once() {
        let kernel = Kernel::Contract(ContractPlan::dense(4, 64, 10));
        assert_eq!(kernel.macs(), 4 * 64 * 10);
        assert_eq!(kernel.bytes(), 4 * (4 * 10 + 64 * 10 + 4 * 64));
        assert_eq!(kernel.algorithm(), "direct");
    }
}
