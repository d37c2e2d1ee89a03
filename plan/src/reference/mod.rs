//! The meaning of every kernel: plain loops over indices, generic over the element, with no regard for speed.

mod attend;
mod contract;
mod moves;
#[cfg(test)]
mod tests;
mod winograd;
mod winograd_weights;

pub use attend::attend;
pub use contract::contract;
pub use moves::{copy, fill, random};
pub use winograd::{winograd, winograd_filter};
pub use winograd_weights::winograd_weights;

use crate::winograd::Lane;

/// A number that kernels compute with.
pub trait Element: Lane + PartialOrd + core::ops::Add<Output = Self> {
    /// +0
    const ZERO: Self;
    /// The same number in this type.
    fn from_f32(value: f32) -> Self;
    /// The same number in double precision.
    fn to_f64(self) -> f64;
}

impl Element for f32 {
    const ZERO: Self = 0.0;
    fn from_f32(value: f32) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

#[cfg(any(feature = "std", test))]
impl Element for f64 {
    const ZERO: Self = 0.0;
    fn from_f32(value: f32) -> Self {
        Self::from(value)
    }
    fn to_f64(self) -> f64 {
        self
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
pub fn for_each_position<const RANK: usize>(extents: [u32; RANK], mut visit: impl FnMut(&[u32; RANK])) {
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
