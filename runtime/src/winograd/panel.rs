//! From transformed tiles to the outputs of one panel of channels: products at points, and what follows them.

use netc_plan::kernels::{TileLayout, contract_pointer};
use netc_plan::{MapStrides, Panels};

use super::WinogradCall;
use super::ahead::{Access, Ahead};
use super::output::Outputs;
use super::pixels::Pixels;
use super::places::Tiling;
use super::slots::Block;
use crate::contract::Tile;

impl WinogradCall {
    /// Products and outputs of tiles whose transforms lie at `v`, in one panel; `m` takes the products.
    /// Meanwhile the inputs of the tiles `next` are fetched.
    ///
    /// # Safety
    /// As for [`blocks`](super::blocks).
    pub(super) unsafe fn panel(
        &self,
        pointers: *const *mut f32,
        (tiles, next): (&Block, (u64, u64)),
        panel: u32,
        (v, layout): (*const f32, TileLayout),
        m: *mut f32,
    ) {
        let plan = &self.plan;
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let width = columns.next_multiple_of(8) as usize;
        let (k, side) = (plan.k as usize, plan.tile.points());
        let points = plan.tile.products() as usize;
        let products = TileLayout::new(self.grid.block_tiles, u64::from(Panels::COLUMNS));
        // SAFETY: the table has an entry for U.
        let u = unsafe { *pointers.add(contract_pointer::B) };
        let u = u.wrapping_add(panel as usize * points * k * Panels::COLUMNS as usize).cast_const();
        let mut tile = Tile {
            a: v,
            b: u,
            c: m,
            a_row: layout.tile as isize,
            c_row: products.tile as isize,
            k: (k, 1, width as isize),
            columns,
            ..Tile::PLAIN
        };
        let kernels = self.tiles();
        let slots = [false, true].map(|down| [false, true].map(|along| tiles.at([down, along])));
        let stacks = slots.each_ref().map(|slots| slots.each_ref().map(|slots| kernels.stack(slots, tile.k)));
        // SAFETY: by the caller's promise.
        let mut maps =
            unsafe { self.ahead(pointers, ((tiles.first, tiles.past), next), (panel, columns), points as u64) };
        for row in 0..side {
            for column in 0..side {
                maps.iter_mut().map_while(Option::as_mut).for_each(Ahead::turn);
                let stack = &stacks[usize::from(plan.tile.keeps(row))][usize::from(plan.tile.keeps(column))];
                // SAFETY: V, U and M hold these rows and columns at this point.
                unsafe { kernels.rows_of(&tile, stack) };
                tile.a = tile.a.wrapping_add(layout.point as usize);
                tile.b = tile.b.wrapping_add(k * width);
                tile.c = tile.c.wrapping_add(products.point as usize);
            }
        }
        // SAFETY: by the caller's promise.
        unsafe { self.outputs(pointers, tiles, (panel, columns), (m, products)) };
    }

    /// What comes after the products of all points: outputs, maps among the operands, the inputs of `next`; one
    /// after the other, then none.
    ///
    /// # Safety
    /// `pointers` is the call's table.
    unsafe fn ahead(
        &self,
        pointers: *const *mut f32,
        (tiles, next): ((u64, u64), (u64, u64)),
        (panel, columns): (u32, u32),
        points: u64,
    ) -> [Option<Ahead>; 10] {
        let plan = &self.plan;
        // Operands have a number per channel, or one per pixel where `n` is 0.
        let map = |entry: usize, strides: MapStrides, n: u32, pool: u32| {
            // SAFETY: the table has the entry.
            let base = unsafe { *pointers.add(entry) }.cast_const();
            Pixels {
                base: base.wrapping_add((n * panel * Panels::COLUMNS) as usize),
                strides,
                tiling: Tiling { side: plan.tile.outputs() / pool, ..self.tiling() },
                rows: plan.height / pool,
                columns: plan.width / pool,
                channels: if n == 0 { 1 } else { columns as usize },
            }
        };
        let mut maps = [const { None }; 10];
        let y = map(contract_pointer::C, plan.y, 1, plan.pool);
        maps[0] = Some(Ahead::of(y, Access::Write, tiles, points));
        let mut count = 1;
        for (index, operand) in plan.operands.iter().enumerate().take(plan.operand_count as usize) {
            if operand.strides != MapStrides::NONE {
                let map = map(contract_pointer::OPERANDS + index, operand.strides, operand.n as u32, 1);
                maps[count] = Some(Ahead::of(map, Access::Read, tiles, points));
                count += 1;
            }
        }
        if next.0 < next.1 {
            // SAFETY: the table has an entry for x.
            let x = unsafe { *pointers.add(contract_pointer::A) }.cast_const();
            maps[count] = Some(Ahead::of(self.input_map(x), Access::Read, next, points));
        }
        maps
    }

    /// Outputs of tiles in one panel, of their products at `m`.
    ///
    /// # Safety
    /// As for [`blocks`](super::blocks).
    unsafe fn outputs(
        &self,
        pointers: *const *mut f32,
        tiles: &Block,
        (panel, columns): (u32, u32),
        (m, layout): (*const f32, TileLayout),
    ) {
        let plan = &self.plan;
        let start = (panel * Panels::COLUMNS) as usize;
        let in_registers =
            self.epilogue.is_none() && plan.operands[..plan.operand_count as usize].iter().all(|o| o.n == 1);
        let mut outputs = Outputs {
            plan,
            slots: tiles.all(),
            m,
            layout,
            columns: columns as usize,
            // SAFETY: the table has an entry for y.
            y: unsafe { *pointers.add(contract_pointer::C) }.wrapping_add(start),
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
            unsafe { self.finish(pointers, tiles, panel, columns) };
        }
    }
}
