//! Weight gradients by tiles: sums of products at points over blocks of tiles, then Gᵀ.

use netc_plan::WinogradWeightsPlan;
use netc_plan::kernels::{TileLayout, WeightUnits, split_range};
use netc_plan::winograd::{Transform, gather};

use super::Transforms;
use super::input::Inputs;
use super::vector::Doubles;
use crate::Isa;
use crate::contract::{self, Fetch, Finish, Tile};
use crate::isa::Instructions;

/// A weight gradient prepared for an instruction set.
#[derive(Clone, Debug)]
pub struct WeightsCall {
    plan: WinogradWeightsPlan,
    grid: WeightUnits,
    instructions: Instructions,
}

/// One row (k) of sums, to be transformed.
pub(super) struct Row {
    /// Point 0 of chunk 0 at the first channel.
    pub sums: *const f32,
    pub point: usize,
    pub chunks: usize,
    pub chunk: usize,
    /// Tap (0, 0) at the first channel.
    pub w: *mut f32,
    pub strides: [isize; 4],
    pub columns: usize,
}

/// # Safety
/// The processor has the function's instructions; sums are readable, the taps writable.
pub(super) type GatherFn = unsafe fn(&Row);

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

    /// Transforms `columns` channels of a row of k from `first`.
    ///
    /// # Safety
    /// As for [`sums`]; `sums` is the row's first chunk at that channel.
    unsafe fn row(&self, pointers: *const *mut f32, k: u32, first: u32, columns: u32, mut row: Row) {
        let [_, _, by_k, by_n] = self.plan.w;
        row.strides = self.plan.w.map(|stride| stride as isize);
        row.columns = columns as usize;
        // SAFETY: the table has an entry for w.
        let w = unsafe { *pointers };
        row.w = w.wrapping_offset((i64::from(k) * by_k + i64::from(first) * by_n) as isize);
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

/// Adds the chunks of rows `begin..end` of k and transforms them.
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
    let (k, n) = (call.plan.k as usize, call.plan.n);
    for row in begin..end {
        // SAFETY: the table has an entry for slots, which hold all chunks.
        unsafe {
            let sums = (*pointers.add(3)).wrapping_add(row as usize * n as usize).cast_const();
            let chunk = call.plan.sums() as usize;
            let point = k * n as usize;
            let chunks = call.grid.chunks as usize;
            let sums = Row { sums, point, chunks, chunk, w: *pointers, strides: [0; 4], columns: 0 };
            call.row(pointers, row, 0, n, sums);
        }
    }
}

