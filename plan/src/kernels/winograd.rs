//! A 3×3 convolution of stride 1 by Winograd's algorithm.

use super::axes::disjoint;
use super::{Axis, Epilogue, Panels, PlanError, Reach};
use crate::winograd::TileSize;

/// `y[image, row, column, n] = epilogue(Σ_{i, j < 3, k} x[image, row + i, column + j, k] · w[i, j, k, n])` by
/// transformed tiles.
///
/// Channels are contiguous in x and y. The base of x is the element that tap (0, 0) of output (0, 0) reads; rows and
/// columns up to `height + 2` and `width + 2` are read. U holds the transformed filter
/// ([`super::WinogradFilterPlan`]).
///
/// **Meaning, to the bit.** Tiles of [`TileSize`] cover each image from its first row and column on; an input beyond
/// `height + 2` or `width + 2` counts as +0, outputs beyond the map are dropped. A side of a map's last tiles is short
/// where they have at most [`TileSize::short`] outputs along it. The product at a point is a chain of
/// fused multiply-adds `s ← fma(V[k], U[k, n], s)` over k ascending that starts from +0; transforms are those of
/// [`crate::winograd`]. Then the epilogue is applied. With `pool` 2, y is a map of windows of 2×2 outputs and holds the
/// maximum of each, taken in the order of rows and columns, in which NaN sticks.
///
/// **Pointers of a call** are those of a contraction ([`super::contract_pointer`]): y, x, U, transformed tiles (null
/// unless [`WinogradPlan::shared_floats`] > 0), epilogue operands 0 to 7. y overlaps no other operand.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WinogradPlan {
    /// Which algorithm. Changes bits.
    pub tile: TileSize,
    /// Number of maps.
    pub images: u32,
    /// Rows of the output.
    pub height: u32,
    /// Columns of the output.
    pub width: u32,
    /// Channels of x: terms of a sum.
    pub k: u32,
    /// Channels of y.
    pub n: u32,
    /// Where x lies.
    pub x: MapStrides,
    /// Where y lies.
    pub y: MapStrides,
    /// Whether all tiles are transformed first, in a phase of their own, and units then share out channels of y: for
    /// few tiles of many channels. Changes no bit.
    pub shared: bool,
    /// Rows and columns of the windows whose maximum is kept: 1 for every output, or 2. Height and width are multiples
    /// of it.
    pub pool: u32,
    /// What is applied to each output.
    pub epilogue: Epilogue,
    /// How many of `operands` are in use.
    pub operand_count: u32,
    /// The epilogue's extra operands.
    pub operands: [MapOperand; 8],
}

/// Strides of a map whose channels are contiguous.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapStrides {
    /// Elements from one image to the next.
    pub image: i64,
    /// Elements from one row to the next.
    pub row: i64,
    /// Elements from one column to the next.
    pub pixel: i64,
}

impl MapStrides {
    /// All images, rows and columns share one element.
    pub const NONE: Self = Self { image: 0, row: 0, pixel: 0 };

    /// The offset of a position.
    pub const fn at(&self, image: u32, row: u32, column: u32) -> i64 {
        self.image * image as i64 + self.row * row as i64 + self.pixel * column as i64
    }
}

/// An epilogue's extra operand over the outputs of a map. It may not overlap y.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapOperand {
    /// Over images, rows and columns.
    pub strides: MapStrides,
    /// Over channels: 1, or 0 for one value per position.
    pub n: i64,
}

impl MapOperand {
    /// A vector over the channels: a bias.
    pub const CHANNELS: Self = Self { strides: MapStrides::NONE, n: 1 };
}

impl WinogradPlan {
    /// Tiles along a column and along a row of a map.
    pub const fn tiles_of_map(&self) -> (u32, u32) {
        (self.tile.tiles(self.height), self.tile.tiles(self.width))
    }

    /// Whether the last tiles of a column and of a row of tiles are short.
    pub const fn ends_short(&self) -> [bool; 2] {
        [self.tile.ends_short(self.height), self.tile.ends_short(self.width)]
    }

    /// Tiles of all maps.
    pub const fn tiles(&self) -> u64 {
        let (rows, columns) = self.tiles_of_map();
        self.images as u64 * rows as u64 * columns as u64
    }

    /// Multiply-adds at the points.
    pub const fn products(&self) -> u64 {
        self.points() * self.k as u64 * self.n as u64
    }

