//! From units to transforms of tiles and panels of outputs.

use netc_plan::kernels::{TileLayout, contract_pointer};

use super::WinogradCall;
use super::input::Inputs;
use super::pixels::Pixels;
use super::slots::Block;

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
            let tiles = Block::of(call.tiling(), (first, past));
            (call.input())(&Inputs { map: call.input_map(x), slots: tiles.all(), v: scratch, layout });
            block += count;
            let next = if block < end { call.grid.blocks_from(block, end).1 } else { (past, past) };
            for panel in 0..call.grid.panels {
                let next = if panel + 1 == call.grid.panels { next } else { (past, past) };
                call.panel(pointers, (&tiles, next), panel, (scratch, layout), m);
            }
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
        let (mut first, past) = call.grid.transformed(part);
        while first < past {
            let block = Block::of(call.tiling(), call.grid.block(call.grid.block_of(first)));
            let last = past.min(block.past);
            // SAFETY: by the caller's promise.
            unsafe {
                let map = call.input_map((*pointers.add(contract_pointer::A)).cast_const());
                let v = (*pointers.add(contract_pointer::SLOTS)).wrapping_add((block.first * layout.tile) as usize);
                (call.input())(&Inputs { map, slots: block.slots((first, last)), v, layout });
            }
            first = last;
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
        let tiles = Block::of(call.tiling(), call.grid.block(block));
        // SAFETY: by the caller's promise.
        unsafe {
            let v = (*pointers.add(contract_pointer::SLOTS)).wrapping_add((tiles.first * layout.tile) as usize);
            call.panel(pointers, (&tiles, (tiles.past, tiles.past)), panel, (v, layout), scratch);
        }
    }
}

impl WinogradCall {
    /// The map of the inputs.
    pub(super) fn input_map(&self, x: *const f32) -> Pixels {
        let plan = &self.plan;
        Pixels {
            base: x,
            strides: plan.x,
            tiling: self.tiling(),
            rows: plan.height + 2,
            columns: plan.width + 2,
            channels: plan.k as usize,
        }
    }
}
