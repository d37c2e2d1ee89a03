//! One value into every element of a strided box.

use super::units::of_elements;
use super::{Axis, PlanError, Reach};

/// Writes `value` to every position of a box. Pointers of a call: destination. Strides may not be zero where the
/// extent exceeds 1.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FillPlan {
    /// Axes in any order.
    pub axes: [Axis; 8],
    /// What is written.
    pub value: f32,
}

impl FillPlan {
    /// Fills `len` consecutive elements; at most 2³² − 1 of them.
    pub const fn contiguous(len: u32, value: f32) -> Self {
        let mut axes = [Axis::UNUSED; 8];
        axes[0] = Axis { extent: len, stride: 1 };
        Self { axes, value }
    }

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

    /// Units of the call, each a range of [`longest_stride`].
    pub const fn units(&self) -> u32 {
        of_elements(self.len(), self.axes[longest_stride(&self.axes)].extent as u64)
    }

    /// The axis whose positions are dealt out.
    pub const fn split_axis(&self) -> usize {
        longest_stride(&self.axes)
    }
}

pub(crate) const fn box_len(axes: &[Axis; 8]) -> u64 {
    let mut len = 1u64;
    let mut axis = 0;
    while axis < 8 {
        len = len.saturating_mul(axes[axis].extent as u64);
        axis += 1;
    }
    len
}

pub(crate) const fn box_reach(axes: &[Axis; 8]) -> Result<Reach, PlanError> {
    let mut reach = Reach::POINT;
    let mut axis = 0;
    while axis < 8 {
        reach = match reach.along(axes[axis].extent, axes[axis].stride) {
            Ok(reach) => reach,
            Err(error) => return Err(error),
        };
        axis += 1;
    }
    Ok(reach)
}

pub(crate) const fn check_box(axes: &[Axis; 8]) -> Result<(), PlanError> {
    if let Err(error) = box_reach(axes) {
        return Err(error);
    }
    if box_len(axes) > 1 << 40 {
        return Err(PlanError::TooLarge);
    }
    if super::axes::disjoint(*axes) { Ok(()) } else { Err(PlanError::Overlap) }
}

/// The axis with the largest stride among those of extent > 1.
pub(crate) const fn longest_stride(axes: &[Axis; 8]) -> usize {
    let mut best = 0;
    let mut axis = 1;
    while axis < 8 {
        let (this, that) = (&axes[axis], &axes[best]);
        if this.extent > 1 && (that.extent == 1 || this.stride.unsigned_abs() > that.stride.unsigned_abs()) {
            best = axis;
        }
        axis += 1;
    }
    best
}
