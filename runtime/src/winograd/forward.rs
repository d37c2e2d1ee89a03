//! From units to transforms of tiles and panels of outputs.

use netc_plan::kernels::{TileLayout, contract_pointer};

use super::WinogradCall;
use super::input::Inputs;
use super::pixels::Pixels;

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
            let next = if block < end { call.grid.blocks_from(block, end).1 } else { (past, past) };
            for panel in 0..call.grid.panels {
                let next = if panel + 1 == call.grid.panels { next } else { (past, past) };
                call.panel(pointers, ((first, past), next), panel, (scratch, layout), m);
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
            call.panel(pointers, ((first, past), (past, past)), panel, (v, layout), scratch);
        }
    }
}

impl WinogradCall {
    /// The transform of tiles `first..past`.
    fn inputs(&self, x: *const f32, (first, past): (u64, u64), v: *mut f32, layout: TileLayout) -> Inputs {
        Inputs { map: self.input_map(x), first, tiles: past - first, v, layout }
    }

    /// The map of the inputs.
    pub(super) fn input_map(&self, x: *const f32) -> Pixels {
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
}
