//! Tiles of up to 4 rows of 16 columns in plain Rust, for any processor.

use netc_plan::math::portable::mul_add;

use super::tile::{Side, Tile, Tiles, each_run};
use crate::Isa;

pub(super) static TILES: Tiles = Tiles {
    isa: Isa::Portable,
    lanes: 16,
    kernels: &[&[tile::<1>], &[tile::<2>], &[tile::<3>], &[tile::<4>]],
    edges: &[],
    joined: &[],
    vector,
    side_by_side: 1,
};

/// # Safety
/// As [`VectorFn`](super::tile::VectorFn) says.
unsafe fn vector(first: &Tile, _: &Side) {
    let half = |at: usize| {
        let finish = first.finish.at(0, at);
        Tile { b: first.b.wrapping_add(at), c: first.c.wrapping_add(at), columns: 16, finish, ..*first }
    };
    // SAFETY: a full panel is two tiles.
    unsafe {
        tile::<1>(&half(0));
        tile::<1>(&half(16));
    }
}

/// # Safety
/// As [`TileFn`] says, for `R` rows.
unsafe fn tile<const R: usize>(tile: &Tile) {
    let columns = tile.columns as usize;
    let mut sums = [[0.0f32; 16]; R];
    let (k, a_k, b_k) = tile.k;
    each_run!(tile, |mut a, mut b| {
        for _ in 0..k {
            // SAFETY: `columns` elements of B are readable.
            let row = unsafe { core::slice::from_raw_parts(b, columns) };
            for (r, sums) in sums.iter_mut().enumerate() {
                // SAFETY: the tile has `R` rows.
                let element = unsafe { *a.wrapping_offset(r as isize * tile.a_row) };
                for (sum, &column) in sums.iter_mut().zip(row) {
                    *sum = mul_add(element, column, *sum);
                }
            }
            a = a.wrapping_offset(a_k);
            b = b.wrapping_offset(b_k);
        }
    });
    for (r, sums) in sums.iter().enumerate() {
        for (column, &sum) in sums.iter().enumerate().take(columns) {
            // SAFETY: the tile's columns are writable in C and readable in the operands.
            unsafe {
                let c = tile.c.wrapping_offset(r as isize * tile.c_row).add(column);
                let mut value = if tile.add { *c + sum } else { sum };
                if tile.joins && !(*c < value || value.is_nan()) {
                    value = *c;
                }
                for (index, (operand, stride)) in tile.finish.operands.into_iter().enumerate() {
                    if operand.is_null() {
                        continue;
                    }
                    let column = if tile.finish.spreads && index == 0 { 0 } else { column };
                    let element = *operand.wrapping_offset(r as isize * stride).add(column);
                    value = match (tile.finish.gates, index) {
                        (true, 1) if 0.0 < element => value,
                        (true, 1) => 0.0,
                        _ => value + element,
                    };
                }
                *c = if tile.finish.relu && value < 0.0 { 0.0 } else { value };
            }
        }
    }
}
