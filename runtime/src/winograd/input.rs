//! Tiles to points, channel by channel: of inputs, and of the gradients of outputs.

use netc_plan::kernels::TileLayout;
use netc_plan::winograd::Transform;

use super::pixels::Pixels;
use super::places::Place;
use super::slots::Slots;
use super::vector::Vector;

/// A run of tiles to be transformed.
pub(super) struct Inputs {
    /// Rows and columns beyond its own count as zero.
    pub map: Pixels,
    pub slots: Slots,
    /// Slot 0.
    pub v: *mut f32,
    pub layout: TileLayout,
}

/// # Safety
/// The processor has the transform's instructions; the map reaches as far as its rows, columns and channels say; the
/// slots of `layout` are writable at `v`.
pub(super) type InputFn = unsafe fn(&Inputs);

/// A transform of a tile's rows or columns to points.
///
/// A trait and not a closure: its method is always inlined, so that vectors stay in functions compiled for them.
pub(super) trait ToPoints {
    /// Elements along a side of a tile.
    fn side<T: Transform>() -> usize;
    /// Of one row or column, which may be a short side.
    fn of<T: Transform, V: Vector>(elements: [V; 6], short: bool) -> [V; 6];
}

/// V = Bᵀ d B: the inputs of a forward tile overlap by two.
pub(super) struct OfInputs;

impl ToPoints for OfInputs {
    #[inline(always)]
    fn side<T: Transform>() -> usize {
        T::POINTS
    }
    #[inline(always)]
    fn of<T: Transform, V: Vector>(elements: [V; 6], short: bool) -> [V; 6] {
        if short { T::short_input(elements) } else { T::input(elements) }
    }
}

/// Z = A y Aᵀ: gradients of a tile's outputs, of which none is short.
pub(super) struct OfGradients;

impl ToPoints for OfGradients {
    #[inline(always)]
    fn side<T: Transform>() -> usize {
        T::OUTPUTS
    }
    #[inline(always)]
    fn of<T: Transform, V: Vector>(elements: [V; 6], _short: bool) -> [V; 6] {
        T::spread(elements)
    }
}

/// Transforms the tiles, `T::OUTPUTS` apart.
///
/// # Safety
/// As [`InputFn`] says.
#[inline(always)]
pub(super) unsafe fn tiles<V: Vector, T: Transform, P: ToPoints>(inputs: &Inputs) {
    let (side, map) = (P::side::<T>(), &inputs.map);
    for (slot, Place { image, top, left, short }) in inputs.slots {
        let rows = ((map.rows - top) as usize).min(side);
        let columns = ((map.columns - left) as usize).min(side);
        let x = map.base.wrapping_offset(map.strides.at(image, top, left) as isize);
        let v = inputs.v.wrapping_add((slot * inputs.layout.tile) as usize);
        let mut channel = 0;
        while channel < map.channels {
            let count = (map.channels - channel).min(V::LANES);
            let part = Part {
                x: x.wrapping_add(channel),
                row: map.strides.row as isize,
                pixel: map.strides.pixel as isize,
                v: v.wrapping_add(channel),
                point: inputs.layout.point as usize,
                count,
            };
            // SAFETY: the tile's first `rows` rows and `columns` columns are elements of x.
            unsafe {
                if rows == side && columns == side && count == V::LANES && short == [false; 2] {
                    patch::<V, T, P>(&Part { count: V::LANES, ..part }, (side, side), [false; 2]);
                } else {
                    patch::<V, T, P>(&part, (rows, columns), short);
                }
            }
            channel += V::LANES;
        }
    }
}

/// One vector of channels of one tile.
struct Part {
    x: *const f32,
    row: isize,
    pixel: isize,
    v: *mut f32,
    point: usize,
    count: usize,
}

/// # Safety
/// The first `rows` rows and `columns` columns of `part` are readable, the points writable.
#[inline(always)]
unsafe fn patch<V: Vector, T: Transform, P: ToPoints>(
    part: &Part,
    (rows, columns): (usize, usize),
    [down, along]: [bool; 2],
) {
    let zero = V::splat(0.0);
    let mut half = [[zero; 6]; 6];
    // What the next tile of the row reads and this one does not.
    for row in 0..P::side::<T>() {
        for column in P::side::<T>()..P::side::<T>() + T::OUTPUTS {
            let at = part.x.wrapping_offset(row as isize * part.row + column as isize * part.pixel);
            V::fetch(at);
        }
    }
    #[expect(clippy::needless_range_loop, reason = "a column of `half` is written, not a row")]
    for column in 0..P::side::<T>() {
        let mut d = [zero; 6];
        for (row, value) in d.iter_mut().enumerate().take(P::side::<T>()) {
            if row < rows && column < columns {
                let at = part.x.wrapping_offset(row as isize * part.row + column as isize * part.pixel);
                // SAFETY: by the caller's promise.
                *value = unsafe { V::load(at, part.count) };
            }
        }
        let d = P::of::<T, V>(d, down);
        for row in 0..T::POINTS {
            half[row][column] = d[row];
        }
    }
    for (row, line) in half.into_iter().enumerate().take(T::POINTS) {
        if down && !T::SIZE.keeps(row as u32) {
            continue;
        }
        for (column, value) in P::of::<T, V>(line, along).into_iter().enumerate().take(T::POINTS) {
            if along && !T::SIZE.keeps(column as u32) {
                continue;
            }
            let at = part.v.wrapping_add((row * T::POINTS + column) * part.point);
            // SAFETY: by the caller's promise.
            unsafe { value.store(at, part.count) };
        }
    }
}
