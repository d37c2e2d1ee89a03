//! The natural logarithm.

use super::Ops;

/// ln x, within 1 unit in the last place; −∞ at 0, NaN below 0, +∞ at +∞; subnormals count; NaN passes.
///
/// x = 2ᵏ·(1 + f) with 1 + f in [√½, √2); ln(1 + f) by s = f/(2 + f) as in FreeBSD's `logf`.
#[inline(always)]
pub fn log<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let zero = o.float(0.0);
    let least_normal = o.float(f32::MIN_POSITIVE);
    let is_subnormal = o.less(x, least_normal);
    let two_25 = o.float(33_554_432.0);
    let raised = o.mul(x, two_25);
    let normal = o.select(is_subnormal, raised, x);
    let minus_25 = o.float(-25.0);
    let correction = o.select(is_subnormal, minus_25, zero);

    let bits = o.bits_of(normal);
    let one_bits = o.int(0x3f80_0000);
    let root_half_bits = o.int(0x3f35_04f3);
    let distance = o.int_sub(one_bits, root_half_bits);
    let moved = o.int_add(bits, distance);
    let exponent = o.shift_right(moved, 23);
    let bias = o.int(127);
    let exponent = o.int_sub(exponent, bias);
    let mantissa_mask = o.int(0x007f_ffff);
    let mantissa = o.int_and(moved, mantissa_mask);
    let mantissa = o.int_add(mantissa, root_half_bits);
    let mantissa = o.float_of_bits(mantissa);
    let k = o.float_of_int(exponent);
    let k = o.add(k, correction);

    let (one, two, half) = (o.float(1.0), o.float(2.0), o.float(0.5));
    let f = o.sub(mantissa, one);
    let denominator = o.add(two, f);
    let s = o.div(f, denominator);
    let z = o.mul(s, s);
    let w = o.mul(z, z);
    let (l1, l2) = (o.float(0.666_666_6), o.float(0.400_009_72));
    let (l3, l4) = (o.float(0.284_987_87), o.float(0.242_790_79));
    let odd = o.mul(w, l4);
    let odd = o.add(l2, odd);
    let odd = o.mul(w, odd);
    let even = o.mul(w, l3);
    let even = o.add(l1, even);
    let even = o.mul(z, even);
    let r = o.add(even, odd);
    let half_square = o.mul(half, f);
    let half_square = o.mul(half_square, f);

    let (ln2_high, ln2_low) = (o.float(0.693_138_1), o.float(9.058_001e-6));
    let k_high = o.mul(k, ln2_high);
    let k_low = o.mul(k, ln2_low);
    let sum = o.add(half_square, r);
    let sum = o.mul(s, sum);
    let sum = o.add(sum, k_low);
    let sum = o.sub(sum, half_square);
    let sum = o.add(sum, f);
    let value = o.add(sum, k_high);

    let most = o.float(f32::MAX);
    let is_infinite = o.less(most, x);
    let value = o.select(is_infinite, x, value);
    let least = o.float(f32::from_bits(1));
    let not_positive = o.less(x, least);
    let minus_infinity = o.float(f32::NEG_INFINITY);
    let value = o.select(not_positive, minus_infinity, value);
    let negative = o.less(x, zero);
    let nan = o.float(f32::NAN);
    let value = o.select(negative, nan, value);
    let is_number = o.equal(x, x);
    o.select(is_number, value, x)
}
