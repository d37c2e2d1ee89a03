//! Sixteen numbers at once: what the loops of generated Rust are written in, for every instruction set.
//!
//! A [`Kernel`] is generic over [`Lanes`]; [`dispatch`] runs the instance for the processor at hand. Every operation is
//! one IEEE operation per lane and the transcendental functions are `netc_plan::math`'s sequences, so the instances
//! agree to the bit with each other, with the interpreter and with machine code.

mod math;
#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable;
mod register;
#[cfg(test)]
mod tests;
mod whole;
mod wide;
#[cfg(target_arch = "x86_64")]
mod x86;

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::Isa;

/// Numbers that are processed together.
pub const LANES: usize = 16;

/// An instruction set with its registers. Values of this trait's types exist only where its instructions do.
pub trait Lanes: Sized {
    /// Sixteen floats.
    type F: Float<I = Self::I, M = Self::M>;
    /// Sixteen integers.
    type I: Int<F = Self::F, M = Self::M>;
    /// Sixteen truths.
    type M: Mask<F = Self::F, I = Self::I>;
}

/// Sixteen floats.
pub trait Float:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self> + Neg<Output = Self>
{
    /// Integers of as many lanes.
    type I;
    /// Truths of as many lanes.
    type M;

    /// The same number in all lanes.
    fn splat(value: f32) -> Self;
    /// Elements from `at`; lanes beyond the slice are 0.
    fn load(from: &[f32], at: isize) -> Self;
    /// The same if that `holds`, else one number in all lanes.
    #[inline(always)]
    fn load_if(holds: bool, from: &[f32], at: isize, otherwise: f32) -> Self {
        if holds { Self::load(from, at) } else { Self::splat(otherwise) }
    }
    /// The elements themselves.
    fn from_array(values: [f32; LANES]) -> Self;
    /// Writes the first `count` lanes from `at`, as far as the slice reaches.
    fn store(self, to: &mut [f32], at: isize, count: usize);
    /// The elements themselves.
    fn to_array(self) -> [f32; LANES];

    /// |x|
    fn abs(self) -> Self;
    /// √x
    fn sqrt(self) -> Self;
    /// ⌊x⌋
    fn floor(self) -> Self;
    /// eˣ
    fn exp(self) -> Self;
    /// ln x
    fn log(self) -> Self;
    /// tanh x
    fn tanh(self) -> Self;
    /// 1/(1 + e⁻ˣ)
    fn sigmoid(self) -> Self;
    /// The error function.
    fn erf(self) -> Self;
    /// x < 0 ? 0 : x
    fn relu(self) -> Self;
    /// The larger; NaN sticks, the first wins a tie.
    fn max(self, other: Self) -> Self;
    /// The smaller; NaN sticks, the first wins a tie.
    fn min(self, other: Self) -> Self;
    /// y < x ? x : y, where NaN is of no matter.
    fn larger(self, other: Self) -> Self;
    /// x < y
    fn less(self, other: Self) -> Self::M;
    /// x ≤ y
    fn less_equal(self, other: Self) -> Self::M;
    /// x = y
    fn equal(self, other: Self) -> Self::M;
    /// Truncated, saturating; NaN gives 0.
    fn to_int(self) -> Self::I;

    /// self · factor + addend, rounded once, in the first `count` lanes; others may keep the addend.
    fn mul_add_first(self, factor: Self, addend: Self, count: usize) -> Self;
    /// Adds `other` in the first `count` lanes.
    fn add_first(self, other: Self, count: usize) -> Self;
    /// Takes the larger in the first `count` lanes.
    fn max_first(self, other: Self, count: usize) -> Self;
    /// Takes the [larger](Float::larger) in the first `count` lanes.
    fn larger_first(self, other: Self, count: usize) -> Self;
    /// Adds the upper half of the lanes to the lower until one is left.
    fn sum_halves(self) -> f32;
    /// The same with the larger instead of the sum.
    fn max_halves(self) -> f32;
    /// The same with the [larger](Float::larger).
    fn larger_halves(self) -> f32;
}

/// Sixteen integers of 32 bits; arithmetic wraps.
pub trait Int: Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self> {
    /// Floats of as many lanes.
    type F;
    /// Truths of as many lanes.
    type M;

    /// The same number in all lanes.
    fn splat(value: i32) -> Self;
    /// `first`, `first + step`, ….
    fn ramp(first: i32, step: i32) -> Self;
    /// The integers whose bits the floats are.
    fn from_bits(bits: Self::F) -> Self;
    /// Floats with the same bits.
    fn to_bits(self) -> Self::F;
    /// x / y, 0 where that is undefined.
    fn div(self, other: Self) -> Self;
    /// The larger.
    fn max(self, other: Self) -> Self;
    /// The smaller.
    fn min(self, other: Self) -> Self;
    /// |x|, wrapping.
    fn abs(self) -> Self;
    /// The larger of x and 0.
    fn relu(self) -> Self;
    /// x < y
    fn less(self, other: Self) -> Self::M;
    /// x ≤ y
    fn less_equal(self, other: Self) -> Self::M;
    /// x = y
    fn equal(self, other: Self) -> Self::M;
    /// x ≠ 0
    fn truth(self) -> Self::M;
    /// The nearest floats.
    fn to_float(self) -> Self::F;
}

/// Sixteen truths.
pub trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// Floats of as many lanes.
    type F;
    /// Integers of as many lanes.
    type I;

    /// The same in all lanes.
    fn splat(value: bool) -> Self;
    /// `yes` where it holds, else `no`.
    fn select(self, yes: Self::F, no: Self::F) -> Self::F;
    /// The same for integers.
    fn select_int(self, yes: Self::I, no: Self::I) -> Self::I;
    /// 1 where it holds, else 0.
    fn to_int(self) -> Self::I;
}

/// Work that is written for any instruction set.
pub trait Kernel {
    /// Does the work. To be marked `#[inline(always)]`: only then do its loops use the instruction set.
    fn run<L: Lanes>(self);
}

/// Runs a kernel with the widest registers that may be used: [`Isa::chosen`].
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) {
    // SAFETY: a chosen instruction set is one that the processor has.
    unsafe { dispatch_on(Isa::chosen(), kernel) }
}

/// Runs a kernel with the registers of an instruction set.
///
/// # Safety
/// The processor has the instruction set.
#[inline]
pub(crate) unsafe fn dispatch_on<K: Kernel>(isa: Isa, kernel: K) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: by the caller's promise.
        Isa::Avx512 => unsafe { x86::avx512(kernel) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { x86::avx2(kernel) },
        #[cfg(target_arch = "x86_64")]
        _ => kernel.run::<x86::Baseline>(),
        #[cfg(not(target_arch = "x86_64"))]
        _ => kernel.run::<portable::Portable>(),
    }
}

/// First lanes of the blocks of a loop of `extent` turns, and how many of the block's lanes are turns.
#[inline(always)]
pub fn blocks(extent: usize) -> Blocks {
    Blocks { at: 0, extent }
}

/// See [`blocks`].
#[derive(Clone, Debug)]
pub struct Blocks {
    at: usize,
    extent: usize,
}

impl Iterator for Blocks {
    type Item = (isize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<(isize, usize)> {
        if self.at >= self.extent {
            return None;
        }
        let (at, left) = (self.at, self.extent - self.at);
        self.at = at + LANES;
        Some((at as isize, if left < LANES { left } else { LANES }))
    }
}
