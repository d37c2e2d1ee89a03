//! Which algorithm computes a convolution: every product, or Winograd's tiles; and what threads share of a contraction.
//!
//! The algorithm changes bits, so it follows from shapes and the numerics mode alone. Costs are in multiply-adds of a
//! direct product, fitted to measurements on one core with AVX-512 (`cargo run --example winograd -p netc-runtime`).

use super::Numerics;
use netc_plan::kernels::{ContractUnits, TileLayout};
use netc_plan::winograd::TileSize;
use netc_plan::{ContractPlan, WinogradFilterPlan, WinogradPlan, WinogradWeightsPlan};

/// A product at a point: its chains are short, but the filter is fetched ahead.
const PRODUCT: f64 = 1.0;
/// Transforming one input to its points, or points to an output, per point and channel.
const TRANSFORM: f64 = 7.0;
/// Reading an element of a filter, transformed or not, from beyond the second-level cache.
const FILTER: f64 = 12.0;
/// Making an element of the transformed filter, where it is not done once and for all.
const FILTER_TRANSFORM: f64 = 20.0;
/// Adding a block's sum of a weight gradient to those before, per pair of channels and point.
const SUM: f64 = 4.0;
/// Tiles must be cheaper by this factor.
const GAIN: f64 = 0.9;

/// The tiles by which a 3×3 convolution of stride 1 is cheapest; `None` where direct products are.
///
/// `plan` describes the convolution with any tile size; `is_fixed` says that the filter is transformed once.
pub(super) fn tiles(plan: &WinogradPlan, is_fixed: bool, numerics: Numerics) -> Option<TileSize> {
    if numerics == Numerics::Strict {
        return None;
    }
    let direct = plan.macs() as f64 + FILTER * 9.0 * f64::from(plan.k) * f64::from(plan.n);
    let costs = [TileSize::Two, TileSize::Four].map(|tile| (tile, cost(&WinogradPlan { tile, ..*plan }, is_fixed)));
    let [two, four] = costs;
    let (tile, cost) = if two.1 < four.1 { two } else { four };
    (cost < GAIN * direct).then_some(tile)
}

/// The weight gradient of a 3×3 convolution of stride 1 by the tiles that are cheapest; `None` where direct products
/// are.
pub(super) fn weights(plan: &WinogradWeightsPlan, numerics: Numerics) -> Option<WinogradWeightsPlan> {
    if numerics == Numerics::Strict {
        return None;
    }
    let costs = [TileSize::Two, TileSize::Four].map(|tile| {
        let plan = WinogradWeightsPlan { tile, ..*plan }.with_blocks();
        (plan, weights_cost(&plan))
    });
    let [two, four] = costs;
    let (plan, cost) = if two.1 < four.1 { two } else { four };
    (cost < GAIN * plan.macs() as f64).then_some(plan)
}

/// Whether threads should rather read all of B each than all of A, and write whole rows of C. Measured, this pays for
/// weights that are no smaller than what they give and not much larger than all that threads share otherwise. Weights
/// that change with every step were written in parts by all threads, which lets fewer of them pay. It also pays for
/// results much larger than both operands, as gradients of dense weights: the update of the weights then finds its part
/// of them, and of the weights, where the same core had it. A line that cores far apart have both read costs about 50
/// ns to write.
pub(super) fn goes_by_rows(plan: &ContractPlan, is_fixed: bool) -> bool {
    const MOST_OF_B: u64 = 2;
    const MOST_OF_FIXED: u64 = 4;
    /// In halves.
    const LARGE_RESULT: u64 = 3;
    let grid = ContractUnits::of(&plan.merged());
    let Ok(a) = plan.reach_a() else { return false };
    if grid.row_groups == 1 || grid.panel_groups == 1 {
        return false;
    }
    let b = plan.terms() * u64::from(plan.n);
    let c = plan.outer_positions() * u64::from(plan.m.extent) * u64::from(plan.n);
    let most = if is_fixed { MOST_OF_FIXED } else { MOST_OF_B };
    c <= b && b < most * (a.floats() + c) || 2 * c >= LARGE_RESULT * (a.floats() + b)
}

