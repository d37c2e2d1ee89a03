//! Weight gradients by tiles: sums of products at points over blocks of tiles, then Gᵀ.

use netc_plan::kernels::{TileLayout, WeightUnits, split_range};
use netc_plan::{Panels, WinogradWeightsPlan};

use super::Transforms;
use super::ahead::{Access, Ahead};
use super::gather::Row;
use super::input::Inputs;
use super::pixels::Pixels;
use super::places::Tiling;
use super::slots::Block;
use crate::Isa;
use crate::contract::{self, Tile};
use crate::isa::Instructions;

/// A weight gradient prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct WeightsCall {
    plan: WinogradWeightsPlan,
    grid: WeightUnits,
    instructions: Instructions,
}

impl WeightsCall {
    /// Prepares a plan that was checked.
    pub(crate) const fn new(plan: &WinogradWeightsPlan, instructions: Instructions) -> Self {
        Self { plan: *plan, grid: plan.grid(), instructions }
    }

    /// The instruction set of its kernels.
    pub(crate) fn isa(&self) -> Isa {
        self.instructions.get()
    }

    fn transforms(&self) -> &'static Transforms {
        Transforms::of(self.isa())
    }

    /// Units of the first phase.
    pub(crate) fn units(&self) -> u32 {
        self.plan.units()
    }

    /// Units of the second phase; 0 if there is none.
    pub(crate) fn combine_units(&self) -> u32 {
        self.plan.combine_units()
    }

    /// Transforms `columns` channels from `first` on of row `index` of the sums.
    ///
    /// # Safety
    /// As for [`sums`]; `from` is the first chunk of the row at point 0 and that channel.
    unsafe fn row(&self, pointers: *const *mut f32, index: u32, (first, columns): (u32, u32), from: Sums, chunks: u32) {
        let [down, across, by_k, by_n] = self.plan.w;
        let (by_row, by_column) = if self.plan.is_turned() { (by_n, by_k) } else { (by_k, by_n) };
        // SAFETY: the table has an entry for w.
        let w = unsafe { *pointers };
        let row = Row {
            sums: from.start.cast_const(),
            point: from.point,
            chunks: chunks as usize,
            chunk: self.plan.sums() as usize,
            w: w.wrapping_offset((i64::from(index) * by_row + i64::from(first) * by_column) as isize),
            strides: [down, across, by_column].map(|stride| stride as isize),
            columns: columns as usize,
        };
        // SAFETY: by the caller's promise.
        unsafe { (self.transforms().gather[self.plan.tile as usize])(&row) };
    }
}

/// Computes units `begin..end`: a chunk of tiles for a part of the channels of either side.
///
/// # Safety
/// `plan` points to a [`WeightsCall`], `pointers` to its table, whose operands reach as far as the plan says; `scratch`
/// holds the plan's `scratch_floats`; no other thread runs these units or touches what they write.
pub(crate) unsafe extern "C" fn sums(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<WeightsCall>() };
    for unit in begin..end {
        // SAFETY: by the caller's promise.
        unsafe { call.unit(pointers, unit, scratch) };
    }
}

/// Adds the chunks of rows `begin..end` of the sums and transforms them.
///
/// # Safety
/// As for [`sums`], all of whose units are done.
pub(crate) unsafe extern "C" fn combine(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<WeightsCall>() };
    let [_, columns] = call.plan.sides();
    for row in begin..end {
        // SAFETY: the table has an entry for slots, which hold all chunks.
        unsafe { call.row(pointers, row, (0, columns), call.slots(pointers, (row, 0)), call.grid.chunks) };
    }
}

/// Where sums lie: at a point, a row and a column.
#[derive(Clone, Copy)]
struct Sums {
    start: *mut f32,
    point: usize,
    row: usize,
}

