//! Sixteen integers and sixteen truths as one or more registers of an instruction set.

use core::ops::{Mul, Neg, Not};

use super::register::Register;
use super::wide::{Floats, Ints, Masks, each};
use super::{Float, Int, LANES, Mask};

impl<R: Register, const N: usize> Ints<R, N> {
    /// The operation in each register.
    #[inline(always)]
    pub(super) fn zip(self, other: Self, operation: impl Fn(R::I, R::I) -> R::I) -> Self {
        Self(each!(N, r => operation(self.0[r], other.0[r])))
    }
    #[inline(always)]
    pub(super) fn shift_left(self, bits: u32) -> Self {
        Self(each!(N, r => R::shift_left(self.0[r], bits)))
    }
    #[inline(always)]
    pub(super) fn shift_right(self, bits: u32) -> Self {
        Self(each!(N, r => R::shift_right(self.0[r], bits)))
    }

    #[inline(always)]
    pub(super) fn from_array(values: [i32; LANES]) -> Self {
        Self::from_bits(Floats::from_array(values.map(|value| f32::from_bits(value.cast_unsigned()))))
    }
    #[inline(always)]
    fn to_array(self) -> [i32; LANES] {
        self.to_bits().to_array().map(|bits| bits.to_bits().cast_signed())
    }

    /// What has no instruction everywhere, lane by lane.
    #[inline(always)]
    fn lane_by_lane(self, other: Self, operation: impl Fn(i32, i32) -> i32) -> Self {
        let (mut values, others) = (self.to_array(), other.to_array());
        let mut lane = 0;
        while lane < LANES {
            values[lane] = operation(values[lane], others[lane]);
            lane += 1;
        }
        Self::from_array(values)
    }
}

impl<R: Register, const N: usize> Mul for Ints<R, N> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.lane_by_lane(other, i32::wrapping_mul)
    }
}

impl<R: Register, const N: usize> Neg for Ints<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::splat(0) - self
    }
}

impl<R: Register, const N: usize> Int for Ints<R, N> {
    type F = Floats<R, N>;
    type M = Masks<R, N>;

    #[inline(always)]
    fn splat(value: i32) -> Self {
        Self([R::splat_int(value); N])
    }
    #[inline(always)]
    fn ramp(first: i32, step: i32) -> Self {
        let mut values = [0; LANES];
        let mut lane = 0;
        while lane < LANES {
            values[lane] = first.wrapping_add(step.wrapping_mul(lane as i32));
            lane += 1;
        }
        Self::from_array(values)
    }
    #[inline(always)]
    fn from_bits(bits: Floats<R, N>) -> Self {
        Self(each!(N, r => R::bits_of(bits.0[r])))
    }
    #[inline(always)]
    fn to_bits(self) -> Floats<R, N> {
        Floats(each!(N, r => R::float_of_bits(self.0[r])))
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.lane_by_lane(other, |x, y| x.checked_div(y).unwrap_or(0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.less(other).select_int(other, self)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        other.less(self).select_int(other, self)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.less(Self::splat(0)).select_int(-self, self)
    }
    #[inline(always)]
    fn relu(self) -> Self {
        self.max(Self::splat(0))
    }
    #[inline(always)]
    fn less(self, other: Self) -> Masks<R, N> {
        Masks(each!(N, r => R::int_less(self.0[r], other.0[r])))
    }
    #[inline(always)]
    fn less_equal(self, other: Self) -> Masks<R, N> {
        !other.less(self)
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Masks<R, N> {
        Masks(each!(N, r => R::int_equal(self.0[r], other.0[r])))
    }
    #[inline(always)]
    fn truth(self) -> Masks<R, N> {
        !self.equal(Self::splat(0))
    }
    #[inline(always)]
    fn to_float(self) -> Floats<R, N> {
        Floats(each!(N, r => R::float_of_int(self.0[r])))
    }
}

impl<R: Register, const N: usize> Not for Masks<R, N> {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(each!(N, r => R::not(self.0[r])))
    }
}

impl<R: Register, const N: usize> Mask for Masks<R, N> {
    type F = Floats<R, N>;
    type I = Ints<R, N>;

    #[inline(always)]
    fn splat(value: bool) -> Self {
        Ints::<R, N>::splat(i32::from(value)).truth()
    }
    #[inline(always)]
    fn select(self, yes: Floats<R, N>, no: Floats<R, N>) -> Floats<R, N> {
        Floats(each!(N, r => R::select(self.0[r], yes.0[r], no.0[r])))
    }
    #[inline(always)]
    fn select_int(self, yes: Ints<R, N>, no: Ints<R, N>) -> Ints<R, N> {
        Ints::from_bits(self.select(yes.to_bits(), no.to_bits()))
    }
    #[inline(always)]
    fn to_int(self) -> Ints<R, N> {
        self.select_int(Ints::splat(1), Ints::splat(0))
    }
}
