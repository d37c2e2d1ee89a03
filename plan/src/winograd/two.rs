//! F(2×2, 3×3) with the points 0, ±1 and ∞: no products but halves in the transforms.

use super::{Exact, Lane, TileSize, Transform};

/// Tiles of 2×2 outputs.
#[derive(Clone, Copy, Debug)]
pub struct Two;

impl Transform for Two {
    const SIZE: TileSize = TileSize::Two;

    #[inline(always)]
    fn input<L: Lane>([d0, d1, d2, d3, d4, d5]: [L; 6]) -> [L; 6] {
        [d0.sub(d2), d1.add(d2), d2.sub(d1), d1.sub(d3), d4, d5]
    }

    #[inline(always)]
    fn output<L: Lane>([m0, m1, m2, m3, m4, m5]: [L; 6]) -> [L; 4] {
        [m0.add(m1).add(m2), m1.sub(m2).sub(m3), m4, m5]
    }

    #[inline(always)]
    fn spread<L: Lane>([y0, y1, y2, y3, _, _]: [L; 6]) -> [L; 6] {
        [y0, y0.add(y1), y0.sub(y1), L::splat(0.0).sub(y1), y2, y3]
    }

    #[inline(always)]
    fn gather<E: Exact>([s0, s1, s2, s3, _, _]: [E; 6]) -> [E; 3] {
        let (even, odd) = (s1.plus(s2).times(0.5), s1.minus(s2).times(0.5));
        [s0.plus(even), odd, even.plus(s3)]
    }

    #[inline(always)]
    fn filter<E: Exact>([g0, g1, g2]: [E; 3]) -> [E; 6] {
        let (even, odd) = (g0.plus(g2).times(0.5), g1.times(0.5));
        [g0, even.plus(odd), even.minus(odd), g2, g0, g0]
    }
}
