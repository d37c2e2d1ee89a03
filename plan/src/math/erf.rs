//! The error function.

use super::Ops;
use super::exp::exp;
use super::ops::{polynomial, with_sign_of};

/// erf x, within 3.5 units in the last place; ±1 at ±∞, NaN passes, sign of zero kept.
///
/// Below 7/8: x + x·P(x²). Beyond: 1 − e^−g(|x|) with a polynomial g for −ln erfc. Both were fitted by interpolation
/// at Chebyshev nodes.
#[inline(always)]
pub fn erf<O: Ops>(o: &mut O, x: O::F) -> O::F {
    let magnitude = o.abs(x);
    let square = o.mul(x, x);
    let tail = polynomial(
        o,
        square,
        &[
            1.283_791_7e-1,
            -3.761_263_5e-1,
            1.128_373_2e-1,
            -2.686_153_7e-2,
            5.206_580_7e-3,
            -8.208_633_5e-4,
            8.662_363e-5,
        ],
    );
    let tail = o.mul(tail, magnitude);
    let near = o.add(tail, magnitude);

    let most = o.float(4.0);
    let is_large = o.less(most, magnitude);
    let clamped = o.select(is_large, most, magnitude);
    let centre = o.float(2.375);
    let t = o.sub(clamped, centre);
    let g = polynomial(
        o,
        t,
        &[
            7.152_456_8,
            5.117_233_8,
            9.396_102_4e-1,
            1.200_963e-2,
            -2.446_901_8e-3,
            4.830_977e-4,
            -8.969_56e-5,
            1.473_182_9e-5,
            -1.624_499_5e-6,
            3.341_949_7e-8,
        ],
    );
    let g = o.neg(g);
    let complement = exp(o, g);
    let one = o.float(1.0);
    let far = o.sub(one, complement);

    let bound = o.float(0.875);
    let is_near = o.less(magnitude, bound);
    let value = o.select(is_near, near, far);
    with_sign_of(o, value, x)
}
