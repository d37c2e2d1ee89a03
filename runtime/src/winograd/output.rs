//! Products at points to tiles of outputs: Y = Aᵀ M A, with the closed set of epilogues and the maxima of windows.

use netc_plan::WinogradPlan;
use netc_plan::kernels::TileLayout;
use netc_plan::winograd::Transform;

use super::places::Place;
use super::slots::Slots;
use super::vector::Vector;

/// The products of a run of tiles in one panel.
pub(super) struct Outputs<'a> {
    pub plan: &'a WinogradPlan,
    pub slots: Slots,
    /// Slot 0.
    pub m: *const f32,
    pub layout: TileLayout,
    /// Channels of the panel.
    pub columns: usize,
    /// The base of y at the panel's first channel.
    pub y: *mut f32,
    /// Addends of the closed set at the panel's first channel; null ones are left out.
    pub addends: [*const f32; 2],
    pub relu: bool,
    /// What must be positive for an output to pass, in the same way.
    pub gate: *const f32,
}

/// # Safety
/// The processor has the transform's instructions; y and the addends reach as far as the plan says; the slots of
/// `layout` are readable at `m`, at the points that their tiles have.
pub(super) type OutputFn = unsafe fn(&Outputs<'_>);

/// # Safety
/// As [`OutputFn`] says.
#[inline(always)]
pub(super) unsafe fn output<V: Vector, T: Transform>(outputs: &Outputs<'_>) {
    // SAFETY: by the caller's promise.
    unsafe {
        match (outputs.plan.pool, outputs.gate.is_null()) {
            (2, true) => each_patch::<V, T, 2, false>(outputs),
            (2, false) => each_patch::<V, T, 2, true>(outputs),
            (_, true) => each_patch::<V, T, 1, false>(outputs),
            (_, false) => each_patch::<V, T, 1, true>(outputs),
        }
    }
}

/// # Safety
/// As [`OutputFn`] says; `POOL` is the plan's, `GATED` says that there is a gate.
#[inline(always)]
unsafe fn each_patch<V: Vector, T: Transform, const POOL: usize, const GATED: bool>(outputs: &Outputs<'_>) {
    let plan = outputs.plan;
    for (slot, place) in outputs.slots {
        let rows = ((plan.height - place.top) as usize).min(T::OUTPUTS);
        let columns = ((plan.width - place.left) as usize).min(T::OUTPUTS);
        let m = outputs.m.wrapping_add((slot * outputs.layout.tile) as usize);
        let mut channel = 0;
        while channel < outputs.columns {
            let count = (outputs.columns - channel).min(V::LANES);
            let tile = Tile { place, channel, m: m.wrapping_add(channel), count };
            // SAFETY: the tile's first `rows` rows and `columns` columns are elements of y.
            unsafe {
                if rows == T::OUTPUTS && columns == T::OUTPUTS && count == V::LANES {
                    let (tile, all) = (Tile { count: V::LANES, ..tile }, (T::OUTPUTS, T::OUTPUTS));
                    patch::<V, T, POOL, GATED>(outputs, &tile, all, [false; 2]);
                } else {
                    patch::<V, T, POOL, GATED>(outputs, &tile, (rows, columns), place.short);
                }
            }
            channel += V::LANES;
        }
    }
}

/// One vector of channels of one tile.
struct Tile {
    place: Place,
    channel: usize,
    m: *const f32,
    count: usize,
}

/// # Safety
/// The points are readable, the first `rows` rows and `columns` columns of the tile writable.
#[inline(always)]
unsafe fn patch<V: Vector, T: Transform, const POOL: usize, const GATED: bool>(
    outputs: &Outputs<'_>,
    tile: &Tile,
    (rows, columns): (usize, usize),
    [down, along]: [bool; 2],
) {
    let (plan, zero) = (outputs.plan, V::splat(0.0));
    let mut half = [[zero; 6]; 4];
    #[expect(clippy::needless_range_loop, reason = "a column of `half` is written, not a row")]
    for column in 0..T::POINTS {
        if along && !T::SIZE.keeps(column as u32) {
            continue;
        }
        let mut m = [zero; 6];
        for (row, value) in m.iter_mut().enumerate().take(T::POINTS) {
            if down && !T::SIZE.keeps(row as u32) {
                continue;
            }
            let at = tile.m.wrapping_add((row * T::POINTS + column) * outputs.layout.point as usize);
            // SAFETY: by the caller's promise.
            *value = unsafe { V::load(at, tile.count) };
        }
        let m = if down { T::short_output(m) } else { T::output(m) };
        for row in 0..T::OUTPUTS {
            half[row][column] = m[row];
        }
    }
    let place = |strides: &netc_plan::MapStrides, pool: u32| {
        let Place { image, top, left, .. } = tile.place;
        let start = strides.at(image, top / pool, left / pool) as isize + tile.channel as isize;
        (start, strides.row as isize, strides.pixel as isize)
    };
    let y = place(&plan.y, POOL as u32);
    let addends = [place(&plan.operands[0].strides, 1), place(&plan.operands[1].strides, 1)];
    let gate = place(&plan.operands[plan.epilogue.gate().unwrap_or(0)].strides, 1);
    let mut maxima = [zero; 2];
    for (row, line) in half.into_iter().enumerate().take(T::OUTPUTS) {
        if row >= rows {
            break;
        }
        let line = if along { T::short_output(line) } else { T::output(line) };
        for (column, mut value) in line.into_iter().enumerate().take(T::OUTPUTS) {
            if column >= columns {
                break;
            }
            let at = |(start, down, across): (isize, isize, isize), row: usize, column: usize| {
                start + row as isize * down + column as isize * across
            };
            for (&base, &strides) in outputs.addends.iter().zip(&addends) {
                if !base.is_null() {
                    let addend = base.wrapping_offset(at(strides, row, column));
                    // SAFETY: the operand has an element for each output and channel.
                    value = value.add(unsafe { V::load(addend, tile.count) });
                }
            }
            if outputs.relu {
                value = value.relu();
            }
            if GATED {
                let gate = outputs.gate.wrapping_offset(at(gate, row, column));
                // SAFETY: as above.
                value = value.gated(unsafe { V::load(gate, tile.count) });
            }
            if POOL == 2 {
                let kept = &mut maxima[column / 2];
                *kept = if row % 2 == 0 && column % 2 == 0 { value } else { kept.max(value) };
                if row % 2 == 0 || column % 2 == 0 {
                    continue;
                }
                value = *kept;
            }
            // SAFETY: by the caller's promise.
            unsafe { value.store(outputs.y.wrapping_offset(at(y, row / POOL, column / POOL)), tile.count) };
        }
    }
}
