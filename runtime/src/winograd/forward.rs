//! From units to transforms, register tiles and outputs.

use netc_plan::kernels::{TileLayout, contract_pointer};
use netc_plan::{Epilogue, MapStrides, Panels};

use super::WinogradCall;
use super::ahead::{Access, Pixels};
use super::input::Inputs;
use super::output::Outputs;
use crate::contract::Tile;

/// Blocks `begin..end`, each from x to y.
///
/// # Safety
/// `plan` points to a [`WinogradCall`] that is not shared, `pointers` to its table, whose operands reach as far as the
/// plan says; `scratch` holds the plan's `scratch_floats`; no other thread runs these units or touches what they write.
pub(crate) unsafe extern "C" fn blocks(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<WinogradCall>() };
    let layout = TileLayout::new(call.grid.block_tiles, u64::from(call.plan.k));
    let m = scratch.wrapping_add(call.plan.tile.products() as usize * layout.point as usize);
    let mut block = begin;
    while block < end {
        let (count, (first, past)) = call.grid.blocks_from(block, end);
        // SAFETY: by the caller's promise.
        unsafe {
            let x = (*pointers.add(contract_pointer::A)).cast_const();
            (call.input())(&call.inputs(x, (first, past), scratch, layout));
            block += count;
            let next = (block < end).then(|| call.grid.blocks_from(block, end).1);
            let last = call.grid.panels - 1;
            for panel in 0..last {
                call.panel(pointers, ((first, past), None), panel, (scratch, layout), m);
            }
            call.panel(pointers, ((first, past), next), last, (scratch, layout), m);
        }
    }
}

/// Transforms parts `begin..end` of the tiles into the shared memory.
///
/// # Safety
/// As for [`blocks`], but of a call that is shared.
pub(crate) unsafe extern "C" fn transforms(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    _scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<WinogradCall>() };
    let layout = TileLayout::new(call.grid.tiles, u64::from(call.plan.k));
    for part in begin..end {
        let (first, past) = call.grid.transformed(part);
        // SAFETY: by the caller's promise.
        unsafe {
            let x = (*pointers.add(contract_pointer::A)).cast_const();
            let v = (*pointers.add(contract_pointer::SLOTS)).wrapping_add((first * layout.tile) as usize);
            (call.input())(&call.inputs(x, (first, past), v, layout));
        }
    }
}

/// Products and outputs of pairs `begin..end` of a panel and a block, whose tiles were transformed.
///
/// # Safety
/// As for [`transforms`], all of whose units are done.
pub(crate) unsafe extern "C" fn panels(
    plan: *const u8,
    pointers: *const *mut f32,
    begin: u32,
    end: u32,
    scratch: *mut f32,
) {
    // SAFETY: by the caller's promise.
    let call = unsafe { &*plan.cast::<WinogradCall>() };
    let layout = TileLayout::new(call.grid.tiles, u64::from(call.plan.k));
    for unit in begin..end {
        let (panel, block) = (unit / call.grid.blocks, unit % call.grid.blocks);
        let (first, past) = call.grid.block(block);
        // SAFETY: by the caller's promise.
        unsafe {
            let v = (*pointers.add(contract_pointer::SLOTS)).wrapping_add((first * layout.tile) as usize);
            call.panel(pointers, ((first, past), None), panel, (v, layout), scratch);
        }
    }
}

impl WinogradCall {
    /// The transform of tiles `first..past`.
    fn inputs(&self, x: *const f32, (first, past): (u64, u64), v: *mut f32, layout: TileLayout) -> Inputs {
        let plan = &self.plan;
        Inputs {
            grid: plan.tiles_of_map(),
            rows: plan.height + 2,
            columns: plan.width + 2,
            channels: plan.k as usize,
            strides: plan.x,
            x,
            first,
            tiles: past - first,
            v,
            layout,
        }
    }

    /// The map of the inputs.
    fn input_pixels(&self, x: *const f32) -> Pixels {
        let plan = &self.plan;
        Pixels {
            base: x,
            strides: plan.x,
            grid: plan.tiles_of_map(),
            side: plan.tile.outputs(),
            rows: plan.height + 2,
            columns: plan.width + 2,
            channels: plan.k as usize,
        }
    }

    /// The map of the outputs or, with the same tiles, of an operand, from the first channel of a panel on.
    fn output_pixels(&self, base: *const f32, strides: MapStrides, pool: u32, channels: usize) -> Pixels {
        let plan = &self.plan;
        Pixels {
            base,
            strides,
            grid: plan.tiles_of_map(),
            side: plan.tile.outputs() / pool,
            rows: plan.height / pool,
            columns: plan.width / pool,
            channels,
        }
    }

