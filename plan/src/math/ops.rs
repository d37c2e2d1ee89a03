//! The operations that math is written in.

/// A builder of IEEE single-precision operations over one lane type.
///
/// Every method is one operation of the machine: correctly rounded to nearest even, subnormals kept. Comparisons are
/// ordered (false if either side is NaN). Integers are 32 bits and wrap.
pub trait Ops {
    /// A 32-bit float (or a vector of them).
    type F: Copy;
    /// A 32-bit integer (or a vector of them).
    type I: Copy;
    /// The result of a comparison.
    type B: Copy;

    /// A constant.
    fn float(&mut self, value: f32) -> Self::F;
    /// An integer constant.
    fn int(&mut self, value: i32) -> Self::I;

    /// a + b
    fn add(&mut self, a: Self::F, b: Self::F) -> Self::F;
    /// a − b
    fn sub(&mut self, a: Self::F, b: Self::F) -> Self::F;
    /// a · b
    fn mul(&mut self, a: Self::F, b: Self::F) -> Self::F;
    /// a · b + c, rounded once
    fn mul_add(&mut self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// a / b
    fn div(&mut self, a: Self::F, b: Self::F) -> Self::F;
    /// −a, of a NaN too.
    fn neg(&mut self, a: Self::F) -> Self::F;
    /// |a|
    fn abs(&mut self, a: Self::F) -> Self::F;
    /// √a
    fn sqrt(&mut self, a: Self::F) -> Self::F;

    /// a < b
    fn less(&mut self, a: Self::F, b: Self::F) -> Self::B;
    /// a = b; false for NaN, true for −0 and +0.
    fn equal(&mut self, a: Self::F, b: Self::F) -> Self::B;
    /// `yes` where `condition` holds, else `no`; bits are passed unchanged.
    fn select(&mut self, condition: Self::B, yes: Self::F, no: Self::F) -> Self::F;

    /// b < a ? a : b
    #[inline(always)]
    fn larger(&mut self, a: Self::F, b: Self::F) -> Self::F {
        let is_larger = self.less(b, a);
        self.select(is_larger, a, b)
    }
    /// a < b ? a : b
    #[inline(always)]
    fn smaller(&mut self, a: Self::F, b: Self::F) -> Self::F {
        let is_smaller = self.less(a, b);
        self.select(is_smaller, a, b)
    }

    /// The bits of a float.
    fn bits_of(&mut self, a: Self::F) -> Self::I;
    /// The float with these bits.
    fn float_of_bits(&mut self, a: Self::I) -> Self::F;
    /// The nearest float to an integer.
    fn float_of_int(&mut self, a: Self::I) -> Self::F;

    /// a + b, wrapping.
    fn int_add(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// a − b, wrapping.
    fn int_sub(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise and.
    fn int_and(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise or.
    fn int_or(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise exclusive or.
    fn int_xor(&mut self, a: Self::I, b: Self::I) -> Self::I;
    /// a · 2^bits, wrapping; `bits` below 32.
    fn shift_left(&mut self, a: Self::I, bits: u32) -> Self::I;
    /// ⌊a / 2^bits⌋; `bits` below 32.
    fn shift_right(&mut self, a: Self::I, bits: u32) -> Self::I;

    /// a · 2ⁿ, rounded once, for a in [0.5, 2] and whole n in [−151, 129], in two steps so that both powers are normal.
    #[inline(always)]
    fn scale(&mut self, a: Self::F, n: Self::I, _: Self::F) -> Self::F {
        let first = self.shift_right(n, 1);
        let second = self.int_sub(n, first);
        let first = power_of_two(self, first);
        let second = power_of_two(self, second);
        let product = self.mul(a, first);
        self.mul(product, second)
    }
}

/// 2^exponent for exponents of normal numbers, of which only the low nine bits are read.
#[inline(always)]
pub(super) fn power_of_two<O: Ops + ?Sized>(o: &mut O, exponent: O::I) -> O::F {
    let bias = o.int(127);
    let biased = o.int_add(exponent, bias);
    let bits = o.shift_left(biased, 23);
    o.float_of_bits(bits)
}

/// The sign bit.
pub(super) const SIGN: i32 = i32::MIN;

/// Added to a float below 2²² and taken away again, leaves the nearest integer; meanwhile the low bits hold it.
pub(super) const ROUND: f32 = 12_582_912.0;

/// Coefficients from which a polynomial is summed in two chains.
const LONG: usize = 8;

/// c₀ + x·c₁ + x²·c₂ + … by Horner's rule; of a long polynomial the lower and the higher powers apart, two chains that
/// processors compute side by side. (Even and odd powers would cancel where x is negative.)
#[inline(always)]
pub(super) fn polynomial<O: Ops>(o: &mut O, x: O::F, coefficients: &[f32]) -> O::F {
    if coefficients.len() < LONG {
        return horner(o, x, coefficients);
    }
    let (lower, higher) = coefficients.split_at(coefficients.len().div_ceil(2));
    let (low, high) = (horner(o, x, lower), horner(o, x, higher));
    let power = power(o, x, lower.len());
    o.mul_add(high, power, low)
}

/// x^exponent for an exponent of at least 1, by squaring.
#[inline(always)]
fn power<O: Ops>(o: &mut O, x: O::F, exponent: usize) -> O::F {
    let mut power = x;
    for bit in (0..exponent.ilog2()).rev() {
        power = o.mul(power, power);
        if exponent >> bit & 1 == 1 {
            power = o.mul(power, x);
        }
    }
    power
}

#[inline(always)]
fn horner<O: Ops>(o: &mut O, x: O::F, coefficients: &[f32]) -> O::F {
    let (last, rest) = coefficients.split_last().expect("a polynomial has coefficients");
    let mut sum = o.float(*last);
    for &coefficient in rest.iter().rev() {
        let constant = o.float(coefficient);
        sum = o.mul_add(sum, x, constant);
    }
    sum
}

/// `magnitude`, which is not negative, with the sign of `sign`.
#[inline(always)]
pub(super) fn with_sign_of<O: Ops>(o: &mut O, magnitude: O::F, sign: O::F) -> O::F {
    let (bits, sign_bits) = (o.bits_of(magnitude), o.bits_of(sign));
    let mask = o.int(SIGN);
    let sign_bit = o.int_and(sign_bits, mask);
    let joined = o.int_or(bits, sign_bit);
    o.float_of_bits(joined)
}
