//! The meaning of Winograd's convolution and of its filter transform, to the bit.

use super::contract::maximum;
use super::{Element, Memory};
use crate::kernels::{Epilogue, Panels, WinogradFilterPlan, WinogradPlan, contract_pointer};
use crate::winograd::{Four, Lane, TileSize, Transform, Two, filter};

const COLUMNS: usize = Panels::COLUMNS as usize;

/// Computes `plan` on `memory`.
///
/// A generated epilogue is called as `epilogue(memory, offsets, columns)` for each position and panel, after its
/// outputs were stored: `offsets[0]` is the panel's first channel in y (pointer [`contract_pointer::C`]),
/// `offsets[1 + i]` that of operand `i` (pointer [`contract_pointer::OPERANDS`]` + i`). Other kinds never call it.
pub fn winograd<M: Memory>(plan: &WinogradPlan, memory: &mut M, epilogue: impl FnMut(&mut M, &[i64; 9], u32)) {
    match plan.tile {
        TileSize::Two => tiles::<Two, M>(plan, memory, epilogue),
        TileSize::Four => tiles::<Four, M>(plan, memory, epilogue),
    }
}

/// A tile's first output.
#[derive(Clone, Copy)]
struct Corner {
    image: u32,
    row: u32,
    column: u32,
}

impl Corner {
    /// Whether the tile is short along a column and along a row.
    fn short(self, plan: &WinogradPlan) -> [bool; 2] {
        [plan.height - self.row, plan.width - self.column].map(|left| left <= plan.tile.short())
    }
}

fn tiles<T: Transform, M: Memory>(
    plan: &WinogradPlan,
    memory: &mut M,
    mut epilogue: impl FnMut(&mut M, &[i64; 9], u32),
) {
    let side = T::SIZE.outputs();
    let (down, across) = plan.tiles_of_map();
    for tile in 0..plan.tiles() {
        let at = tile % (u64::from(down) * u64::from(across));
        let corner = Corner {
            image: (tile / (u64::from(down) * u64::from(across))) as u32,
            row: (at / u64::from(across)) as u32 * side,
            column: (at % u64::from(across)) as u32 * side,
        };
        for panel in 0..plan.n.div_ceil(Panels::COLUMNS) {
            let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
            let products = products::<T, M>(plan, memory, corner, panel, columns);
            store::<T, M>(plan, memory, corner, (panel, columns), &products);
            if plan.epilogue == Epilogue::Generated {
                each_output::<T>(plan, corner, |_, _, row, column| {
                    epilogue(memory, &offsets(plan, (corner.image, row, column), panel), columns);
                });
            }
        }
    }
}

/// Sums over k at each point for the columns of one panel.
fn products<T: Transform, M: Memory>(
    plan: &WinogradPlan,
    memory: &M,
    corner: Corner,
    panel: u32,
    columns: u32,
) -> [[M::Element; COLUMNS]; 36] {
    let mut sums = [[M::Element::ZERO; COLUMNS]; 36];
    let width = i64::from(columns.next_multiple_of(8));
    let points = T::POINTS * T::POINTS;
    let short = corner.short(plan);
    let start = i64::from(panel) * points as i64 * i64::from(plan.k) * i64::from(Panels::COLUMNS);
    for k in 0..plan.k {
        let transforms = short.map(|short| if short { T::short_input } else { T::input });
        let v = points_of(T::POINTS, T::POINTS, transforms, |row, column| {
            let (row, column) = (corner.row + row, corner.column + column);
            if row < plan.height + 2 && column < plan.width + 2 {
                memory.load(contract_pointer::A, plan.x.at(corner.image, row, column) + i64::from(k))
            } else {
                M::Element::ZERO
            }
        });
        for (point, sums) in sums.iter_mut().enumerate().take(points) {
            let row = start + (point as i64 * i64::from(plan.k) + i64::from(k)) * width;
            for (lane, sum) in sums.iter_mut().enumerate().take(columns as usize) {
                let u = memory.load(contract_pointer::B, row + lane as i64);
                *sum = v[point].mul_add(u, *sum);
            }
        }
    }
    sums
}

/// A two-dimensional transform of `side`² elements to `points`²: down the columns, then along the rows, each as given.
pub(super) fn points_of<L: Lane>(
    side: usize,
    points: usize,
    [down, along]: [fn([L; 6]) -> [L; 6]; 2],
    element: impl Fn(u32, u32) -> L,
) -> [L; 36] {
    let zero = L::splat(0.0);
    let mut half = [[zero; 6]; 6];
    #[expect(clippy::needless_range_loop, reason = "a column of `half` is written, not a row")]
    for column in 0..side {
        let mut d = [zero; 6];
        for (row, value) in d.iter_mut().enumerate().take(side) {
            *value = element(row as u32, column as u32);
        }
        let d = down(d);
        for row in 0..points {
            half[row][column] = d[row];
        }
    }
    let mut whole = [zero; 36];
    for (row, line) in half.into_iter().enumerate().take(points) {
        let line = along(line);
        whole[row * points..(row + 1) * points].copy_from_slice(&line[..points]);
    }
    whole
}

