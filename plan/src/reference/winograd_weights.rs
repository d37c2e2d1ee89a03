//! The meaning of Winograd's weight gradient, to the bit.

use super::winograd::points_of;
use super::{Element, Memory};
use crate::kernels::{MapStrides, WinogradWeightsPlan};
use crate::winograd::{Four, Lane, TileSize, Transform, Two, gather};

/// Pointers of a call.
const W: usize = 0;
const X: usize = 1;
const Y: usize = 2;

/// Computes `plan` on `memory`.
pub fn winograd_weights<M: Memory>(plan: &WinogradWeightsPlan, memory: &mut M) {
    match plan.tile {
        TileSize::Two => pairs::<Two, M>(plan, memory),
        TileSize::Four => pairs::<Four, M>(plan, memory),
    }
}

fn pairs<T: Transform, M: Memory>(plan: &WinogradWeightsPlan, memory: &mut M) {
    for k in 0..plan.k {
        for n in 0..plan.n {
            let sums = sums::<T, M>(plan, memory, k, n);
            let taps = gather::<T, f64, _>(&sums.map(Element::to_f64));
            for (i, line) in taps.iter().enumerate() {
                for (j, &tap) in line.iter().enumerate() {
                    let [row, column, by_k, by_n] = plan.w;
                    let at = i as i64 * row + j as i64 * column + i64::from(k) * by_k + i64::from(n) * by_n;
                    memory.store(W, at, M::Element::splat(tap));
                }
            }
        }
    }
}

/// The sums over all tiles at each point for a pair of channels.
fn sums<T: Transform, M: Memory>(plan: &WinogradWeightsPlan, memory: &M, k: u32, n: u32) -> [M::Element; 36] {
    let zero = M::Element::ZERO;
    let (down, across) = plan.tiles_of_map();
    let (down, across, side) = (u64::from(down), u64::from(across), T::SIZE.outputs());
    let mut total: Option<[M::Element; 36]> = None;
    let mut chunk: Option<[M::Element; 36]> = None;
    let add = |sum: Option<[M::Element; 36]>, more: [M::Element; 36]| match sum {
        Some(sum) => core::array::from_fn(|point| sum[point] + more[point]),
        None => more,
    };
    for block in 0..plan.blocks() {
        let mut sums = [zero; 36];
        let first = block * u64::from(plan.block);
        for tile in first..(first + u64::from(plan.block)).min(plan.tiles()) {
            let corner =
                ((tile / (down * across)) as u32, (tile / across % down) as u32 * side, (tile % across) as u32 * side);
            let element = |pointer: usize, map: &MapStrides, channel: u32, edge: (u32, u32), row: u32, column: u32| {
                let (row, column) = (corner.1 + row, corner.2 + column);
                let is_inside = row < edge.0 && column < edge.1;
                if is_inside { memory.load(pointer, map.at(corner.0, row, column) + i64::from(channel)) } else { zero }
            };
            let v = points_of(T::POINTS, T::POINTS, [T::input, T::input], |row, column| {
                element(X, &plan.x, k, (plan.height + 2, plan.width + 2), row, column)
            });
            let z = points_of(T::OUTPUTS, T::POINTS, [T::spread, T::spread], |row, column| {
                element(Y, &plan.y, n, (plan.height, plan.width), row, column)
            });
            for (point, sum) in sums.iter_mut().enumerate() {
                *sum = v[point].mul_add(z[point], *sum);
            }
        }
        chunk = Some(add(chunk, sums));
        if plan.chunk != 0 && (block + 1) % u64::from(plan.chunk) == 0 {
            total = chunk.take().map(|chunk| add(total, chunk));
        }
    }
    match chunk {
        Some(chunk) => add(total, chunk),
        None => total.unwrap_or([zero; 36]),
    }
}
