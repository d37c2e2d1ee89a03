//! Sine and cosine, of radians and of turns.

use super::Ops;
use super::ops::{ROUND, polynomial};

/// sin x for |x| < 8192, within 2 ulp or 2⁻²⁴, whichever is larger; beyond that range accuracy fades. NaN at ±∞.
pub fn sin<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let (r, quadrant) = reduce_radians(o, x);
    at_quadrant(o, r, quadrant)
}

/// cos x for |x| < 8192, within 2 ulp or 2⁻²⁴, whichever is larger; beyond that range accuracy fades. NaN at ±∞.
pub fn cos<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let (r, quadrant) = reduce_radians(o, x);
    let one = o.int(1);
    let quadrant = o.int_add(quadrant, one);
    at_quadrant(o, r, quadrant)
}

/// sin 2πu for |u| < 2¹⁹; the reduction is exact. NaN at ±∞.
pub fn sin_turns<O: Ops>(o: &mut O, u: O::F) -> O::F {
    let (r, quadrant) = reduce_turns(o, u);
    at_quadrant(o, r, quadrant)
}

/// cos 2πu for |u| < 2¹⁹; the reduction is exact. NaN at ±∞.
pub fn cos_turns<O: Ops>(o: &mut O, u: O::F) -> O::F {
    let (r, quadrant) = reduce_turns(o, u);
    let one = o.int(1);
    let quadrant = o.int_add(quadrant, one);
    at_quadrant(o, r, quadrant)
}

/// The nearest whole number of `x`, as a float and, in the low bits, as an integer.
fn nearest<O: Ops>(o: &mut O, x: O::F) -> (O::F, O::I) {
    let round = o.float(ROUND);
    let shifted = o.add(x, round);
    let whole = o.sub(shifted, round);
    let bits = o.bits_of(shifted);
    (whole, bits)
}

/// x = k·π/2 + r; π/2 in three parts of which the first two have so few bits that k times them is exact (Cephes).
fn reduce_radians<O: Ops>(o: &mut O, x: O::F) -> (O::F, O::I) {
    let per_quarter = o.float(core::f32::consts::FRAC_2_PI);
    let quarters = o.mul(x, per_quarter);
    let (k, quadrant) = nearest(o, quarters);
    let mut r = x;
    for part in [1.570_312_5, 4.837_513e-4, 7.549_79e-8] {
        let part = o.float(part);
        let product = o.mul(k, part);
        r = o.sub(r, product);
    }
    (r, quadrant)
}

fn reduce_turns<O: Ops>(o: &mut O, u: O::F) -> (O::F, O::I) {
    let (four, quarter, tau) = (o.float(4.0), o.float(0.25), o.float(core::f32::consts::TAU));
    let quarters = o.mul(u, four);
    let (k, quadrant) = nearest(o, quarters);
    let whole = o.mul(k, quarter);
    let rest = o.sub(u, whole);
    let r = o.mul(rest, tau);
    (r, quadrant)
}

/// sin(quadrant·π/2 + r) for |r| ≤ π/4 (polynomials: Cephes).
fn at_quadrant<O: Ops>(o: &mut O, r: O::F, quadrant: O::I) -> O::F {
    let z = o.mul(r, r);
    let tail = polynomial(o, z, &[-1.666_665_5e-1, 8.332_161e-3, -1.951_529_6e-4]);
    let tail = o.mul(tail, z);
    let tail = o.mul(tail, r);
    let sine = o.add(tail, r);

    let tail = polynomial(o, z, &[4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5]);
    let tail = o.mul(tail, z);
    let tail = o.mul(tail, z);
    let (half, one) = (o.float(0.5), o.float(1.0));
    let square = o.mul(half, z);
    let cosine = o.sub(tail, square);
    let cosine = o.add(cosine, one);

    let bit = o.int(1);
    let odd = o.int_and(quadrant, bit);
    let odd = o.float_of_int(odd);
    let is_odd = o.less(half, odd);
    let value = o.select(is_odd, cosine, sine);
    let half_turn = o.shift_left(quadrant, 30);
    let sign = o.int(super::ops::SIGN);
    let sign = o.int_and(half_turn, sign);
    let bits = o.bits_of(value);
    let bits = o.int_xor(bits, sign);
    o.float_of_bits(bits)
}