    /// Points of all tiles.
    pub const fn points(&self) -> u64 {
        self.images as u64 * self.tile.points_along(self.height) * self.tile.points_along(self.width)
    }

    /// Multiply-adds of the convolution that is computed.
    pub const fn macs(&self) -> u64 {
        9 * self.images as u64 * self.height as u64 * self.width as u64 * self.k as u64 * self.n as u64
    }

    /// Rows and columns of y.
    pub const fn windows(&self) -> [u32; 2] {
        [self.height / self.pool, self.width / self.pool]
    }

    /// Elements of the transformed filter.
    pub const fn filter_floats(&self) -> u64 {
        Panels::packed_len(self.tile.products() as u64 * self.k as u64, self.n as u64)
    }

    /// Which elements of x are read.
    pub const fn reach_x(&self) -> Result<Reach, PlanError> {
        self.reach(&self.x, [self.height + 2, self.width + 2], self.k, 1)
    }

    /// Which elements of y are written.
    pub const fn reach_y(&self) -> Result<Reach, PlanError> {
        self.reach(&self.y, self.windows(), self.n, 1)
    }

    /// Which elements of epilogue operand `index` are read.
    pub const fn reach_operand(&self, index: usize) -> Result<Reach, PlanError> {
        let operand = &self.operands[index];
        self.reach(&operand.strides, [self.height, self.width], self.n, operand.n)
    }

    const fn reach(&self, map: &MapStrides, size: [u32; 2], channels: u32, stride: i64) -> Result<Reach, PlanError> {
        let axes = [(self.images, map.image), (size[0], map.row), (size[1], map.pixel), (channels, stride)];
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

    /// Whether executors accept the plan: extents positive, offsets below 2⁴⁰, operands that fit the epilogue, no
    /// element of y written twice.
    pub const fn check(&self) -> Result<(), PlanError> {
        const MOST: u32 = 1 << 30;
        if self.height > MOST || self.width > MOST || self.k > MOST || self.n > MOST {
            return Err(PlanError::TooLarge);
        }
        if !self.can_pool() {
            return Err(PlanError::Maxima);
        }
        if let Err(error) = self.reach_x() {
            return Err(error);
        }
        if let Err(error) = self.reach_y() {
            return Err(error);
        }
        if let Err(error) = self.check_operands() {
            return Err(error);
        }
        let rows = self.tile.products() as u128 * self.k as u128;
        let (down, across) = self.tiles_of_map();
        let tiles = self.images as u128 * down as u128 * across as u128;
        let largest = if self.k > self.n { self.k } else { self.n } as u128 + 64;
        if rows * (self.n as u128 + 8) > 1 << 40 || tiles * self.tile.products() as u128 * largest > 1 << 40 {
            return Err(PlanError::TooLarge);
        }
        let axes = [
            Axis { extent: self.images, stride: self.y.image },
            Axis { extent: self.windows()[0], stride: self.y.row },
            Axis { extent: self.windows()[1], stride: self.y.pixel },
            Axis { extent: self.n, stride: 1 },
        ];
        if disjoint(axes) { Ok(()) } else { Err(PlanError::Overlap) }
    }

    /// Whether windows lie within tiles, and the epilogue is one that is applied before outputs are stored.
    const fn can_pool(&self) -> bool {
        let mut index = 0;
        while index < 8 && index < self.operand_count as usize {
            if self.pool == 2 && self.operands[index].n != 1 {
                return false;
            }
            index += 1;
        }
        let is_whole = self.height.is_multiple_of(2) && self.width.is_multiple_of(2);
        self.pool == 1 || self.pool == 2 && is_whole && !matches!(self.epilogue, Epilogue::Generated)
    }

    const fn check_operands(&self) -> Result<(), PlanError> {
        if self.operand_count > 8 {
            return Err(PlanError::Operand);
        }
        if let Some(count) = self.epilogue.operands()
            && count != self.operand_count
        {
            return Err(PlanError::Operand);
        }
        let mut index = 0;
        while index < self.operand_count as usize {
            if self.operands[index].n != 0 && self.operands[index].n != 1 {
                return Err(PlanError::Operand);
            }
            if let Err(error) = self.reach_operand(index) {
                return Err(error);
            }
            index += 1;
        }
        Ok(())
    }
}
