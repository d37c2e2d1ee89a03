//! Transforms in plain Rust, for any processor.

use netc_plan::math::portable::mul_add;
use netc_plan::winograd::{Exact, Four, Lane, Two};

use super::Transforms;
use super::filter::{Filters, filters_of};
use super::input::{Inputs, OfGradients, OfInputs, tiles};
use super::output::{Outputs, output};
use super::vector::{Doubles, Vector};
use super::weights::{Row, row};

pub(super) static TRANSFORMS: Transforms = Transforms {
    input: [input_two, input_four],
    output: [output_two, output_four],
    spread: [spread_two, spread_four],
    gather: [gather_two, gather_four],
    filter: [filter_two, filter_four],
};

/// Eight floats.
#[derive(Clone, Copy)]
struct Array([f32; 8]);

impl Array {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        Self(core::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }
}

impl Lane for Array {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value as f32; 8])
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(core::array::from_fn(|lane| mul_add(self.0[lane], factor.0[lane], addend.0[lane])))
    }
}

impl Vector for Array {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(source: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; 8];
        // SAFETY: by the caller's promise.
        lanes[..count].copy_from_slice(unsafe { core::slice::from_raw_parts(source, count) });
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32, count: usize) {
        // SAFETY: by the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(destination, count) }.copy_from_slice(&self.0[..count]);
    }

    #[inline(always)]
    fn relu(self) -> Self {
        Self(self.0.map(|value| if value < 0.0 { 0.0 } else { value }))
    }
}

/// Doubles as arrays.
#[derive(Clone, Copy)]
struct Eight([f64; 8]);

impl Exact for Eight {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        Self(core::array::from_fn(|lane| self.0[lane] - other.0[lane]))
    }
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        Self(self.0.map(|lane| lane * factor))
    }
}

impl Doubles for Eight {
    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: by the caller's promise.
        Self(unsafe { source.cast::<[f32; 8]>().read_unaligned() }.map(f64::from))
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { destination.cast::<[f32; 8]>().write_unaligned(self.0.map(|lane| lane as f32)) }
    }
}

/// # Safety
/// As [`super::input::InputFn`] says.
unsafe fn input_two(inputs: &Inputs) {
    // SAFETY: by the caller's promise; any processor will do.
    unsafe { tiles::<Array, Two, OfInputs>(inputs) }
}

/// # Safety
/// As [`super::input::InputFn`] says.
unsafe fn input_four(inputs: &Inputs) {
    // SAFETY: as above.
    unsafe { tiles::<Array, Four, OfInputs>(inputs) }
}

/// # Safety
/// As [`super::output::OutputFn`] says.
unsafe fn output_two(outputs: &Outputs<'_>) {
    // SAFETY: as above.
    unsafe { output::<Array, Two>(outputs) }
}

/// # Safety
/// As [`super::output::OutputFn`] says.
unsafe fn output_four(outputs: &Outputs<'_>) {
    // SAFETY: as above.
    unsafe { output::<Array, Four>(outputs) }
}

/// # Safety
/// As [`super::input::InputFn`] says.
unsafe fn spread_two(inputs: &Inputs) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { tiles::<Array, Two, OfGradients>(inputs) }
}

/// # Safety
/// As [`super::weights::GatherFn`] says.
unsafe fn gather_two(sums: &Row) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { row::<Eight, Two>(sums) }
}

/// # Safety
/// As [`super::input::InputFn`] says.
unsafe fn spread_four(inputs: &Inputs) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { tiles::<Array, Four, OfGradients>(inputs) }
}

/// # Safety
/// As [`super::weights::GatherFn`] says.
unsafe fn gather_four(sums: &Row) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { row::<Eight, Four>(sums) }
}

/// # Safety
/// As [`super::filter::FilterFn`] says.
unsafe fn filter_two(filters: &Filters<'_>) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { filters_of::<Eight, Two>(filters) }
}

/// # Safety
/// As [`super::filter::FilterFn`] says.
unsafe fn filter_four(filters: &Filters<'_>) {
    // SAFETY: by the caller's promise; the function is compiled for the instruction set.
    unsafe { filters_of::<Eight, Four>(filters) }
}
