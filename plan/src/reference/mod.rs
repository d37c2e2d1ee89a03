//! The meaning of every kernel: plain loops over indices, generic over the element, with no regard for speed.

mod attend;
mod contract;
mod moves;
#[cfg(test)]
mod tests;

pub use attend::attend;
pub use contract::contract;
pub use moves::{copy, fill, random};

/// A number that kernels compute with.
pub trait Element: Copy + PartialOrd + core::ops::Add<Output = Self> {
    /// +0
    const ZERO: Self;
    /// `self·b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// The same number in this type.
    fn from_f32(value: f32) -> Self;
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    fn mul_add(self, b: Self, c: Self) -> Self {
        crate::math::portable::mul_add(self, b, c)
    }
    fn from_f32(value: f32) -> Self {
        value
    }
}

#[cfg(any(feature = "std", test))]
impl Element for f64 {
    const ZERO: Self = 0.0;
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self::mul_add(self, b, c)
    }
    fn from_f32(value: f32) -> Self {
        Self::from(value)
    }
}

/// The memory that a call works on. `pointer` is a position in the call's pointer table (each plan documents its
/// table), `offset` counts elements from that base; the implementor maps both to storage and checks bounds.
pub trait Memory {
    /// The element type.
    type Element: Element;
    /// The element at `offset` from base `pointer`.
    fn load(&self, pointer: usize, offset: i64) -> Self::Element;
    /// Replaces the element at `offset` from base `pointer`.
    fn store(&mut self, pointer: usize, offset: i64, value: Self::Element);
}

/// Calls `visit` for every position of a box of `extents`, in lexicographic order.
pub(crate) fn for_each_position<const RANK: usize>(extents: [u32; RANK], mut visit: impl FnMut(&[u32; RANK])) {
    if extents.contains(&0) {
        return;
    }
    let mut position = [0; RANK];
    loop {
        visit(&position);
        let mut axis = RANK;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            position[axis] += 1;
            if position[axis] < extents[axis] {
                break;
            }
            position[axis] = 0;
        }
    }
}
