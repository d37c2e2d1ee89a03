//! Transforms in plain Rust, for any processor.

use netc_plan::math::portable::mul_add;
use netc_plan::winograd::{Exact, Lane, Transform};

use super::transforms::transforms;
use super::vector::{Doubles, Vector};

transforms!(Array, Eight);

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
    fn fetch(_address: *const f32) {}

    #[inline(always)]
    fn relu(self) -> Self {
        Self(self.0.map(|value| if value < 0.0 { 0.0 } else { value }))
    }

    #[inline(always)]
    fn gated(self, gate: Self) -> Self {
        self.zip(gate, |value, gate| if 0.0 < gate { value } else { 0.0 })
    }

    #[inline(always)]
    fn max(self, value: Self) -> Self {
        self.zip(value, |stored, value| if stored < value || value.is_nan() { value } else { stored })
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
    const LANES: usize = 1;

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
