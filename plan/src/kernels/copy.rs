//! A strided copy with zero padding: transposes, packing, halos.

use super::axes::disjoint;
use super::units::of_elements;
use super::{Axis, PlanError, Reach};

/// An axis of a copy. Destination position `i` takes source position `i − before` if that lies in `0..valid`, else 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CopyAxis {
    /// Positions of the destination.
    pub extent: u32,
    /// Zeros before the first source position.
    pub before: u32,
    /// Source positions; `before + valid ≤ extent`.
    pub valid: u32,
    /// Stride in the source.
    pub source: i64,
    /// Stride in the destination.
    pub destination: i64,
}

impl CopyAxis {
    /// An axis that is not used.
    pub const UNUSED: Self = Self::new(1, 0, 0);

    /// An axis without padding.
    pub const fn new(extent: u32, source: i64, destination: i64) -> Self {
        Self { extent, before: 0, valid: extent, source, destination }
    }

    /// The axis with `before` zeros in front of its positions and `after` behind; `destination` strides stay, and the
    /// destination's base is the first zero.
    pub const fn padded(self, before: u32, after: u32) -> Self {
        Self { extent: before + self.extent + after, before, valid: self.extent, ..self }
    }
}

/// Copies a box of 4-byte elements, bit by bit: `destination[i…] = source[i… − before…]`, or 0 outside the valid part.
///
/// Pointers of a call: destination, source. The source's base is the element at source position 0 of every axis.
/// Source strides may be zero (broadcast) or negative. Destination and source do not overlap.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CopyPlan {
    /// Axes in any order; executors choose their own order.
    pub axes: [CopyAxis; 8],
}

impl CopyPlan {
    /// A copy over `axes`; `None` for more than eight.
    pub const fn new(axes: &[CopyAxis]) -> Option<Self> {
        if axes.len() > 8 {
            return None;
        }
        let mut plan = Self { axes: [CopyAxis::UNUSED; 8] };
        let mut axis = 0;
        while axis < axes.len() {
            plan.axes[axis] = axes[axis];
            axis += 1;
        }
        Some(plan)
    }

    /// Elements written.
    pub const fn len(&self) -> u64 {
        let mut len = 1u64;
        let mut axis = 0;
        while axis < 8 {
            len = len.saturating_mul(self.axes[axis].extent as u64);
            axis += 1;
        }
        len
    }

    /// Whether nothing is written; never true of a checked plan.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which elements of the destination are written.
    pub const fn reach_destination(&self) -> Result<Reach, PlanError> {
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < 8 {
            reach = match reach.along(self.axes[axis].extent, self.axes[axis].destination) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        Ok(reach)
    }

    /// Which elements of the source are read; the base alone if none are.
    pub const fn reach_source(&self) -> Result<Reach, PlanError> {
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < 8 {
            if self.axes[axis].valid == 0 {
                return Ok(Reach::POINT);
            }
            axis += 1;
        }
        axis = 0;
        while axis < 8 {
            reach = match reach.along(self.axes[axis].valid, self.axes[axis].source) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        Ok(reach)
    }

    /// Whether executors accept the plan.
    pub const fn check(&self) -> Result<(), PlanError> {
        if let Err(error) = self.reach_destination() {
            return Err(error);
        }
        if let Err(error) = self.reach_source() {
            return Err(error);
        }
        if self.len() > 1 << 40 {
            return Err(PlanError::TooLarge);
        }
        let mut written = [Axis::UNUSED; 8];
        let mut axis = 0;
        while axis < 8 {
            let CopyAxis { extent, before, valid, destination, .. } = self.axes[axis];
            if before as u64 + valid as u64 > extent as u64 {
                return Err(PlanError::Valid);
            }
            written[axis] = Axis { extent, stride: destination };
            axis += 1;
        }
        if disjoint(written) { Ok(()) } else { Err(PlanError::Overlap) }
    }

    /// The axis whose positions are dealt out: the one with the largest destination stride among those of extent > 1.
    /// Of a matrix that is turned, the rows of the source, where they are many: the same threads wrote them.
    pub const fn split_axis(&self) -> usize {
        const MANY: u32 = 256;
        let mut best = 0;
        let mut axis = 1;
        while axis < 8 {
            let (this, that) = (&self.axes[axis], &self.axes[best]);
            if this.extent > 1
                && (that.extent == 1 || this.destination.unsigned_abs() > that.destination.unsigned_abs())
            {
                best = axis;
            }
            axis += 1;
        }
        let mut axis = 0;
        while axis < 8 {
            let (rows, columns) = (&self.axes[axis], &self.axes[best]);
            let is_matrix = rows.extent as u64 * columns.extent as u64 == self.len();
            if is_matrix && rows.extent >= MANY && rows.destination == 1 && columns.source == 1 {
                return axis;
            }
            axis += 1;
        }
        best
    }

    /// Units of the call, each a range of [`CopyPlan::split_axis`]. Small copies stay whole; where neighbours of that
    /// axis are neighbours in memory, a unit takes at least a cache line of them.
    pub const fn units(&self) -> u32 {
        const LINE: u32 = 16;
        let axis = &self.axes[self.split_axis()];
        let most = if axis.source == 1 || axis.destination == 1 { axis.extent.div_ceil(LINE) } else { axis.extent };
        of_elements(self.len(), most as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_of_a_matrix_that_is_turned_are_dealt_out_by_source() {
        let split = |rows: u32, columns: u32| {
            let axes = [(rows, columns, 1), (columns, 1, rows)];
            let axes = axes.map(|(extent, from, to)| CopyAxis::new(extent, from.into(), to.into()));
            CopyPlan::new(&axes).expect("two axes").split_axis()
        };
        assert_eq!([split(512, 128), split(256, 512), split(128, 512)], [0, 0, 1]);
    }
}
