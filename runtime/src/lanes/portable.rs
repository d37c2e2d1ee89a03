//! Lanes without vector instructions: one number per register.

use netc_plan::math::portable;

use super::register::Register;
use super::{Lanes, wide};

/// Any processor.
pub struct Portable;

impl Lanes for Portable {
    type F = wide::Floats<Single, 16>;
    type I = wide::Ints<Single, 16>;
    type M = wide::Masks<Single, 16>;
}

/// A register of one lane.
#[derive(Clone, Copy, Debug)]
pub struct Single;

macro_rules! plain {
    ($($method:ident ( $($operand:ident : $kind:ty),* ) -> $result:ty = $value:expr;)*) => {
        $(#[inline(always)] fn $method($($operand: $kind),*) -> $result { $value })*
    };
}

impl Register for Single {
    const LANES: usize = 1;
    const IS_EVERYWHERE: bool = true;
    type F = f32;
    type I = i32;
    type M = bool;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> f32 {
        // SAFETY: by the caller's promise.
        unsafe { *from }
    }
    #[inline(always)]
    unsafe fn store(value: f32, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { *to = value }
    }

    plain! {
        splat(value: f32) -> f32 = value;
        splat_int(value: i32) -> i32 = value;
        add(a: f32, b: f32) -> f32 = a + b;
        sub(a: f32, b: f32) -> f32 = a - b;
        mul(a: f32, b: f32) -> f32 = a * b;
        div(a: f32, b: f32) -> f32 = a / b;
        mul_add(a: f32, b: f32, c: f32) -> f32 = portable::mul_add(a, b, c);
        sqrt(a: f32) -> f32 = portable::sqrt(a);
        floor(a: f32) -> f32 = portable::floor(a);
        larger(a: f32, b: f32) -> f32 = if b < a { a } else { b };
        smaller(a: f32, b: f32) -> f32 = if a < b { a } else { b };
        less(a: f32, b: f32) -> bool = a < b;
        less_equal(a: f32, b: f32) -> bool = a <= b;
        equal(a: f32, b: f32) -> bool = a == b;
        unordered(a: f32, b: f32) -> bool = a.is_nan() || b.is_nan();
        select(condition: bool, yes: f32, no: f32) -> f32 = if condition { yes } else { no };
        and(a: bool, b: bool) -> bool = a & b;
        or(a: bool, b: bool) -> bool = a | b;
        not(a: bool) -> bool = !a;
        bits_of(a: f32) -> i32 = a.to_bits().cast_signed();
        float_of_bits(a: i32) -> f32 = f32::from_bits(a.cast_unsigned());
        float_of_int(a: i32) -> f32 = a as f32;
        int_add(a: i32, b: i32) -> i32 = a.wrapping_add(b);
        int_sub(a: i32, b: i32) -> i32 = a.wrapping_sub(b);
        int_and(a: i32, b: i32) -> i32 = a & b;
        int_or(a: i32, b: i32) -> i32 = a | b;
        int_xor(a: i32, b: i32) -> i32 = a ^ b;
        shift_left(a: i32, bits: u32) -> i32 = a << bits;
        shift_right(a: i32, bits: u32) -> i32 = a >> bits;
        int_less(a: i32, b: i32) -> bool = a < b;
        int_equal(a: i32, b: i32) -> bool = a == b;
    }
}