/// Where a unit's sums go.
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
        let (rows, columns) = ((ks.1 - ks.0) as u32, (ns.1 - ns.0) as u32);
        let (points, layout) = (plan.tile.products() as usize, plan.layout());
        let v = scratch;
        let z = v.wrapping_add(points * layout.point as usize);
        let own = z.wrapping_add(points * layout.point as usize);
        let to = if plan.chunk == 0 {
            Sums { start: own, point: (rows * columns) as usize, row: columns as usize }
        } else {
            let (k, n) = (plan.k as usize, plan.n as usize);
            let start = chunk as usize * plan.sums() as usize + ks.0 as usize * n + ns.0 as usize;
            // SAFETY: the table has an entry for slots.
            Sums { start: unsafe { *pointers.add(3) }.wrapping_add(start), point: k * n, row: n }
        };
        let per_chunk = if plan.chunk == 0 { plan.blocks() } else { u64::from(plan.chunk) };
        let first = u64::from(chunk) * per_chunk;
        for block in first..(first + per_chunk).min(plan.blocks()) {
            let tile = block * u64::from(plan.block);
            let tiles = u64::from(plan.block).min(plan.tiles() - tile);
            // SAFETY: by the caller's promise.
            unsafe {
                let x = (*pointers.add(1)).wrapping_add(ks.0 as usize).cast_const();
                let y = (*pointers.add(2)).wrapping_add(ns.0 as usize).cast_const();
                (self.transforms().input[plan.tile as usize])(&self.tiles_of(x, plan.x, 2, (tile, tiles), rows, v));
                (self.transforms().spread[plan.tile as usize])(&self.tiles_of(y, plan.y, 0, (tile, tiles), columns, z));
                self.products((v, z, layout), tiles, (rows, columns), to, block > first);
            }
        }
        if plan.chunk == 0 {
            for row in 0..rows {
                let sums = to.start.wrapping_add(row as usize * to.row).cast_const();
                let sums = Row { sums, point: to.point, chunks: 1, chunk: 0, w: own, strides: [0; 4], columns: 0 };
                // SAFETY: by the caller's promise.
                unsafe { self.row(pointers, ks.0 as u32 + row, ns.0 as u32, columns, sums) };
            }
        }
    }

    fn tiles_of(
        &self,
        x: *const f32,
        strides: netc_plan::MapStrides,
        border: u32,
        (first, tiles): (u64, u64),
        channels: u32,
        v: *mut f32,
    ) -> Inputs {
        let plan = &self.plan;
        Inputs {
            grid: plan.tiles_of_map(),
            rows: plan.height + border,
            columns: plan.width + border,
            channels: channels as usize,
            strides,
            x,
            first,
            tiles,
            v,
            layout: plan.layout(),
        }
    }

    /// Adds a block's products to the sums, or begins them.
    ///
    /// # Safety
    /// V and Z hold `tiles` tiles, the sums are writable.
    unsafe fn products(
        &self,
        (v, z, layout): (*const f32, *const f32, TileLayout),
        tiles: u64,
        (rows, columns): (u32, u32),
        to: Sums,
        add: bool,
    ) {
        for point in 0..self.plan.tile.products() as usize {
            let mut column = 0;
            while column < columns {
                let tile = Tile {
                    a: v.wrapping_add(point * layout.point as usize),
                    b: z.wrapping_add(point * layout.point as usize + column as usize),
                    c: to.start.wrapping_add(point * to.point + column as usize),
                    a_row: 1,
                    c_row: to.row as isize,
                    taps: [(1, 0, 0); 4],
                    k: (tiles as usize, layout.tile as isize, layout.tile as isize),
                    columns: (columns - column).min(32),
                    add,
                    joins: false,
                    fetch: Fetch::AHEAD,
                    finish: Finish::NONE,
                };
                // SAFETY: by the caller's promise.
                unsafe { contract::tiles(self.isa()).rows_of(&tile, rows) };
                column += 32;
            }
        }
    }
}

/// # Safety
/// As [`GatherFn`] says.
#[inline(always)]
pub(super) unsafe fn row<D: Doubles, T: Transform>(row: &Row) {
    let mut total = [0.0f32; 8];
    // SAFETY: there are eight floats.
    let mut points = [unsafe { D::load(total.as_ptr()) }; 36];
    for start in (0..row.columns).step_by(8) {
        let count = (row.columns - start).min(8);
        for (point, value) in points.iter_mut().enumerate().take(T::POINTS * T::POINTS) {
            let first = row.sums.wrapping_add(point * row.point + start);
            if row.chunks == 1 && count == 8 {
                // SAFETY: by the caller's promise.
                *value = unsafe { D::load(first) };
                continue;
            }
            for chunk in 0..row.chunks {
                for (lane, total) in total.iter_mut().enumerate().take(count) {
                    // SAFETY: by the caller's promise.
                    let sum = unsafe { *first.add(chunk * row.chunk + lane) };
                    *total = if chunk == 0 { sum } else { *total + sum };
                }
            }
            // SAFETY: as above.
            *value = unsafe { D::load(total.as_ptr()) };
        }
        let taps = gather::<T, D>(points);
        let [down, across, _, by_n] = row.strides;
        for (i, line) in taps.into_iter().enumerate() {
            for (j, tap) in line.into_iter().enumerate() {
                let at = row.w.wrapping_offset(i as isize * down + j as isize * across + start as isize * by_n);
                if by_n == 1 && count == 8 {
                    // SAFETY: by the caller's promise.
                    unsafe { tap.store(at) };
                    continue;
                }
                // SAFETY: there are eight floats.
                unsafe { tap.store(total.as_mut_ptr()) };
                for (lane, &value) in total.iter().enumerate().take(count) {
                    // SAFETY: by the caller's promise.
                    unsafe { *at.wrapping_offset(lane as isize * by_n) = value };
                }
            }
        }
    }
}