impl WeightsCall {
    /// # Safety
    /// As for [`sums`].
    unsafe fn unit(&self, pointers: *const *mut f32, unit: u32, scratch: *mut f32) {
        let (plan, grid) = (&self.plan, &self.grid);
        let (n_part, rest) = (unit % grid.n_parts, unit / grid.n_parts);
        let (k_part, chunk) = (rest % grid.k_parts, rest / grid.k_parts);
        let ks = split_range(u64::from(plan.k), grid.k_parts, k_part);
        let ns = split_range(u64::from(plan.n), grid.n_parts, n_part);
        let [of_x, of_y] = [ks, ns].map(|(begin, end)| (begin as u32, (end - begin) as u32));
        let (rows, columns) = if plan.is_turned() { (of_y, of_x) } else { (of_x, of_y) };
        let (points, layout) = (plan.tile.products() as usize, plan.layout());
        let v = scratch;
        let z = v.wrapping_add(points * layout.point as usize);
        let to = if plan.chunk == 0 {
            let start = z.wrapping_add(points * layout.point as usize);
            let point = WinogradWeightsPlan::point(rows.1, columns.1) as usize;
            Sums { start, point, row: columns.1 as usize }
        } else {
            // SAFETY: the table has an entry for slots.
            let slots = unsafe { self.slots(pointers, (rows.0, columns.0)) };
            Sums { start: slots.start.wrapping_add(chunk as usize * plan.sums() as usize), ..slots }
        };
        let per_chunk = if plan.chunk == 0 { plan.blocks() } else { u64::from(plan.chunk) };
        let first = u64::from(chunk) * per_chunk;
        // SAFETY: the table has entries for x and y.
        let (x, y) = unsafe { (*pointers.add(1), *pointers.add(2)) };
        let maps = [
            self.map(x.wrapping_add(of_x.0 as usize).cast_const(), plan.x, 2, of_x.1),
            self.map(y.wrapping_add(of_y.0 as usize).cast_const(), plan.y, 0, of_y.1),
        ];
        let block = u64::from(plan.block);
        let (begin, past) = (first * block, plan.tiles().min((first + per_chunk) * block));
        let (mut tile, sides) = (begin, if plan.is_turned() { (z, v) } else { (v, z) });
        while tile < past {
            let tiles = block.min(past - tile);
            let next = (tile + tiles, past.min(tile + tiles + block));
            let [of_x, of_y] = maps;
            // SAFETY: by the caller's promise.
            unsafe {
                let transforms = self.transforms();
                let slots = Block::of(self.tiling(), (tile, tile + tiles)).all();
                let to_points = |map, v| Inputs { map, slots, v, layout };
                (transforms.input[plan.tile as usize])(&to_points(of_x, v));
                (transforms.spread[plan.tile as usize])(&to_points(of_y, z));
                let ahead = maps.map(|map| Ahead::of(map, Access::Read, next, points as u64));
                self.products((sides, layout), tiles, (rows.1, columns.1), (to, tile > begin), ahead);
            }
            tile += tiles;
        }
        if plan.chunk == 0 {
            for row in 0..rows.1 {
                let from = Sums { start: to.start.wrapping_add(row as usize * to.row), ..to };
                // SAFETY: by the caller's promise.
                unsafe { self.row(pointers, rows.0 + row, columns, from, 1) };
            }
        }
    }

    /// How maps fall into tiles, of which none is short.
    fn tiling(&self) -> Tiling {
        Tiling { grid: self.plan.tiles_of_map(), side: self.plan.tile.outputs(), ends_short: [false; 2] }
    }

    /// The sums of the first chunk in memory, from a row and a column on.
    ///
    /// # Safety
    /// The table has an entry for slots.
    unsafe fn slots(&self, pointers: *const *mut f32, (row, column): (u32, u32)) -> Sums {
        let plan = &self.plan;
        let [rows, columns] = plan.sides();
        let offset = row as usize * columns as usize + column as usize;
        // SAFETY: by the caller's promise.
        let start = unsafe { *pointers.add(3) }.wrapping_add(offset);
        Sums { start, point: WinogradWeightsPlan::point(rows, columns) as usize, row: columns as usize }
    }

    /// A map from the unit's first channel on.
    fn map(&self, base: *const f32, strides: netc_plan::MapStrides, border: u32, channels: u32) -> Pixels {
        let plan = &self.plan;
        Pixels {
            base,
            strides,
            tiling: self.tiling(),
            rows: plan.height + border,
            columns: plan.width + border,
            channels: channels as usize,
        }
    }

    /// Adds a block's products to the sums, or begins them. Meanwhile what is `ahead` is fetched.
    ///
    /// # Safety
    /// Either side holds `tiles` tiles, the sums are writable.
    unsafe fn products(
        &self,
        ((a, b), layout): ((*mut f32, *mut f32), TileLayout),
        tiles: u64,
        (rows, columns): (u32, u32),
        (to, add): (Sums, bool),
        mut ahead: [Ahead; 2],
    ) {
        let mut tile = Tile {
            a_row: 1,
            c_row: to.row as isize,
            k: (tiles as usize, layout.tile as isize, layout.tile as isize),
            add,
            ..Tile::PLAIN
        };
        let kernels = contract::tiles(self.isa());
        let stack = kernels.stack(&(0..u64::from(rows)), tile.k);
        for point in 0..self.plan.tile.products() as usize {
            ahead.iter_mut().for_each(Ahead::turn);
            tile.a = a.wrapping_add(point * layout.point as usize).cast_const();
            let mut column = 0;
            while column < columns {
                tile.b = b.wrapping_add(point * layout.point as usize + column as usize).cast_const();
                tile.c = to.start.wrapping_add(point * to.point + column as usize);
                tile.columns = (columns - column).min(Panels::COLUMNS);
                // SAFETY: by the caller's promise.
                unsafe { kernels.rows_of(&tile, &stack) };
                column += Panels::COLUMNS;
            }
        }
    }
}
