//! `netc_plan::math`'s sequences on lanes.

use core::marker::PhantomData;
use core::ops::Neg;

use netc_plan::math::Ops;

use super::Float;
use super::register::Register;
use super::wide::{Floats, Ints, Masks};

/// The executor of math on lanes.
pub(super) struct Sequence<R, const N: usize>(PhantomData<R>);

impl<R: Register, const N: usize> Sequence<R, N> {
    #[inline(always)]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

macro_rules! forward {
    ($($method:ident ( $($operand:ident : $kind:ty),* ) -> $result:ty = $value:expr;)*) => {
        $(#[inline(always)] fn $method(&mut self, $($operand: $kind),*) -> $result { $value })*
    };
}

impl<R: Register, const N: usize> Ops for Sequence<R, N> {
    type F = Floats<R, N>;
    type I = Ints<R, N>;
    type B = Masks<R, N>;

    forward! {
        float(value: f32) -> Floats<R, N> = Floats([R::splat(value); N]);
        int(value: i32) -> Ints<R, N> = Ints([R::splat_int(value); N]);
        add(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a + b;
        sub(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a - b;
        mul(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a * b;
        mul_add(a: Floats<R, N>, b: Floats<R, N>, c: Floats<R, N>) -> Floats<R, N> = a.mul_add(b, c);
        scale(a: Floats<R, N>, n: Ints<R, N>, whole: Floats<R, N>) -> Floats<R, N> = a.scale(n, whole);
        div(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a / b;
        neg(a: Floats<R, N>) -> Floats<R, N> = a.neg();
        abs(a: Floats<R, N>) -> Floats<R, N> = a.abs();
        sqrt(a: Floats<R, N>) -> Floats<R, N> = a.sqrt();
        less(a: Floats<R, N>, b: Floats<R, N>) -> Masks<R, N> = a.less(b);
        equal(a: Floats<R, N>, b: Floats<R, N>) -> Masks<R, N> = a.equal(b);
        select(condition: Masks<R, N>, yes: Floats<R, N>, no: Floats<R, N>) -> Floats<R, N> =
            super::Mask::select(condition, yes, no);
        larger(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a.larger(b);
        smaller(a: Floats<R, N>, b: Floats<R, N>) -> Floats<R, N> = a.smaller(b);
        bits_of(a: Floats<R, N>) -> Ints<R, N> = super::Int::from_bits(a);
        float_of_bits(a: Ints<R, N>) -> Floats<R, N> = super::Int::to_bits(a);
        float_of_int(a: Ints<R, N>) -> Floats<R, N> = super::Int::to_float(a);
        int_add(a: Ints<R, N>, b: Ints<R, N>) -> Ints<R, N> = a + b;
        int_sub(a: Ints<R, N>, b: Ints<R, N>) -> Ints<R, N> = a - b;
        int_and(a: Ints<R, N>, b: Ints<R, N>) -> Ints<R, N> = a.zip(b, R::int_and);
        int_or(a: Ints<R, N>, b: Ints<R, N>) -> Ints<R, N> = a.zip(b, R::int_or);
        int_xor(a: Ints<R, N>, b: Ints<R, N>) -> Ints<R, N> = a.zip(b, R::int_xor);
        shift_left(a: Ints<R, N>, bits: u32) -> Ints<R, N> = a.shift_left(bits);
        shift_right(a: Ints<R, N>, bits: u32) -> Ints<R, N> = a.shift_right(bits);
    }
}
