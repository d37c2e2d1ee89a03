//! The error function, and the rectifier that is made of it.

use super::Ops;
use super::ops::{polynomial, with_sign_of};

/// x·Φ(x) as x/2·(erf(x/√2) + 1), the operations of the formula one by one.
#[inline(always)]
pub fn gelu<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let (half, root, one) = (o.float(0.5), o.float(core::f32::consts::FRAC_1_SQRT_2), o.float(1.0));
    let half = o.mul(x, half);
    let scaled = o.mul(x, root);
    let curve = erf(o, scaled);
    let curve = o.add(curve, one);
    o.mul(half, curve)
}

/// erf x, within 3.5 units in the last place; never beyond ±1, which it reaches at ±3.8125; NaN passes, sign of zero
/// kept.
///
/// Below 23/16: x + x·P(x²), beyond it a polynomial of |x| − 21/8. Both interpolate at Chebyshev nodes.
#[inline(always)]
pub fn erf<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let magnitude = o.abs(x);
    let square = o.mul(x, x);
    let tail = polynomial(
        o,
        square,
        &[
            1.283_791_7e-1,
            -3.761_259_3e-1,
            1.128_331_2e-1,
            -2.684_727_7e-2,
            5.187_017_4e-3,
            -8.148_275_7e-4,
            9.569_016_4e-5,
            -6.174_237_6e-6,
        ],
    );
    let near = o.mul_add(tail, magnitude, magnitude);

    let centre = o.float(2.625);
    let t = o.sub(magnitude, centre);
    let far = polynomial(
        o,
        t,
        &[
            9.997_946e-1,
            1.148_047_4e-3,
            -3.013_646e-3,
            4.888_159_7e-3,
            -5.407_581_6e-3,
            4.225_051_5e-3,
            -2.273_402_4e-3,
            6.753_94e-4,
            7.735_755e-5,
            -1.587_028_1e-4,
            4.441_863e-5,
        ],
    );

    let bound = o.float(1.4375);
    let is_near = o.less(magnitude, bound);
    let value = o.select(is_near, near, far);
    let (one, most) = (o.float(1.0), o.float(3.8125));
    let is_large = o.less(most, magnitude);
    let value = o.select(is_large, one, value);
    with_sign_of(o, value, x)
}
