//! The weight gradient of a 3×3 convolution of stride 1 by Winograd's algorithm.

use super::axes::disjoint;
use super::units::min;
use super::{Axis, MapStrides, PlanError, Reach, TileLayout};
use crate::winograd::TileSize;

/// `w[i, j, k, n] = Σ_{images, rows, columns} x[image, row + i, column + j, k] · y[image, row, column, n]` by
/// transformed tiles: `Gᵀ[(Bᵀ x B) ⊙ (A y Aᵀ)]G`, the transpose of the forward algorithm.
///
/// Channels are contiguous in x and y, whose bases and tiles are those of [`super::WinogradPlan`].
///
/// **Meaning, to the bit.** Inputs beyond `height + 2` or `width + 2` and gradients beyond `height` or `width` count as
/// +0. Tiles, images outermost and columns innermost, fall into blocks of `block` and these into chunks of `chunk`
/// blocks. At each point a block's sum is a chain `s ← fma(V[k], Z[n], s)` over ascending tiles that starts from +0;
/// the sums of a chunk's blocks are added in order, then the chunks' sums. Gᵀ is applied in doubles and rounded once.
///
/// **Pointers of a call**: w, x, y, slots (null unless [`WinogradWeightsPlan::shared_floats`] > 0). w overlaps no other
/// operand.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WinogradWeightsPlan {
    /// Which algorithm. Changes bits.
    pub tile: TileSize,
    /// Number of maps.
    pub images: u32,
    /// Rows of y.
    pub height: u32,
    /// Columns of y.
    pub width: u32,
    /// Channels of x.
    pub k: u32,
    /// Channels of y.
    pub n: u32,
    /// Where x lies.
    pub x: MapStrides,
    /// Where y lies.
    pub y: MapStrides,
    /// Elements of w from one row of taps to the next, from one tap of a row to the next, from one channel of x and
    /// from one channel of y to the next.
    pub w: [i64; 4],
    /// Tiles per chain. Changes bits.
    pub block: u32,
    /// Blocks per chunk, which is a unit of its own and has a slot; 0 for a single chunk without one. Changes bits.
    pub chunk: u32,
}

/// The grid of units: chunks × parts of k × parts of n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightUnits {
    /// Chunks.
    pub chunks: u32,
    /// Parts of k.
    pub k_parts: u32,
    /// Parts of n.
    pub n_parts: u32,
}

impl WinogradWeightsPlan {
    /// Channels of either side that a unit takes: its sums are 590 kB and stay in the second-level cache.
    pub const CHANNELS: u32 = 64;
    /// Units below which tiles are cut into chunks.
    const FEW: u32 = 8;

    /// The plan with blocks of equal size that fit the second-level cache, and with chunks of as many blocks where
    /// there would be few units.
    pub const fn with_blocks(mut self) -> Self {
        let most = match self.tile {
            TileSize::Two => 64,
            TileSize::Four => 32,
        };
        let grid = self.grid();
        let chunks = Self::FEW.div_ceil(grid.k_parts * grid.n_parts) as u64;
        let chunks = min(chunks, self.tiles().div_ceil(most));
        let per_chunk = self.tiles().div_ceil(chunks).div_ceil(most);
        self.block = self.tiles().div_ceil(chunks * per_chunk) as u32;
        self.chunk = if chunks > 1 { per_chunk as u32 } else { 0 };
        self
    }

    /// Tiles along a column and along a row of a map.
    pub const fn tiles_of_map(&self) -> (u32, u32) {
        (self.height.div_ceil(self.tile.outputs()), self.width.div_ceil(self.tile.outputs()))
    }

    /// Tiles of all maps.
    pub const fn tiles(&self) -> u64 {
        let (rows, columns) = self.tiles_of_map();
        self.images as u64 * rows as u64 * columns as u64
    }

    /// Blocks of tiles.
    pub const fn blocks(&self) -> u64 {
        self.tiles().div_ceil(self.block as u64)
    }

    /// Multiply-adds of the gradient that is computed.
    pub const fn macs(&self) -> u64 {
        9 * self.images as u64 * self.height as u64 * self.width as u64 * self.k as u64 * self.n as u64
    }

    /// How the call falls into units.
    pub const fn grid(&self) -> WeightUnits {
        WeightUnits {
            chunks: if self.chunk == 0 { 1 } else { self.blocks().div_ceil(self.chunk as u64) as u32 },
            k_parts: self.k.div_ceil(Self::CHANNELS),
            n_parts: self.n.div_ceil(Self::CHANNELS),
        }
    }

    /// Units of the first phase, the sums; without slots the results too.
    pub const fn units(&self) -> u32 {
        let grid = self.grid();
        grid.chunks * grid.k_parts * grid.n_parts
    }

    /// Whether the channels of x lie closer together in w than those of y: sums are `[point][n][k]`, else
    /// `[point][k][n]`.
    pub const fn is_turned(&self) -> bool {
        self.w[2].abs() < self.w[3].abs()
    }

    /// Rows and columns of the sums at a point.
    pub const fn sides(&self) -> [u32; 2] {
        if self.is_turned() { [self.n, self.k] } else { [self.k, self.n] }
    }

