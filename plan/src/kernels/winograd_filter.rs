//! The transform of 3×3 filters for Winograd's algorithm, into packed panels.

use super::units::clamp;
use super::{Panels, PlanError, Reach};
use crate::winograd::TileSize;

/// `U[panel][point][k][lane] = (G g Gᵀ)[point]` where `g[i][j]` is the element of w at tap (i, j) of channels k and n.
///
/// Transforms are computed in doubles and rounded once. Columns lie in packed panels of 32 ([`Panels`]) whose rows are
/// (point, k); the columns by which the last panel is rounded up hold zeros.
///
/// Pointers of a call: U, w. The base of w is tap (0, 0) of channels 0; strides may be negative: an input gradient
/// takes the taps in reverse order. U and w do not overlap.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WinogradFilterPlan {
    /// Which algorithm.
    pub tile: TileSize,
    /// Channels that are summed.
    pub k: u32,
    /// Channels that become columns.
    pub n: u32,
    /// Elements of w from one row of taps to the next.
    pub row: i64,
    /// From one tap of a row to the next.
    pub column: i64,
    /// From one summed channel to the next.
    pub k_stride: i64,
    /// From one column channel to the next.
    pub n_stride: i64,
}

impl WinogradFilterPlan {
    /// Elements of U.
    pub const fn len(&self) -> u64 {
        Panels::packed_len(self.tile.products() as u64 * self.k as u64, self.n as u64)
    }

    /// Whether nothing is written; never true of a checked plan.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which elements of w are read.
    pub const fn reach_source(&self) -> Result<Reach, PlanError> {
        let axes = [(3, self.row), (3, self.column), (self.k, self.k_stride), (self.n, self.n_stride)];
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < axes.len() {
            reach = match reach.along(axes[axis].0, axes[axis].1) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        Ok(reach)
    }

    /// Whether executors accept the plan.
    pub const fn check(&self) -> Result<(), PlanError> {
        if let Err(error) = self.reach_source() {
            return Err(error);
        }
        let len = self.tile.products() as u128 * self.k as u128 * (self.n as u128 + 8);
        if len > 1 << 40 { Err(PlanError::TooLarge) } else { Ok(()) }
    }

    /// Units of the call: pairs of a panel and a part of k.
    pub const fn units(&self) -> u32 {
        self.n.div_ceil(Panels::COLUMNS) * self.k_parts()
    }

    /// Parts into which k is split.
    pub const fn k_parts(&self) -> u32 {
        clamp(self.k as u64 / 16, 1, 64) as u32
    }
}
