//! Winograd's minimal filtering (Lavin and Gray, 2016): how tiles and filters are transformed, operation by operation.
//!
//! A 3×3 convolution of stride 1 makes m×m outputs of (m+2)² inputs by (m+2)² products instead of 9·m²:
//! `Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A`. Each transform is written once over a [`Lane`], so that every executor makes the
//! same operations in the same order. Two-dimensional ones go down the columns first, then along the rows.

mod four;
mod two;

pub use four::Four;
pub use two::Two;

use core::fmt::{Display, Formatter};

/// A number, or several side by side, with the operations that transforms consist of; each is rounded once.
pub trait Lane: Copy {
    /// A constant, rounded to the lane's precision.
    fn splat(value: f64) -> Self;
    /// self + other
    fn add(self, other: Self) -> Self;
    /// self − other
    fn sub(self, other: Self) -> Self;
    /// self · other
    fn mul(self, other: Self) -> Self;
    /// self · factor + addend, rounded once.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
}

impl Lane for f32 {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self * other
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        crate::math::portable::mul_add(self, factor, addend)
    }
}

#[cfg(any(feature = "std", test))]
impl Lane for f64 {
    fn splat(value: f64) -> Self {
        value
    }
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn sub(self, other: Self) -> Self {
        self - other
    }
    fn mul(self, other: Self) -> Self {
        self * other
    }
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self::mul_add(self, factor, addend)
    }
}

/// Numbers with sums and products only, for the transforms of filters, which need no more.
pub trait Exact: Copy {
    /// self + other
    fn plus(self, other: Self) -> Self;
    /// self − other
    fn minus(self, other: Self) -> Self;
    /// self · factor
    fn times(self, factor: f64) -> Self;
}

impl Exact for f64 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        self * factor
    }
}

/// Outputs of a tile along one side.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TileSize {
    /// F(2×2, 3×3): 16 products for 4 outputs.
    Two,
    /// F(4×4, 3×3): 36 products for 16 outputs.
    Four,
}

impl TileSize {
    /// Outputs along a side.
    pub const fn outputs(self) -> u32 {
        match self {
            TileSize::Two => 2,
            TileSize::Four => 4,
        }
    }

    /// Inputs along a side.
    pub const fn points(self) -> u32 {
        self.outputs() + 2
    }

    /// Products per tile and pair of channels.
    pub const fn products(self) -> u32 {
        self.points() * self.points()
    }

    /// Outputs along a short side, 0 if no side is. The last tiles of a map have a short side where no more outputs are
    /// left: they are multiplied at fewer points, which are among those of the others, with the same filter.
    pub const fn short(self) -> u32 {
        match self {
            TileSize::Two => 0,
            TileSize::Four => 2,
        }
    }

    /// Whether there are products at a point of a short side.
    pub const fn keeps(self, point: u32) -> bool {
        match self {
            TileSize::Two => true,
            TileSize::Four => point != 3 && point != 4,
        }
    }

    /// Tiles along `outputs` outputs.
    pub const fn tiles(self, outputs: u32) -> u32 {
        outputs.div_ceil(self.outputs())
    }

    /// Whether the last of the tiles along `outputs` outputs is short.
    pub const fn ends_short(self, outputs: u32) -> bool {
        let last = outputs % self.outputs();
        last != 0 && last <= self.short()
    }

    /// Points of all tiles along `outputs` outputs.
    pub const fn points_along(self, outputs: u32) -> u64 {
        let points = self.points() as u64 * self.tiles(outputs) as u64;
        if self.ends_short(outputs) { points - (self.outputs() - self.short()) as u64 } else { points }
    }
}

impl Display for TileSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        write!(f, "F({0}×{0},3×3)", self.outputs())
    }
}

/// The one-dimensional transforms of a tile size. Arrays are as long as the largest size needs; a smaller one uses the
/// first elements and leaves the others as they come.
pub trait Transform {
    /// Which size.
    const SIZE: TileSize;
    /// Outputs along a side.
    const OUTPUTS: usize = Self::SIZE.outputs() as usize;
    /// Inputs along a side.
    const POINTS: usize = Self::SIZE.points() as usize;