    /// Units of the second phase, which adds the chunks: rows of sums; 0 if there is none.
    pub const fn combine_units(&self) -> u32 {
        if self.chunk == 0 { 0 } else { self.sides()[0] }
    }

    /// Floats of slots, by chunks; 0 without chunks.
    pub const fn shared_floats(&self) -> u64 {
        if self.chunk == 0 { 0 } else { self.grid().chunks as u64 * self.sums() }
    }

    /// Sums from one point to the next, for so many channels of either side.
    pub const fn point(rows: u32, columns: u32) -> u64 {
        TileLayout::new(1, rows as u64 * columns as u64).tile
    }

    /// Floats of the sums at all points.
    pub const fn sums(&self) -> u64 {
        self.tile.products() as u64 * Self::point(self.k, self.n)
    }

    /// Transformed tiles of a block: of x or of y.
    pub const fn layout(&self) -> TileLayout {
        TileLayout::new(self.block as u64, Self::CHANNELS as u64)
    }

    /// Floats that a unit needs for itself: transformed tiles of x and y, and sums unless they go to slots.
    pub const fn scratch_floats(&self) -> u64 {
        let points = self.tile.products() as u64;
        let sums = Self::point(Self::CHANNELS, Self::CHANNELS);
        points * (2 * self.layout().point + if self.chunk == 0 { sums } else { 0 })
    }

    /// Which elements of x are read.
    pub const fn reach_x(&self) -> Result<Reach, PlanError> {
        self.reach([
            (self.images, self.x.image),
            (self.height + 2, self.x.row),
            (self.width + 2, self.x.pixel),
            (self.k, 1),
        ])
    }

    /// Which elements of y are read.
    pub const fn reach_y(&self) -> Result<Reach, PlanError> {
        self.reach([(self.images, self.y.image), (self.height, self.y.row), (self.width, self.y.pixel), (self.n, 1)])
    }

    /// Which elements of w are written.
    pub const fn reach_w(&self) -> Result<Reach, PlanError> {
        let [row, column, k, n] = self.w;
        self.reach([(3, row), (3, column), (self.k, k), (self.n, n)])
    }

    const fn reach(&self, axes: [(u32, i64); 4]) -> Result<Reach, PlanError> {
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < 4 {
            reach = match reach.along(axes[axis].0, axes[axis].1) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        Ok(reach)
    }

    /// Whether executors accept the plan: extents positive, offsets below 2⁴⁰, no element of w written twice.
    pub const fn check(&self) -> Result<(), PlanError> {
        const MOST: u32 = 1 << 20;
        if self.height > MOST || self.width > MOST || self.k > MOST || self.n > MOST || self.block > MOST {
            return Err(PlanError::TooLarge);
        }
        if self.block == 0 {
            return Err(PlanError::ZeroExtent);
        }
        if let Err(error) = self.reach_x() {
            return Err(error);
        }
        if let Err(error) = self.reach_y() {
            return Err(error);
        }
        if let Err(error) = self.reach_w() {
            return Err(error);
        }
        if self.chunk != 0 && self.grid().chunks < 2 {
            return Err(PlanError::Slots);
        }
        if self.grid().chunks as u128 * self.sums() as u128 > 1 << 40 || self.blocks() > 1 << 31 {
            return Err(PlanError::TooLarge);
        }
        let [row, column, k, n] = self.w;
        let axes = [
            Axis { extent: 3, stride: row },
            Axis { extent: 3, stride: column },
            Axis { extent: self.k, stride: k },
            Axis { extent: self.n, stride: n },
        ];
        if disjoint(axes) { Ok(()) } else { Err(PlanError::Overlap) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_chunks_are_of_equal_size() {
        let of = |images: u32, side: u32, channels: u32, tile: TileSize| {
            let plan = WinogradWeightsPlan {
                tile,
                images,
                height: side,
                width: side,
                k: channels,
                n: channels,
                x: MapStrides::NONE,
                y: MapStrides::NONE,
                w: [3, 1, 9, 9 * i64::from(channels)],
                block: 1,
                chunk: 0,
            };
            let plan = plan.with_blocks();
            assert!(plan.chunk == 0 || plan.grid().chunks >= 2);
            (plan.block, plan.chunk, plan.grid().chunks, plan.units())
        };
        assert_eq!(of(8, 56, 64, TileSize::Four), (28, 7, 8, 8), "1568 tiles");
        assert_eq!(of(8, 28, 128, TileSize::Four), (28, 7, 2, 8), "392 tiles");
        assert_eq!(of(8, 14, 256, TileSize::Four), (32, 0, 1, 16), "128 tiles");
        assert_eq!(of(1, 44, 32, TileSize::Four), (31, 1, 4, 4), "121 tiles, the last chunk three less");
        assert_eq!(of(1, 4, 16, TileSize::Four), (1, 0, 1, 1), "one tile");
        assert_eq!(of(2, 16, 32, TileSize::Two), (64, 1, 2, 2), "128 tiles");
    }
}
