//! What an instruction set must offer: operations on one of its registers.

use super::LANES;
use super::wide::each;

/// An instruction set's registers of floats and integers, and its masks.
///
/// # Safety
/// Methods may be called only where the instructions exist; [`super::wide`] is reached through [`super::dispatch`]
/// alone.
pub(crate) trait Register: Copy + 'static {
    /// Lanes of a register.
    const LANES: usize;
    /// Whether all processors of the target have it.
    const IS_EVERYWHERE: bool;
    type F: Copy;
    type I: Copy;
    type M: Copy;

    /// # Safety
    /// `LANES` floats may be read.
    unsafe fn load(from: *const f32) -> Self::F;
    /// # Safety
    /// `LANES` floats may be written.
    unsafe fn store(value: Self::F, to: *mut f32);

    /// Fewer than sixteen elements in `N` registers, zeros in the other lanes.
    #[inline(always)]
    fn load_rest<const N: usize>(rest: &[f32]) -> [Self::F; N] {
        let values = padded(rest);
        // SAFETY: there are sixteen elements.
        each!(N, r => unsafe { Self::load(values.as_ptr().add(r * Self::LANES)) })
    }
    /// Writes as many of the first lanes as there are elements, at most sixteen.
    #[inline(always)]
    fn store_rest<const N: usize>(registers: [Self::F; N], rest: &mut [f32]) {
        let mut values = [0.0; LANES];
        let mut r = 0;
        while r < N {
            // SAFETY: there are sixteen elements.
            unsafe { Self::store(registers[r], values.as_mut_ptr().add(r * Self::LANES)) };
            r += 1;
        }
        copy(&values, rest);
    }

    fn splat(value: f32) -> Self::F;
    fn splat_int(value: i32) -> Self::I;
    fn add(a: Self::F, b: Self::F) -> Self::F;
    fn sub(a: Self::F, b: Self::F) -> Self::F;
    fn mul(a: Self::F, b: Self::F) -> Self::F;
    fn div(a: Self::F, b: Self::F) -> Self::F;
    /// a·b + c, rounded once.
    fn mul_add(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// a · 2ⁿ, rounded once: [`netc_plan::math::Ops::scale`].
    #[inline(always)]
    fn scale(a: Self::F, n: Self::I, _: Self::F) -> Self::F {
        let bias = Self::splat_int(127);
        let first = Self::shift_right(n, 1);
        let second = Self::int_sub(n, first);
        let first = Self::float_of_bits(Self::shift_left(Self::int_add(first, bias), 23));
        let second = Self::float_of_bits(Self::shift_left(Self::int_add(second, bias), 23));
        Self::mul(Self::mul(a, first), second)
    }
    /// b < a ? a : b
    fn larger(a: Self::F, b: Self::F) -> Self::F;
    /// a < b ? a : b
    fn smaller(a: Self::F, b: Self::F) -> Self::F;
    fn sqrt(a: Self::F) -> Self::F;
    fn floor(a: Self::F) -> Self::F;
    fn less(a: Self::F, b: Self::F) -> Self::M;
    fn less_equal(a: Self::F, b: Self::F) -> Self::M;
    fn equal(a: Self::F, b: Self::F) -> Self::M;
    /// Whether either is NaN.
    fn unordered(a: Self::F, b: Self::F) -> Self::M;
    fn select(condition: Self::M, yes: Self::F, no: Self::F) -> Self::F;
    fn and(a: Self::M, b: Self::M) -> Self::M;
    fn or(a: Self::M, b: Self::M) -> Self::M;
    fn not(a: Self::M) -> Self::M;
    fn bits_of(a: Self::F) -> Self::I;
    fn float_of_bits(a: Self::I) -> Self::F;
    fn float_of_int(a: Self::I) -> Self::F;
    fn int_add(a: Self::I, b: Self::I) -> Self::I;
    fn int_sub(a: Self::I, b: Self::I) -> Self::I;
    fn int_and(a: Self::I, b: Self::I) -> Self::I;
    fn int_or(a: Self::I, b: Self::I) -> Self::I;
    fn int_xor(a: Self::I, b: Self::I) -> Self::I;
    fn shift_left(a: Self::I, bits: u32) -> Self::I;
    fn shift_right(a: Self::I, bits: u32) -> Self::I;
    fn int_less(a: Self::I, b: Self::I) -> Self::M;
    fn int_equal(a: Self::I, b: Self::I) -> Self::M;
}

/// The elements, and zeros.
#[inline(never)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    copy(rest, &mut values);
    values
}

/// The elements that both have.
#[inline(never)]
fn copy(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
