//! What transforms need of a vector of an instruction set beyond its arithmetic.

use netc_plan::winograd::{Exact, Lane};

/// A vector of floats in registers.
///
/// Values exist only inside functions compiled for the instruction set; methods are always inlined into them.
pub(super) trait Vector: Lane {
    /// Floats of a vector.
    const LANES: usize;

    /// The first `count` floats, zeros elsewhere.
    ///
    /// # Safety
    /// The processor has the instruction set; `count` (1 to `LANES`) floats are readable.
    unsafe fn load(source: *const f32, count: usize) -> Self;

    /// Writes the first `count` floats.
    ///
    /// # Safety
    /// The processor has the instruction set; `count` (1 to `LANES`) floats are writable.
    unsafe fn store(self, destination: *mut f32, count: usize);

    /// Fetches the cache line of an address, which need not be readable.
    fn fetch(address: *const f32);

    /// +0 where negative; NaN and −0 pass.
    fn relu(self) -> Self;

    /// `self` where the gate is positive, +0 elsewhere.
    fn gated(self, gate: Self) -> Self;

    /// The larger of what is stored, `self`, and a further value; NaN sticks.
    fn max(self, value: Self) -> Self;
}

/// Eight doubles in registers, for what is computed in doubles and rounded once. The same rules hold.
pub(super) trait Doubles: Exact {
    /// Floats of a vector of the instruction set; 1 of the portable one.
    const LANES: usize;

    /// Eight floats, widened.
    ///
    /// # Safety
    /// The processor has the instruction set; eight floats are readable.
    unsafe fn load(source: *const f32) -> Self;

    /// Writes them, rounded to nearest.
    ///
    /// # Safety
    /// The processor has the instruction set; eight floats are writable.
    unsafe fn store(self, destination: *mut f32);
}
