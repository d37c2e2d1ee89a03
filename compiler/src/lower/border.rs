//! Where the map of a call ends, from axes that know how they move over it to the borders of a plan.

use super::call::{Axis, Call, Tap};
use netc_plan::Border;

/// The axis of a map that an index moves along, and by how many positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Along {
    pub map: usize,
    pub by: i64,
}

/// An axis of the map that A is read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapAxis {
    /// Where the kernel's first position lies at the result's first.
    pub first: i64,
    pub extent: usize,
}

/// The border that `tap`, an axis of the plan, runs into: `outer` and `m` are the plan's other axes, in the places that
/// they have there. `NONE` if the axis does not move over the map, never leaves it, or if an axis that does was merged.
pub(super) fn border(call: &Call, tap: &Tap, outer: &[Option<&Axis>; 6], m: &Axis) -> Border {
    let Some(Along { map, by: step @ 1.. }) = tap.along else { return Border::NONE };
    let MapAxis { first, extent } = call.map[map];
    let by = |axis: &Axis| axis.along.filter(|along| along.map == map).map_or(0, |along| along.by);
    let moving = |axis: &&Axis| by(axis) != 0;
    let kept = outer.iter().flatten().copied().chain([m]).filter(moving).count();
    if kept < call.rows.iter().filter(|row| row.extent > 1).filter(moving).count() {
        return Border::NONE;
    }
    let steps = outer.iter().flatten().map(|axis| (by(axis), axis.extent)).chain([(by(m), m.extent)]);
    let last =
        steps.map(|(by, extent)| by * i64::from(extent - 1)).sum::<i64>() + step * i64::from(tap.extent / tap.run - 1);
    if first >= 0 && first + last < extent as i64 {
        return Border::NONE;
    }
    let small = |number: i64| i32::try_from(number).ok();
    let found = || {
        let mut border = Border {
            extent: u32::try_from(extent).ok()?,
            first: small(first)?,
            outer: [0; 6],
            m: small(by(m))?,
            tap: small(step)?,
            run: tap.run,
        };
        for (slot, axis) in border.outer.iter_mut().zip(outer) {
            *slot = small(axis.map_or(0, by))?;
        }
        Some(border)
    };
    found().unwrap_or(Border::NONE)
}