/// Transforms sums to outputs, applies the closed set of epilogues and stores.
fn store<T: Transform, M: Memory>(
    plan: &WinogradPlan,
    memory: &mut M,
    corner: Corner,
    (panel, columns): (u32, u32),
    products: &[[M::Element; COLUMNS]; 36],
) {
    let (zero, short) = (M::Element::ZERO, corner.short(plan));
    #[expect(clippy::needless_range_loop, reason = "a lane of every product is read")]
    for lane in 0..columns as usize {
        let mut half = [[zero; 6]; 4];
        for column in 0..T::POINTS {
            let mut m = [zero; 6];
            for (row, value) in m.iter_mut().enumerate().take(T::POINTS) {
                *value = products[row * T::POINTS + column][lane];
            }
            let m = if short[0] { T::short_output(m) } else { T::output(m) };
            for row in 0..T::OUTPUTS {
                half[row][column] = m[row];
            }
        }
        let outputs = half.map(if short[1] { T::short_output } else { T::output });
        each_output::<T>(plan, corner, |i, j, row, column| {
            let offsets = offsets(plan, (corner.image, row, column), panel);
            let (at, value) = (offsets[0] + lane as i64, finish(plan, memory, &offsets, lane as i64, outputs[i][j]));
            let is_first = row % plan.pool == 0 && column % plan.pool == 0;
            let value = if is_first { value } else { maximum(memory.load(contract_pointer::C, at), value) };
            memory.store(contract_pointer::C, at, value);
        });
    }
}

/// Calls `visit` with the place in the tile and in the map of each output that is not dropped.
fn each_output<T: Transform>(plan: &WinogradPlan, corner: Corner, mut visit: impl FnMut(usize, usize, u32, u32)) {
    for i in 0..T::OUTPUTS {
        for j in 0..T::OUTPUTS {
            let (row, column) = (corner.row + i as u32, corner.column + j as u32);
            if row < plan.height && column < plan.width {
                visit(i, j, row, column);
            }
        }
    }
}

/// Offsets of y and of the epilogue's operands at the first channel of a panel.
fn offsets(plan: &WinogradPlan, (image, row, column): (u32, u32, u32), panel: u32) -> [i64; 9] {
    let first = i64::from(panel * Panels::COLUMNS);
    let mut offsets = [plan.y.at(image, row / plan.pool, column / plan.pool) + first; 9];
    for (offset, operand) in offsets[1..].iter_mut().zip(&plan.operands) {
        *offset = operand.strides.at(image, row, column) + operand.n * first;
    }
    offsets
}

fn finish<M: Memory>(plan: &WinogradPlan, memory: &M, offsets: &[i64; 9], lane: i64, sum: M::Element) -> M::Element {
    plan.epilogue.finish(sum, |index| {
        let offset = offsets[1 + index] + lane * plan.operands[index].n;
        memory.load(contract_pointer::OPERANDS + index, offset)
    })
}

/// Computes `plan` on `memory`: pointer 0 is U, pointer 1 the filter.
pub fn winograd_filter<M: Memory>(plan: &WinogradFilterPlan, memory: &mut M) {
    for panel in 0..plan.n.div_ceil(Panels::COLUMNS) {
        let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
        let width = columns.next_multiple_of(8);
        let points = i64::from(plan.tile.products());
        let start = i64::from(panel) * points * i64::from(plan.k) * i64::from(Panels::COLUMNS);
        for k in 0..plan.k {
            for lane in 0..width {
                let n = i64::from(panel * Panels::COLUMNS + lane);
                let base = i64::from(k) * plan.k_stride + n * plan.n_stride;
                let tap = |i: i64, j: i64| match lane < columns {
                    true => memory.load(1, base + i * plan.row + j * plan.column).to_f64(),
                    false => 0.0,
                };
                let taps = [0, 1, 2].map(|i| [0, 1, 2].map(|j| tap(i, j)));
                let values = match plan.tile {
                    TileSize::Two => filter::<Two, f64>(taps),
                    TileSize::Four => filter::<Four, f64>(taps),
                };
                for (point, &value) in values.iter().enumerate().take(points as usize) {
                    let row = point as i64 * i64::from(plan.k) + i64::from(k);
                    let at = start + row * i64::from(width) + i64::from(lane);
                    memory.store(0, at, M::Element::splat(value));
                }
            }
        }
    }
}
