//! Lanes of numbers through `netc_plan::math`, compiled once for each instruction set.
//!
//! The sequences of single operations are the same everywhere, so the number of lanes that the compiler makes of a
//! loop changes no bit: nothing here is associative arithmetic, and what is fused is written so.

use crate::Isa;

/// Four numbers in a register.
#[cfg(target_arch = "x86_64")]
pub type Four = core::arch::x86_64::__m128;
/// Four numbers in a register: there is no [`LanesFn`] here.
#[cfg(not(target_arch = "x86_64"))]
pub type Four = f32;

/// Writes a function of each of [`WIDE_LANES`] numbers, wherever that may be. They come in the registers that hold
/// them: a wide load of what was just stored in fours would wait for all of the stores. The convention has registers
/// for them on every system.
#[cfg(target_arch = "x86_64")]
#[expect(improper_ctypes_definitions, reason = "generated code follows the same convention for vectors")]
pub type LanesFn = unsafe extern "sysv64" fn(Four, Four, Four, Four, *mut f32);
/// Writes a function of each of [`WIDE_LANES`] numbers.
#[cfg(not(target_arch = "x86_64"))]
pub type LanesFn = unsafe extern "C" fn(Four, Four, Four, Four, *mut f32);

/// Numbers that a [`LanesFn`] takes at once.
pub const WIDE_LANES: usize = 16;

/// The transcendental functions of one instruction set, for generated code, whose own vectors have four lanes. Bits are
/// those of `netc_plan::math` on single numbers.
///
/// # Safety
/// Of every function: the processor has the instruction set, and as many numbers may be written.
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
    /// x/2·(erf(x/√2) + 1)
    pub gelu: LanesFn,
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
        #[expect(improper_ctypes_definitions, reason = "generated code follows the same convention for vectors")]
        pub(super) unsafe extern "sysv64" fn $name(
            a: super::Four,
            b: super::Four,
            c: super::Four,
            d: super::Four,
            to: *mut f32,
        ) {
            // SAFETY: both are sixteen floats.
            let mut values: [f32; super::WIDE_LANES] = unsafe { core::mem::transmute([a, b, c, d]) };
            for value in &mut values {
                *value = netc_plan::math::$name(&mut netc_plan::math::Scalar, *value);
            }
            // SAFETY: by the caller's promise.
            unsafe { to.cast::<[f32; super::WIDE_LANES]>().write_unaligned(values) };
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
            lane_function!(gelu $feature);
        }
        static $table: LaneFunctions = LaneFunctions {
            exp: $module::exp,
            log: $module::log,
            tanh: $module::tanh,
            sigmoid: $module::sigmoid,
            erf: $module::erf,
            gelu: $module::gelu,
        };
    )*};
}
#[cfg(target_arch = "x86_64")]
versions!(AVX2 avx2 "avx2,fma"; AVX512 avx512 "avx512f";);

#[cfg(test)]
mod tests {
    use netc_plan::math::{self, Scalar};

    use super::*;

    /// Every `NETC_MATH_STRIDE`-th of all singles, 1 for every one of them.
    fn stride() -> usize {
        std::env::var("NETC_MATH_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(4_099)
    }

    #[cfg(target_arch = "x86_64")]
    fn fours(lanes: [f32; WIDE_LANES]) -> [Four; 4] {
        // SAFETY: both are sixteen floats.
        unsafe { core::mem::transmute(lanes) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    fn fours(_: [f32; WIDE_LANES]) -> [Four; 4] {
        [0.0; 4]
    }

    #[test]
    fn lanes_have_the_bits_of_single_numbers() {
        type Row = (&'static str, fn(&LaneFunctions) -> LanesFn, fn(f32) -> f32);
        let table: &[Row] = &[
            ("exp", |functions| functions.exp, |x| math::exp(&mut Scalar, x)),
            ("log", |functions| functions.log, |x| math::log(&mut Scalar, x)),
            ("tanh", |functions| functions.tanh, |x| math::tanh(&mut Scalar, x)),
            ("sigmoid", |functions| functions.sigmoid, |x| math::sigmoid(&mut Scalar, x)),
            ("erf", |functions| functions.erf, |x| math::erf(&mut Scalar, x)),
            ("gelu", |functions| functions.gelu, |x| math::gelu(&mut Scalar, x)),
        ];
        let mut inputs = (0..=u32::MAX).step_by(stride()).map(f32::from_bits);
        while let Some(first) = inputs.next() {
            let mut lanes = [first; WIDE_LANES];
            lanes[1..].iter_mut().zip(&mut inputs).for_each(|(lane, input)| *lane = input);
            for &(name, wide, single) in table {
                let want = lanes.map(single);
                for functions in Isa::available().iter().filter_map(|&isa| LaneFunctions::of(isa)) {
                    let mut got = [0.0; WIDE_LANES];
                    let [a, b, c, d] = fours(lanes);
                    // SAFETY: the processor has the instruction set, and there are as many numbers.
                    unsafe { wide(functions)(a, b, c, d, got.as_mut_ptr()) };
                    for (at, (got, want)) in got.iter().zip(&want).enumerate() {
                        let same = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
                        assert!(same, "{name}({:e}) = {got:e}, not {want:e}", lanes[at]);
                    }
                }
            }
        }
    }
}
