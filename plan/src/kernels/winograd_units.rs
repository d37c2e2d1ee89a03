//! How a Winograd convolution falls into units of work, and the memory that one of them needs.

use super::units::{clamp, min};
use super::{Panels, WinogradPlan, split_range};

/// Transformed tiles in memory: `[point][tile][channel]`, floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileLayout {
    /// From one tile to the next.
    pub tile: u64,
    /// From one point to the next.
    pub point: u64,
}

impl TileLayout {
    /// Floats of a cache line. Strides are odd numbers of lines, so that neither tiles nor points share one set of the
    /// first-level cache.
    const LINE: u64 = 16;

    /// For `tiles` tiles of `channels` channels.
    pub const fn new(tiles: u64, channels: u64) -> Self {
        let tile = (channels.div_ceil(Self::LINE) | 1) * Self::LINE;
        Self { tile, point: ((tiles * tile / Self::LINE) | 1) * Self::LINE }
    }
}

/// The grid of units: blocks of tiles × groups of panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WinogradUnits {
    /// Tiles in all.
    pub tiles: u64,
    /// Blocks into which the tiles are split, nearly equal.
    pub blocks: u32,
    /// Blocks that are best computed together, one after the other in each panel, so that the filter is read once.
    pub together: u32,
    /// Most tiles that are computed together.
    pub block_tiles: u64,
    /// Panels of 32 channels of y.
    pub panels: u32,
    /// Parts into which the panels are split.
    pub panel_groups: u32,
    /// Parts into which the tiles are split for the transforms of a call whose tiles are shared.
    pub transforms: u32,
}

impl WinogradUnits {
    /// Tiles that pay for reading the filter's panels, in multiples of the tile height 14: their transforms, their
    /// products and a filter of 64 × 64 channels are little more than a second-level cache of 1 MiB.
    const MOST_TILES: u64 = 28;
    /// The same where all tiles were transformed before.
    const MOST_SHARED: u64 = 84;
    /// Transformed inputs of a block take at most this many floats, half of a second-level cache of 2 MiB.
    const CACHED: u64 = 256 * 1024;
    /// Tiles whose transforms are a unit of their own.
    const FEW_TILES: u64 = 4;
    /// Below so many blocks, their number is a multiple of four.
    const FEW: u64 = 32;
    /// Multiply-adds at the points, some 5 µs, from which a single block is halved.
    const HALVED: u64 = 1 << 19;

    /// The grid of `plan`.
    pub const fn of(plan: &WinogradPlan) -> Self {
        let tiles = plan.tiles();
        let panels = plan.n.div_ceil(Panels::COLUMNS);
        let per_tile = plan.tile.products() as u64 * TileLayout::new(1, plan.k as u64).tile;
        let most = if plan.shared { Self::MOST_SHARED } else { clamp(Self::CACHED / per_tile, 14, Self::MOST_TILES) };
        let mut blocks = tiles.div_ceil(most);
        if blocks > 1 && blocks < Self::FEW {
            blocks = min(tiles, blocks.next_multiple_of(4));
        } else if blocks == 1 && !plan.shared {
            blocks = if plan.products() >= Self::HALVED { min(tiles, 2) } else { 1 };
        }
        let blocks = min(blocks, 1 << 20);
        let block_tiles = tiles.div_ceil(blocks);
        let together = if plan.shared { 1 } else { clamp(most / block_tiles, 1, 2) };
        Self {
            tiles,
            blocks: blocks as u32,
            together: together as u32,
            block_tiles: block_tiles * together,
            panels,
            panel_groups: if plan.shared { panels } else { 1 },
            transforms: clamp(tiles / Self::FEW_TILES, 1, 1 << 10) as u32,
        }
    }

    /// Tiles of part `part` of the shared transforms.
    pub const fn transformed(&self, part: u32) -> (u64, u64) {
        split_range(self.tiles, self.transforms, part)
    }

    /// Tiles of block `block`.
    pub const fn block(&self, block: u32) -> (u64, u64) {
        split_range(self.tiles, self.blocks, block)
    }

    /// The block that a tile is in.
    pub const fn block_of(&self, tile: u64) -> u32 {
        let mut block = (tile as u128 * self.blocks as u128 / self.tiles as u128) as u32;
        while self.block(block).1 <= tile {
            block += 1;
        }
        block
    }

    /// Blocks and their tiles that are computed together from block `block` on, of those below `end`.
    pub const fn blocks_from(&self, block: u32, end: u32) -> (u32, (u64, u64)) {
        let count = min(self.together as u64, (end - block) as u64) as u32;
        (count, (self.block(block).0, self.block(block + count - 1).1))
    }
}

impl WinogradPlan {
    /// Units of the call's first phase: transforms if they are shared, else everything.
    pub const fn units(&self) -> u32 {
        let grid = WinogradUnits::of(self);
        if self.shared { grid.transforms } else { grid.blocks }
    }

    /// Units of the second phase, products and outputs; 0 if there is none.
    pub const fn output_units(&self) -> u32 {
        let grid = WinogradUnits::of(self);
        if self.shared { grid.blocks * grid.panel_groups } else { 0 }
    }

    /// Floats of shared memory for transformed tiles; 0 if each unit transforms its own.
    pub const fn shared_floats(&self) -> u64 {
        if !self.shared {
            return 0;
        }
        self.tile.products() as u64 * TileLayout::new(self.tiles(), self.k as u64).point
    }

    /// Floats that a unit needs for itself: transformed tiles unless they are shared, and products of one panel.
    pub const fn scratch_floats(&self) -> u64 {
        let grid = WinogradUnits::of(self);
        let points = self.tile.products() as u64;
        let own = if self.shared { 0 } else { points * TileLayout::new(grid.block_tiles, self.k as u64).point };
        own + points * TileLayout::new(grid.block_tiles, Panels::COLUMNS as u64).point
    }
}
