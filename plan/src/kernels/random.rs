//! Counter-based random numbers into a strided box, each a function of its logical position.

use super::fill::{box_len, box_reach, check_box};
use super::units::clamp;
use super::{Axis, PlanError, Reach};

/// From what the numbers are drawn.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform over [0, 1), multiples of 2⁻²⁴.
    Uniform,
    /// Normal with mean 0 and deviation 1.
    Normal,
}

/// Writes to the position with row-major logical index `i` (axis 0 slowest) the number that
/// [`crate::philox::uniform`] or [`crate::philox::normal`] gives for `key(seed, stream)`, `step` and `first + i`.
///
/// Pointers of a call: destination, then four 32-bit words: seed (low, high), step (low, high). The order of the axes
/// is meaning: with the batch as axis 0 the index holds the sample's position.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RandomPlan {
    /// Axes, slowest first, in logical order.
    pub axes: [Axis; 8],
    /// Which stream: [`crate::philox::stream`] of the layer's path and the draw's number in it.
    pub stream: u64,
    /// Logical index of the first element.
    pub first: u64,
    /// What is drawn.
    pub distribution: Distribution,
}

impl RandomPlan {
    /// Elements written.
    pub const fn len(&self) -> u64 {
        box_len(&self.axes)
    }

    /// Whether nothing is written; never true of a checked plan.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which elements are written.
    pub const fn reach(&self) -> Result<Reach, PlanError> {
        box_reach(&self.axes)
    }

    /// Whether executors accept the plan.
    pub const fn check(&self) -> Result<(), PlanError> {
        check_box(&self.axes)
    }

    /// Units of the call, each a range of logical indices whose bounds are multiples of 4.
    pub const fn units(&self) -> u32 {
        clamp(self.len() / (1 << 12), 1, 1024) as u32
    }
}