    /// Products and outputs of tiles `first..past`, whose transforms lie at `v`, in one panel; `m` takes the products.
    /// Meanwhile the inputs of the tiles `next` are fetched.
    ///
    /// # Safety
    /// As for [`blocks`].
    unsafe fn panel(
        &self,
        pointers: *const *mut f32,
        ((first, past), next): ((u64, u64), Option<(u64, u64)>),
        panel: u32,
        (v, layout): (*const f32, TileLayout),
        m: *mut f32,
    ) {
        let plan = &self.plan;
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let width = columns.next_multiple_of(8) as usize;
        let (k, points) = (plan.k as usize, plan.tile.products() as usize);
        let products = TileLayout::new(self.grid.block_tiles, u64::from(Panels::COLUMNS));
        // SAFETY: the table has an entry for U.
        let u = unsafe { *pointers.add(contract_pointer::B) };
        let u = u.wrapping_add(panel as usize * points * k * Panels::COLUMNS as usize).cast_const();
        let start = (panel * Panels::COLUMNS) as usize;
        // SAFETY: the table has entries for x and y.
        let (x, y) = unsafe { (*pointers.add(contract_pointer::A), *pointers.add(contract_pointer::C)) };
        let y = y.wrapping_add(start);
        let inputs = self.input_pixels(x.cast_const());
        let written = self.output_pixels(y.cast_const(), plan.y, plan.pool, columns as usize);
        for point in 0..points {
            let part = (point as u64, points as u64);
            written.fetch(Access::Write, (first, past), part);
            for index in 0..plan.operand_count as usize {
                let strides = plan.operands[index].strides;
                if strides != MapStrides::NONE {
                    // SAFETY: the table has an entry for the operand.
                    let base = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                    let base = base.wrapping_add(start).cast_const();
                    self.output_pixels(base, strides, 1, columns as usize).fetch(Access::Read, (first, past), part);
                }
            }
            if let Some(next) = next {
                inputs.fetch(Access::Read, next, part);
            }
            let tile = Tile {
                a: v.wrapping_add(point * layout.point as usize),
                b: u.wrapping_add(point * k * width),
                c: m.wrapping_add(point * products.point as usize),
                a_row: layout.tile as isize,
                c_row: products.tile as isize,
                k: (k, 1, width as isize),
                columns,
                ..Tile::PLAIN
            };
            // SAFETY: V, U and M hold these rows and columns.
            unsafe { self.tiles().rows_of(&tile, (past - first) as u32) };
        }
        let in_registers =
            self.epilogue.is_none() && plan.operands[..plan.operand_count as usize].iter().all(|o| o.n == 1);
        let mut outputs = Outputs {
            plan,
            first,
            tiles: past - first,
            m,
            layout: products,
            columns: columns as usize,
            y,
            addends: [core::ptr::null(); 2],
            relu: in_registers && plan.epilogue.rectifies(),
            gate: core::ptr::null(),
        };
        if in_registers {
            let operand = |index: usize| {
                // SAFETY: the table has an entry for the operand.
                unsafe { *pointers.add(contract_pointer::OPERANDS + index) }.wrapping_add(start).cast_const()
            };
            for (index, addend) in outputs.addends.iter_mut().enumerate().take(plan.epilogue.addends() as usize) {
                *addend = operand(index);
            }
            outputs.gate = plan.epilogue.gate().map_or(core::ptr::null(), operand);
        }
        // SAFETY: by the caller's promise.
        unsafe { (self.output())(&outputs) };
        if !in_registers {
            // SAFETY: the outputs are stored.
            unsafe { self.finish(pointers, first..past, panel, columns) };
        }
    }

    /// Applies the epilogue to the stored outputs of tiles in one panel.
    ///
    /// # Safety
    /// As for [`blocks`].
    unsafe fn finish(&self, pointers: *const *mut f32, tiles: core::ops::Range<u64>, panel: u32, columns: u32) {
        let plan = &self.plan;
        let (down, across) = plan.tiles_of_map();
        let (down, across, side) = (u64::from(down), u64::from(across), plan.tile.outputs());
        let count = plan.operand_count as usize;
        let start = i64::from(panel * Panels::COLUMNS);
        for tile in tiles {
            let image = (tile / (down * across)) as u32;
            let (top, left) = ((tile / across % down) as u32 * side, (tile % across) as u32 * side);
            for row in top..(top + side).min(plan.height) {
                for column in left..(left + side).min(plan.width) {
                    let mut segment = [core::ptr::null_mut::<f32>(); 9];
                    let y = plan.y.at(image, row, column) + start;
                    // SAFETY: the table has an entry for y.
                    segment[0] = unsafe { *pointers.add(contract_pointer::C) }.wrapping_offset(y as isize);
                    for index in 0..count {
                        let operand = &plan.operands[index];
                        let offset = operand.strides.at(image, row, column) + operand.n * start;
                        // SAFETY: the table has an entry for the operand.
                        let base = unsafe { *pointers.add(contract_pointer::OPERANDS + index) };
                        segment[1 + index] = base.wrapping_offset(offset as isize);
                    }
                    match self.epilogue {
                        // SAFETY: every pointer is the segment's first channel of its operand.
                        Some(epilogue) => unsafe { epilogue(segment.as_ptr(), columns) },
                        // SAFETY: as above.
                        None => unsafe { self.finish_segment(&segment, columns) },
                    }
                }
            }
        }
    }

    /// The closed set on one segment.
    ///
    /// # Safety
    /// `segment` holds y and the operands at the segment's first channel.
    unsafe fn finish_segment(&self, segment: &[*mut f32; 9], columns: u32) {
        debug_assert!(self.plan.epilogue != Epilogue::Generated);
        for column in 0..columns as usize {
            // SAFETY: `columns` elements of y may be read and written.
            let element = unsafe { &mut *segment[0].add(column) };
            let operand = |index: usize| {
                // SAFETY: operands have an element per channel, or one if their stride is 0.
                unsafe { *segment[1 + index].add(column * self.plan.operands[index].n as usize) }
            };
            *element = self.plan.epilogue.finish(*element, operand);
        }
    }
}
