//! The exponential function and what is made of it: sigmoid, tanh.

use super::Ops;
use super::ops::{ROUND, polynomial, power_of_two, with_sign_of};

/// e^x, within 1.5 units in the last place; exact limits at ±∞, gradual underflow, NaN passes.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2 (Cody and Waite: n times the first part of ln 2 is exact), then
/// 2ⁿ·(1 + r + r²·P(r)), scaled in two steps so that subnormal results round once.
#[inline(always)]
pub fn exp<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let (least, most) = (o.float(-104.0), o.float(89.0));
    let x = o.larger(least, x);
    let x = o.smaller(most, x);

    let per_ln2 = o.float(core::f32::consts::LOG2_E);
    let (n, bits) = nearest(o, x, per_ln2);
    let round_bits = o.int(ROUND.to_bits().cast_signed());
    let exponent = o.int_sub(bits, round_bits);

    let high = o.float(-0.693_359_4);
    let low = o.float(2.121_944_4e-4);
    let r = o.mul_add(n, high, x);
    let r = o.mul_add(n, low, r);

    let tail = polynomial(o, r, &[0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_199_9e-3, 1.987_569_1e-4]);
    let square = o.mul(r, r);
    let tail = o.mul_add(tail, square, r);
    let one = o.float(1.0);
    let mantissa = o.add(tail, one);

    o.scale(mantissa, exponent, n)
}

/// 1 / (1 + e^−x), within 3 units in the last place, underflowing gradually; NaN passes.
///
/// With e = e^−|x| ≤ 1 nothing overflows: 1/(1 + e) for x ≥ 0, else e/(1 + e).
#[inline(always)]
pub fn sigmoid<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let magnitude = o.abs(x);
    let negative = o.neg(magnitude);
    let e = exp(o, negative);
    let one = o.float(1.0);
    let zero = o.float(0.0);
    let below = o.less(x, zero);
    let numerator = o.select(below, e, one);
    let denominator = o.add(one, e);
    o.div(numerator, denominator)
}

/// tanh x, within 2 units in the last place; ±1 at ±∞, NaN passes, sign of zero kept.
///
/// Below 5/8 an odd polynomial (Cephes, Moshier), beyond it 1 − 2/(e^2|x| + 1), where an error of the power counts for
/// a third at most. So the power is made in a shorter way than by [`exp`]: 2^t with t = 2|x|/ln 2 = n + f, |f| ≤ 1/2.
#[inline(always)]
pub fn tanh<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let magnitude = o.abs(x);
    let square = o.mul(x, x);
    let tail = polynomial(o, square, &[-3.333_328e-1, 1.333_144_2e-1, -5.373_971_5e-2, 2.063_909e-2, -5.704_989e-3]);
    let tail = o.mul(tail, square);
    let near = o.mul_add(tail, magnitude, magnitude);

    // From here on the result rounds to 1.
    let most = o.float(10.0);
    let bounded = o.smaller(most, magnitude);
    let twice_per_ln2 = o.float(2.0 * core::f32::consts::LOG2_E);
    let (n, bits) = nearest(o, bounded, twice_per_ln2);
    let minus_n = o.neg(n);
    let f = o.mul_add(bounded, twice_per_ln2, minus_n);
    let power = power_of_two(o, bits);

    let (one, two) = (o.float(1.0), o.float(2.0));
    let mantissa = power_of_fraction(o, f);
    let denominator = o.mul_add(mantissa, power, one);
    let quotient = o.div(two, denominator);
    let far = o.sub(one, quotient);

    let bound = o.float(0.625);
    let is_near = o.less(magnitude, bound);
    let value = o.select(is_near, near, far);
    with_sign_of(o, value, x)
}

/// The integer nearest to x·factor, which is below 2²²: as a float, and as the low nine bits of an integer (in all of
/// them it is larger by the bits of [`ROUND`]).
#[inline(always)]
fn nearest<O: Ops>(o: &mut O, x: O::F, factor: O::F) -> (O::F, O::I) {
    let round = o.float(ROUND);
    let shifted = o.mul_add(x, factor, round);
    (o.sub(shifted, round), o.bits_of(shifted))
}

/// 2^f for |f| ≤ 1/2: 1 + f·ln 2 and terms to the fifth degree with the least relative error, 1.1e−7. Pairs of terms
/// are added side by side.
#[inline(always)]
fn power_of_fraction<O: Ops>(o: &mut O, f: O::F) -> O::F {
    let (c0, c1, c2) = (o.float(1.0), o.float(core::f32::consts::LN_2), o.float(2.402_228_3e-1));
    let (c3, c4, c5) = (o.float(5.550_558_5e-2), o.float(9.669_691e-3), o.float(1.330_060_7e-3));
    let square = o.mul(f, f);
    let low = o.mul_add(c1, f, c0);
    let middle = o.mul_add(c3, f, c2);
    let high = o.mul_add(c5, f, c4);
    let upper = o.mul_add(high, square, middle);
    o.mul_add(upper, square, low)
}
