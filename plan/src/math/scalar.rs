//! The executor of math on single numbers.

use super::{Ops, portable};

/// Computes each operation at once on `f32`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scalar;

impl Ops for Scalar {
    type F = f32;
    type I = i32;
    type B = bool;

    #[inline(always)]
    fn float(&mut self, value: f32) -> f32 {
        value
    }
    #[inline(always)]
    fn int(&mut self, value: i32) -> i32 {
        value
    }
    #[inline(always)]
    fn add(&mut self, a: f32, b: f32) -> f32 {
        a + b
    }
    #[inline(always)]
    fn sub(&mut self, a: f32, b: f32) -> f32 {
        a - b
    }
    #[inline(always)]
    fn mul(&mut self, a: f32, b: f32) -> f32 {
        a * b
    }
    #[inline(always)]
    fn mul_add(&mut self, a: f32, b: f32, c: f32) -> f32 {
        portable::mul_add(a, b, c)
    }
    #[inline(always)]
    fn div(&mut self, a: f32, b: f32) -> f32 {
        a / b
    }
    #[inline(always)]
    fn neg(&mut self, a: f32) -> f32 {
        -a
    }
    #[inline(always)]
    fn abs(&mut self, a: f32) -> f32 {
        a.abs()
    }
    #[inline(always)]
    fn sqrt(&mut self, a: f32) -> f32 {
        portable::sqrt(a)
    }
    #[inline(always)]
    fn less(&mut self, a: f32, b: f32) -> bool {
        a < b
    }
    #[inline(always)]
    fn equal(&mut self, a: f32, b: f32) -> bool {
        a == b
    }
    #[inline(always)]
    fn select(&mut self, condition: bool, yes: f32, no: f32) -> f32 {
        if condition { yes } else { no }
    }
    #[inline(always)]
    fn bits_of(&mut self, a: f32) -> i32 {
        a.to_bits().cast_signed()
    }
    #[inline(always)]
    fn float_of_bits(&mut self, a: i32) -> f32 {
        f32::from_bits(a.cast_unsigned())
    }
    #[inline(always)]
    fn float_of_int(&mut self, a: i32) -> f32 {
        a as f32
    }
    #[inline(always)]
    fn int_add(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
    #[inline(always)]
    fn int_sub(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_sub(b)
    }
    #[inline(always)]
    fn int_and(&mut self, a: i32, b: i32) -> i32 {
        a & b
    }
    #[inline(always)]
    fn int_or(&mut self, a: i32, b: i32) -> i32 {
        a | b
    }
    #[inline(always)]
    fn int_xor(&mut self, a: i32, b: i32) -> i32 {
        a ^ b
    }
    #[inline(always)]
    fn shift_left(&mut self, a: i32, bits: u32) -> i32 {
        a << bits
    }
    #[inline(always)]
    fn shift_right(&mut self, a: i32, bits: u32) -> i32 {
        a >> bits
    }
}
