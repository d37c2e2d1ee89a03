//! F(4×4, 3×3) with the points 0, ±√½, ±√2 and ∞, whose rounding errors are a third of those of 0, ±1, ±2, ∞.
//!
//! With a = √½ and b = √2 the polynomial x(x² − a²)(x² − b²) is x⁵ − 2.5·x³ + x. Row p of Bᵀ holds its coefficients
//! without the factor (x − p), row p of G the powers of p over Π(p − q), row i of Aᵀ the i-th powers of the points.
//!
//! A short side has two outputs and the points 0, ±√½ and ∞. Its polynomial is x³ − 0.5·x, and Π(p − q) has other
//! values: −0.5 instead of 1 at 0, 1 instead of −1.5 at ±√½. The filter stays as it is, so that rows of Bᵀ take the
//! quotients −2 and −1.5.

use core::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::{Exact, Lane, TileSize, Transform};

/// Tiles of 4×4 outputs.
#[derive(Clone, Copy, Debug)]
pub struct Four;

impl Transform for Four {
    const SIZE: TileSize = TileSize::Four;

    #[inline(always)]
    fn input<L: Lane>([d0, d1, d2, d3, d4, d5]: [L; 6]) -> [L; 6] {
        let near_even = d2.mul_add(L::splat(-2.0), d4);
        let near_odd = d1.mul_add(L::splat(-2.0), d3);
        let far_even = d2.mul_add(L::splat(-0.5), d4);
        let far_odd = d1.mul_add(L::splat(-0.5), d3);
        [
            d2.mul_add(L::splat(-2.5), d0.add(d4)),
            near_odd.mul_add(L::splat(FRAC_1_SQRT_2), near_even),
            near_odd.mul_add(L::splat(-FRAC_1_SQRT_2), near_even),
            far_odd.mul_add(L::splat(SQRT_2), far_even),
            far_odd.mul_add(L::splat(-SQRT_2), far_even),
            d3.mul_add(L::splat(-2.5), d1.add(d5)),
        ]
    }

    #[inline(always)]
    fn output<L: Lane>([m0, m1, m2, m3, m4, m5]: [L; 6]) -> [L; 4] {
        let (near_even, near_odd) = (m1.add(m2), m1.sub(m2));
        let (far_even, far_odd) = (m3.add(m4), m3.sub(m4));
        let near_cube = near_odd.mul_add(L::splat(0.5 * FRAC_1_SQRT_2), m5);
        [
            m0.add(near_even).add(far_even),
            far_odd.mul_add(L::splat(SQRT_2), near_odd.mul(L::splat(FRAC_1_SQRT_2))),
            near_even.mul_add(L::splat(0.5), far_even.mul(L::splat(2.0))),
            far_odd.mul_add(L::splat(2.0 * SQRT_2), near_cube),
        ]
    }

    #[inline(always)]
    fn short_input<L: Lane>([d0, d1, d2, d3, d4, d5]: [L; 6]) -> [L; 6] {
        let (even, odd) = (d2.mul(L::splat(-1.5)), d1.mul(L::splat(-1.5 * FRAC_1_SQRT_2)));
        [d2.mul_add(L::splat(-2.0), d0), even.add(odd), even.sub(odd), d4, d5, d1.mul_add(L::splat(-0.5), d3)]
    }

    #[inline(always)]
    fn short_output<L: Lane>([m0, m1, m2, m3, m4, m5]: [L; 6]) -> [L; 4] {
        [m0.add(m1.add(m2)), m1.sub(m2).mul_add(L::splat(FRAC_1_SQRT_2), m5), m3, m4]
    }

    #[inline(always)]
    fn spread<L: Lane>([y0, y1, y2, y3, _, _]: [L; 6]) -> [L; 6] {
        let near_even = y2.mul_add(L::splat(0.5), y0);
        let near_odd = y3.mul_add(L::splat(0.5), y1);
        let far_even = y2.mul_add(L::splat(2.0), y0);
        let far_odd = y3.mul_add(L::splat(2.0), y1);
        [
            y0,
            near_odd.mul_add(L::splat(FRAC_1_SQRT_2), near_even),
            near_odd.mul_add(L::splat(-FRAC_1_SQRT_2), near_even),
            far_odd.mul_add(L::splat(SQRT_2), far_even),
            far_odd.mul_add(L::splat(-SQRT_2), far_even),
            y3,
        ]
    }

    #[inline(always)]
    fn gather<E: Exact>([s0, s1, s2, s3, s4, s5]: [E; 6]) -> [E; 3] {
        let (near_even, near_odd) = (s1.plus(s2).times(-2.0 / 3.0), s1.minus(s2).times(-2.0 / 3.0 * FRAC_1_SQRT_2));
        let (far_even, far_odd) = (s3.plus(s4).times(1.0 / 6.0), s3.minus(s4).times(SQRT_2 / 6.0));
        [
            s0.plus(near_even).plus(far_even),
            near_odd.plus(far_odd),
            near_even.times(0.5).plus(far_even.times(2.0)).plus(s5),
        ]
    }

    #[inline(always)]
    fn filter<E: Exact>([g0, g1, g2]: [E; 3]) -> [E; 6] {
        let near_even = g0.plus(g2.times(0.5)).times(-2.0 / 3.0);
        let near_odd = g1.times(-2.0 / 3.0 * FRAC_1_SQRT_2);
        let far_even = g0.plus(g2.times(2.0)).times(1.0 / 6.0);
        let far_odd = g1.times(SQRT_2 / 6.0);
        [g0, near_even.plus(near_odd), near_even.minus(near_odd), far_even.plus(far_odd), far_even.minus(far_odd), g2]
    }
}