fn weights_cost(plan: &WinogradWeightsPlan) -> f64 {
    let points = f64::from(plan.tile.products());
    let (k, n) = (f64::from(plan.k.next_multiple_of(16)), f64::from(plan.n.next_multiple_of(16)));
    let grid = plan.grid();
    let products = plan.tiles() as f64 * points * f64::from(plan.k) * n;
    // Every part of one side transforms the other side's tiles again.
    let transforms = plan.tiles() as f64 * points * (k * f64::from(grid.n_parts) + n * f64::from(grid.k_parts));
    // Each block adds its sums to those before; chunks are read once more.
    let sums = (plan.blocks() + u64::from(grid.chunks)) as f64 * plan.sums() as f64;
    PRODUCT * products + TRANSFORM * transforms + SUM * sums
}

fn cost(plan: &WinogradPlan, is_fixed: bool) -> f64 {
    // Vectors of 16 channels and panels of 32 are computed whole.
    let (k, n) = (f64::from(plan.k.next_multiple_of(16)), f64::from(plan.n.next_multiple_of(16)));
    let products = plan.points() as f64 * f64::from(plan.k) * n;
    let transforms = plan.points() as f64 * (k + n);
    let filter = plan.filter_floats() as f64 * if is_fixed { FILTER } else { FILTER + FILTER_TRANSFORM };
    PRODUCT * products + TRANSFORM * transforms + filter
}

/// Whether all tiles should be transformed first: where reading them once per panel of outputs moves far fewer elements
/// than reading the filter once per block of tiles, which overlaps with products.
pub(super) fn shares(plan: &WinogradPlan) -> bool {
    let points = u64::from(plan.tile.products());
    let transformed = points * TileLayout::new(plan.tiles(), u64::from(plan.k)).point;
    let blocks = WinogradPlan { shared: false, ..*plan }.units();
    2 * u64::from(plan.n.div_ceil(32) + 3) * transformed < u64::from(blocks) * plan.filter_floats()
}

/// The transform of the filter of `plan`, whose strides in w are given.
pub(super) fn filter(plan: &WinogradPlan, [row, column, k_stride, n_stride]: [i64; 4]) -> WinogradFilterPlan {
    let &WinogradPlan { tile, k, n, .. } = plan;
    WinogradFilterPlan { tile, k, n, row, column, k_stride, n_stride }
}

#[cfg(test)]
mod tests {
    use netc_plan::{Epilogue, MapOperand, MapStrides};

    use super::*;

    /// Maps of 512 channels, whose transformed filter has 16 or 36 times 512² elements.
    #[test]
    fn few_tiles_of_many_channels_take_the_smaller_filter() {
        let chosen = |images, side| {
            let channels = 512i64;
            let strides =
                |side: i64| MapStrides { image: side * side * channels, row: side * channels, pixel: channels };
            let plan = WinogradPlan {
                tile: TileSize::Four,
                images,
                height: side,
                width: side,
                k: 512,
                n: 512,
                x: strides(i64::from(side) + 2),
                y: strides(i64::from(side)),
                shared: false,
                pool: 1,
                epilogue: Epilogue::None,
                operand_count: 0,
                operands: [MapOperand::CHANNELS; 8],
            };
            assert_eq!(plan.check(), Ok(()));
            tiles(&plan, true, Numerics::Default)
        };
        assert_eq!([1, 2, 4].map(|images| chosen(images, 7)), [TileSize::Two, TileSize::Two, TileSize::Four].map(Some));
        assert_eq!([chosen(1, 14), chosen(8, 7), chosen(1, 2)], [Some(TileSize::Four), Some(TileSize::Four), None]);
    }

    #[test]
    fn gradients_of_dense_weights_and_fixed_weights_go_by_rows() {
        let by_rows = |m, n, k, is_fixed| goes_by_rows(&ContractPlan::dense(m, n, k), is_fixed);
        assert!(
            by_rows(512, 784, 128, false) && by_rows(128, 3136, 64, false),
            "a result much larger than both operands"
        );
        assert!(!by_rows(256, 256, 128, false), "a result as large as both operands");
        assert!(by_rows(128, 512, 512, true) && !by_rows(128, 512, 512, false), "weights twice as large as the rest");
        assert!(!by_rows(1, 4096, 25088, true), "one row");
    }
}
