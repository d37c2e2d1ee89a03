//! Lanes of numbers through `netc_plan::math`, compiled once for each instruction set.
//!
//! The sequences of single operations are the same everywhere, so the number of lanes that the compiler makes of a
//! loop changes no bit: nothing here is associative arithmetic, and no multiplication is fused with an addition.

use crate::Isa;

/// Replaces [`WIDE_LANES`] consecutive numbers, wherever they lie, by a function of each.
pub type LanesFn = unsafe extern "C" fn(*mut f32);

/// Numbers that a [`LanesFn`] replaces at once.
pub const WIDE_LANES: usize = 16;

/// The transcendental functions of one instruction set, for generated code, whose own vectors have four lanes. Bits are
/// those of `netc_plan::math` on single numbers.
///
/// # Safety
/// Of every function: the processor has the instruction set, and the numbers may be read and written and start at a
/// multiple of 64 bytes.
#[derive(Clone, Copy, Debug)]
pub struct LaneFunctions {
    /// eˣ
    pub exp: LanesFn,
    /// ln x
    pub log: LanesFn,
    /// tanh x
    pub tanh: LanesFn,
    /// 1/(1 + e⁻ˣ)
    pub sigmoid: LanesFn,
    /// The error function.
    pub erf: LanesFn,
}

impl LaneFunctions {
    /// Those of an instruction set that the processor has; none where vectors have but four lanes.
    pub fn of(isa: Isa) -> Option<&'static Self> {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Some(&AVX512),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Some(&AVX2),
            _ => None,
        }
    }
}

#[cfg(target_arch = "x86_64")]
macro_rules! lane_function {
    ($name:ident $feature:literal) => {
        #[target_feature(enable = $feature)]
        pub(super) unsafe extern "C" fn $name(lanes: *mut f32) {
            // SAFETY: the caller gives the address of that many numbers.
            let mut values = unsafe { super::by_fours(lanes) };
            for value in &mut values {
                *value = netc_plan::math::$name(&mut netc_plan::math::Scalar, *value);
            }
            // SAFETY: as above.
            unsafe { lanes.cast::<[f32; super::WIDE_LANES]>().write(values) };
        }
    };
}

#[cfg(target_arch = "x86_64")]
macro_rules! versions {
    ($($table:ident $module:ident $feature:literal;)*) => {$(
        mod $module {
            lane_function!(exp $feature);
            lane_function!(log $feature);
            lane_function!(tanh $feature);
            lane_function!(sigmoid $feature);
            lane_function!(erf $feature);
        }
        static $table: LaneFunctions = LaneFunctions {
            exp: $module::exp,
            log: $module::log,
            tanh: $module::tanh,
            sigmoid: $module::sigmoid,
            erf: $module::erf,
        };
    )*};
}
#[cfg(target_arch = "x86_64")]
versions!(AVX2 avx2 "avx2"; AVX512 avx512 "avx512f";);

/// The numbers that generated code has just stored in vectors of four. A wider load would wait until those stores have
/// left the processor's queue, since a load takes its bytes from at most one of them; so calls could not overlap.
///
/// # Safety
/// The numbers may be read and start at a multiple of 16 bytes.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn by_fours(lanes: *const f32) -> [f32; WIDE_LANES] {
    use core::arch::x86_64::__m128;
    // SAFETY: by the caller's promise. Volatile, so that four loads stay four.
    let four = |at: usize| unsafe { lanes.add(4 * at).cast::<__m128>().read_volatile() };
    let fours = [four(0), four(1), four(2), four(3)];
    // SAFETY: both are sixteen floats.
    unsafe { core::mem::transmute::<[__m128; 4], [f32; WIDE_LANES]>(fours) }
}

#[cfg(test)]
mod tests {
    use netc_plan::math::{self, Scalar};

    use super::*;

    /// Every `NETC_MATH_STRIDE`-th of all singles, 1 for every one of them.
    fn stride() -> usize {
        std::env::var("NETC_MATH_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(4_099)
    }

    #[repr(align(64))]
    struct Aligned([f32; WIDE_LANES]);

    #[test]
    fn lanes_have_the_bits_of_single_numbers() {
        type Row = (&'static str, fn(&LaneFunctions) -> LanesFn, fn(f32) -> f32);
        let table: &[Row] = &[
            ("exp", |functions| functions.exp, |x| math::exp(&mut Scalar, x)),
            ("log", |functions| functions.log, |x| math::log(&mut Scalar, x)),
            ("tanh", |functions| functions.tanh, |x| math::tanh(&mut Scalar, x)),
            ("sigmoid", |functions| functions.sigmoid, |x| math::sigmoid(&mut Scalar, x)),
            ("erf", |functions| functions.erf, |x| math::erf(&mut Scalar, x)),
        ];
        let mut inputs = (0..=u32::MAX).step_by(stride()).map(f32::from_bits);
        while let Some(first) = inputs.next() {
            let mut lanes = [first; WIDE_LANES];
            lanes[1..].iter_mut().zip(&mut inputs).for_each(|(lane, input)| *lane = input);
            for &(name, wide, single) in table {
                let want = lanes.map(single);
                for functions in Isa::available().iter().filter_map(|&isa| LaneFunctions::of(isa)) {
                    let mut got = Aligned(lanes);
                    // SAFETY: the processor has the instruction set, and there are as many numbers, aligned.
                    unsafe { wide(functions)(got.0.as_mut_ptr()) };
                    for (at, (got, want)) in got.0.iter().zip(&want).enumerate() {
                        let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
                        assert!(same, "{name}({:e}) = {got:e}, not {want:e}", lanes[at]);
                    }
                }
            }
        }
    }
}
