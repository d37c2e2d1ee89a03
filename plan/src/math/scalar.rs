//! The executor of math on single numbers.

use super::{Ops, portable};

/// Computes each operation at once on `f32`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scalar;

impl Ops for Scalar {
    type F = f32;
    type I = i32;
    type B = bool;

    fn float(&mut self, value: f32) -> f32 {
        value
    }
    fn int(&mut self, value: i32) -> i32 {
        value
    }
    fn add(&mut self, a: f32, b: f32) -> f32 {
        a + b
    }
    fn sub(&mut self, a: f32, b: f32) -> f32 {
        a - b
    }
    fn mul(&mut self, a: f32, b: f32) -> f32 {
        a * b
    }
    fn div(&mut self, a: f32, b: f32) -> f32 {
        a / b
    }
    fn neg(&mut self, a: f32) -> f32 {
        -a
    }
    fn abs(&mut self, a: f32) -> f32 {
        a.abs()
    }
    fn sqrt(&mut self, a: f32) -> f32 {
        portable::sqrt(a)
    }
    fn less(&mut self, a: f32, b: f32) -> bool {
        a < b
    }
    fn equal(&mut self, a: f32, b: f32) -> bool {
        a == b
    }
    fn select(&mut self, condition: bool, yes: f32, no: f32) -> f32 {
        if condition { yes } else { no }
    }
    fn bits_of(&mut self, a: f32) -> i32 {
        a.to_bits().cast_signed()
    }
    fn float_of_bits(&mut self, a: i32) -> f32 {
        f32::from_bits(a.cast_unsigned())
    }
    fn float_of_int(&mut self, a: i32) -> f32 {
        a as f32
    }
    fn int_add(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
    fn int_sub(&mut self, a: i32, b: i32) -> i32 {
        a.wrapping_sub(b)
    }
    fn int_and(&mut self, a: i32, b: i32) -> i32 {
        a & b
    }
    fn int_or(&mut self, a: i32, b: i32) -> i32 {
        a | b
    }
    fn int_xor(&mut self, a: i32, b: i32) -> i32 {
        a ^ b
    }
    fn shift_left(&mut self, a: i32, bits: u32) -> i32 {
        a << bits
    }
    fn shift_right(&mut self, a: i32, bits: u32) -> i32 {
        a >> bits
    }
}
