//! What generated kernels do with single numbers: the same operations as on lanes, one at a time, without panics.

use netc_plan::math::{self, Scalar};

use crate::lanes::LANES;

/// The float whose bits an argument of a kernel holds.
#[inline(always)]
pub const fn float(bits: isize) -> f32 {
    f32::from_bits(bits as u32)
}

/// An element; 0 beyond the slice.
#[inline(always)]
pub fn get(from: &[f32], at: isize) -> f32 {
    match from.get(at as usize) {
        Some(element) => *element,
        None => 0.0,
    }
}

/// An element if that `holds`.
#[inline(always)]
pub fn get_if(holds: bool, from: &[f32], at: isize, otherwise: f32) -> f32 {
    if holds { get(from, at) } else { otherwise }
}

/// The integer whose bits an element holds.
#[inline(always)]
pub const fn int(element: f32) -> i32 {
    element.to_bits().cast_signed()
}

/// A position as an integer of the network.
#[inline(always)]
pub const fn position(at: isize) -> i32 {
    at as i32
}

/// Writes an element, if the slice has it.
#[inline(always)]
pub fn put(to: &mut [f32], at: isize, value: f32) {
    if let Some(element) = to.get_mut(at as usize) {
        *element = value;
    }
}

/// Writes an element that is an integer.
#[inline(always)]
pub fn put_int(to: &mut [f32], at: isize, value: i32) {
    put(to, at, f32::from_bits(value.cast_unsigned()));
}

/// Elements `stride` apart, one per lane.
#[inline(always)]
pub fn gather(from: &[f32], at: isize, stride: isize) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    let mut lane = 0;
    while lane < LANES {
        values[lane] = get(from, at + stride * lane as isize);
        lane += 1;
    }
    values
}

/// The same if that `holds`.
#[inline(always)]
pub fn gather_if(holds: bool, from: &[f32], at: isize, stride: isize, otherwise: f32) -> [f32; LANES] {
    if holds { gather(from, at, stride) } else { [otherwise; LANES] }
}

/// Writes the first `count` elements `stride` apart.
#[inline(always)]
pub fn scatter(values: [f32; LANES], to: &mut [f32], at: isize, stride: isize, count: usize) {
    let mut lane = 0;
    while lane < LANES && lane < count {
        put(to, at + stride * lane as isize, values[lane]);
        lane += 1;
    }
}

/// Whether `0 <= at < extent`.
#[inline(always)]
pub fn within(at: isize, extent: isize) -> bool {
    (at as usize) < extent as usize
}

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        #[inline(always)]
        pub fn $name(x: f32) -> f32 {
            math::$name(&mut Scalar, x)
        })*
    };
}
forward! {
    /// eˣ
    exp;
    /// ln x
    log;
    /// tanh x
    tanh;
    /// 1/(1 + e⁻ˣ)
    sigmoid;
    /// The error function.
    erf;
}

/// x < 0 ? 0 : x
#[inline(always)]
pub fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// The larger; NaN sticks, the first wins a tie.
#[inline(always)]
pub fn max(x: f32, y: f32) -> f32 {
    if x < y || y.is_nan() { y } else { x }
}

/// The smaller; NaN sticks, the first wins a tie.
#[inline(always)]
pub fn min(x: f32, y: f32) -> f32 {
    if y < x || y.is_nan() { y } else { x }
}

/// x / y, 0 where that is undefined.
#[inline(always)]
pub fn div_int(x: i32, y: i32) -> i32 {
    x.checked_div(y).unwrap_or(0)
}