    /// Bᵀ: inputs to points.
    fn input<L: Lane>(d: [L; 6]) -> [L; 6];
    /// Aᵀ: products to outputs.
    fn output<L: Lane>(m: [L; 6]) -> [L; 4];
    /// Inputs to the points of a short side; what is at the others is not used. As `input` where no side is short.
    #[inline(always)]
    fn short_input<L: Lane>(d: [L; 6]) -> [L; 6] {
        Self::input(d)
    }
    /// Products at the points of a short side to its outputs; further ones are not used. As `output` where no side is
    /// short.
    #[inline(always)]
    fn short_output<L: Lane>(m: [L; 6]) -> [L; 4] {
        Self::output(m)
    }
    /// A, the transpose of [`Transform::output`]: gradients of outputs to points; two arguments are not used.
    fn spread<L: Lane>(y: [L; 6]) -> [L; 6];
    /// G: a filter's three taps to points.
    fn filter<E: Exact>(g: [E; 3]) -> [E; 6];
    /// Gᵀ: points to a filter's three taps.
    fn gather<E: Exact>(s: [E; 6]) -> [E; 3];
}

// No closures take lanes below: a closure that is not inlined is compiled without its caller's instructions.

/// Points in memory or in registers, `[row · points + column]`.
pub trait Points<E> {
    /// The value of a point.
    fn point(&self, index: usize) -> E;
}

impl<E: Copy> Points<E> for [E; 36] {
    #[inline(always)]
    fn point(&self, index: usize) -> E {
        self[index]
    }
}

/// `Gᵀ s G` of points, as `[row][column]`.
#[inline(always)]
pub fn gather<T: Transform, E: Exact, P: Points<E>>(s: &P) -> [[E; 3]; 3] {
    let unused = s.point(0);
    let mut half = [[unused; 6]; 3];
    #[expect(clippy::needless_range_loop, reason = "a column of `half` is written, not a row")]
    for column in 0..T::POINTS {
        let mut points = [unused; 6];
        for (row, point) in points.iter_mut().enumerate().take(T::POINTS) {
            *point = s.point(row * T::POINTS + column);
        }
        let taps = T::gather(points);
        for row in 0..3 {
            half[row][column] = taps[row];
        }
    }
    [T::gather(half[0]), T::gather(half[1]), T::gather(half[2])]
}

/// `G g Gᵀ` of the taps `g[row][column]`, as `[row · points + column]`.
#[inline(always)]
pub fn filter<T: Transform, E: Exact>(g: [[E; 3]; 3]) -> [E; 36] {
    let [top, middle, bottom] = g;
    let columns = [
        T::filter([top[0], middle[0], bottom[0]]),
        T::filter([top[1], middle[1], bottom[1]]),
        T::filter([top[2], middle[2], bottom[2]]),
    ];
    let mut points = [g[0][0]; 36];
    for row in 0..T::POINTS {
        let line = T::filter([columns[0][row], columns[1][row], columns[2][row]]);
        for (column, &point) in line.iter().enumerate().take(T::POINTS) {
            points[row * T::POINTS + column] = point;
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_along_a_map_are_those_that_its_tiles_keep() {
        for (size, outputs) in
            [TileSize::Two, TileSize::Four].into_iter().flat_map(|size| (1..20).map(move |o| (size, o)))
        {
            let short = (0..size.points()).filter(|&point| size.keeps(point)).count() as u64;
            let first = (0..outputs).step_by(size.outputs() as usize);
            let points = first.map(|first| if outputs - first <= size.short() { short } else { size.points().into() });
            assert_eq!(size.points_along(outputs), points.sum::<u64>(), "{size} along {outputs}");
        }
        assert_eq!([14, 15, 16].map(|outputs| TileSize::Four.points_along(outputs)), [22, 24, 24]);
    }
}
