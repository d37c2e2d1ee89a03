//! Operations that `core` lacks, correctly rounded: from the standard library where there is one, else in integers and
//! doubles with the same bits.

/// √x, correctly rounded.
#[inline]
pub fn sqrt(x: f32) -> f32 {
    #[cfg(any(feature = "std", test))]
    return x.sqrt();
    #[cfg(not(any(feature = "std", test)))]
    return software::sqrt(x);
}

/// a·b + c, rounded once.
#[inline]
pub fn mul_add(a: f32, b: f32, c: f32) -> f32 {
    #[cfg(any(feature = "std", test))]
    return a.mul_add(b, c);
    #[cfg(not(any(feature = "std", test)))]
    return software::mul_add(a, b, c);
}

/// The largest whole number that is not above `x`.
#[inline]
pub fn floor(x: f32) -> f32 {
    #[cfg(any(feature = "std", test))]
    return x.floor();
    #[cfg(not(any(feature = "std", test)))]
    return software::floor(x);
}

/// The smallest whole number that is not below `x`.
#[inline]
pub fn ceil(x: f32) -> f32 {
    -floor(-x)
}

/// The same bits by integers and doubles alone.
#[cfg_attr(all(feature = "std", not(test)), allow(dead_code, reason = "the standard library's are used"))]
mod software {
    /// √x by the integer square root of the mantissa and a sticky bit.
    pub fn sqrt(x: f32) -> f32 {
        if x.is_nan() || x == 0.0 || x == f32::INFINITY {
            return x;
        }
        if x < 0.0 {
            return f32::NAN;
        }
        let bits = x.to_bits();
        let (mut mantissa, mut exponent) = match bits >> 23 {
            0 => (u64::from(bits), -149),
            biased => (u64::from(bits & 0x7f_ffff | 0x80_0000), biased.cast_signed() - 150),
        };
        let shift = mantissa.leading_zeros() - 40;
        mantissa <<= shift;
        exponent -= shift.cast_signed();
        if exponent & 1 != 0 {
            mantissa <<= 1;
            exponent -= 1;
        }
        let radicand = mantissa << 26;
        let root = radicand.isqrt();
        let sticky = u64::from(root * root != radicand);
        let rounded = (root << 1 | sticky) as f32;
        let scale = f32::from_bits((((exponent - 26) / 2 - 1 + 127) as u32) << 23);
        rounded * scale
    }

    /// a·b + c in doubles rounded to odd, then to single: the last bit records that something was lost, so the second
    /// rounding is the only one (Boldo and Melquiond, 2008).
    pub fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        let product = f64::from(a) * f64::from(b);
        let addend = f64::from(c);
        let sum = product + addend;
        if !sum.is_finite() {
            return sum as f32;
        }
        let recovered = sum - product;
        let lost = (product - (sum - recovered)) + (addend - recovered);
        let bits = sum.to_bits();
        if lost == 0.0 || bits & 1 == 1 {
            return sum as f32;
        }
        let away = (lost > 0.0) == (sum > 0.0);
        f64::from_bits(if away { bits + 1 } else { bits - 1 }) as f32
    }

    /// ⌊x⌋; −0 for −0.
    pub fn floor(x: f32) -> f32 {
        if x.is_nan() || x.abs() >= 8_388_608.0 || x == 0.0 {
            return x;
        }
        let truncated = x as i32 as f32;
        if truncated > x { truncated - 1.0 } else { truncated }
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn software_equals_hardware_bit_for_bit() {
            let mut state = 1u64;
            let mut next = move || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 32) as u32
            };
            let same = |got: f32, want: f32| got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
            for turn in 0..2_000_000u32 {
                let (a, b) = (f32::from_bits(next()), f32::from_bits(next()));
                // Half of the addends are near −a·b, where cancellation and ties show.
                let c = match turn & 3 {
                    0 => -(a * b),
                    1 => f32::from_bits((-(a * b)).to_bits() ^ (1 << (next() % 24))),
                    2 => f32::from_bits((a * b).to_bits().wrapping_sub((next() % 30) << 23)),
                    _ => f32::from_bits(next()),
                };
                let (got, want) = (super::mul_add(a, b, c), a.mul_add(b, c));
                assert!(same(got, want), "fma({a:e}, {b:e}, {c:e}) = {got:e}, not {want:e}");
                assert!(same(super::sqrt(a.abs()), a.abs().sqrt()), "sqrt({:e})", a.abs());
                let x = if turn & 1 == 0 { a } else { (next() as i32 >> 8) as f32 / 64.0 };
                assert!(same(super::floor(x), x.floor()), "floor({x:e})");
            }
            assert!(super::sqrt(-1.0).is_nan() && super::sqrt(f32::NAN).is_nan());
        }
    }
}
