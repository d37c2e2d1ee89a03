//! Lanes and rows of numbers through `netc_plan::math`, compiled once for each instruction set.
//!
//! The sequences of single operations are the same everywhere, so the number of lanes that the compiler makes of a
//! loop changes no bit: nothing here is associative arithmetic, and no multiplication is fused with an addition.

use netc_plan::math::{self, Scalar};

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
            Isa::Portable => None,
            Isa::Avx2 | Isa::Avx512 => Some(&Wide::of(isa).lanes),
        }
    }
}

/// Row functions of one instruction set.
///
/// # Safety
/// Of every function: the processor has the instruction set.
#[derive(Debug)]
pub(crate) struct Wide {
    /// Scores to weights, `exp(score·scale − largest)`, and their sum: [`softmax`].
    pub softmax: unsafe fn(&mut [f32], f32) -> f32,
    lanes: LaneFunctions,
}

impl Wide {
    /// The functions for an instruction set that the processor has.
    pub fn of(isa: Isa) -> &'static Self {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &AVX2,
            _ => &PORTABLE,
        }
    }
}

macro_rules! lane_function {
    ($name:ident $($feature:literal)?) => {
        $(#[target_feature(enable = $feature)])?
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

macro_rules! versions {
    ($($table:ident $module:ident $($feature:literal)?;)*) => {$(
        mod $module {
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn softmax(row: &mut [f32], scale: f32) -> f32 {
                super::softmax(row, scale)
            }
            lane_function!(exp $($feature)?);
            lane_function!(log $($feature)?);
            lane_function!(tanh $($feature)?);
            lane_function!(sigmoid $($feature)?);
            lane_function!(erf $($feature)?);
        }
        static $table: Wide = Wide {
            softmax: $module::softmax,
            lanes: LaneFunctions {
                exp: $module::exp,
                log: $module::log,
                tanh: $module::tanh,
                sigmoid: $module::sigmoid,
                erf: $module::erf,
            },
        };
    )*};
}
versions!(PORTABLE portable;);
#[cfg(target_arch = "x86_64")]
versions!(AVX2 avx2 "avx2"; AVX512 avx512 "avx512f";);

/// The numbers that generated code has just stored in vectors of four. A wider load would wait until those stores have
/// left the processor's queue, since a load takes its bytes from at most one of them; so calls could not overlap.
///
/// # Safety
/// The numbers may be read and start at a multiple of 16 bytes.
#[inline(always)]
unsafe fn by_fours(lanes: *const f32) -> [f32; WIDE_LANES] {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::__m128;
        // SAFETY: by the caller's promise. Volatile, so that four loads stay four.
        let four = |at: usize| unsafe { lanes.add(4 * at).cast::<__m128>().read_volatile() };
        let fours = [four(0), four(1), four(2), four(3)];
        // SAFETY: both are sixteen floats.
        unsafe { core::mem::transmute::<[__m128; 4], [f32; WIDE_LANES]>(fours) }
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: by the caller's promise.
    unsafe {
        lanes.cast::<[f32; WIDE_LANES]>().read()
    }
}

/// Partial sums and maxima of a row: elements i ≡ l mod 16.
const LANES: usize = WIDE_LANES;

/// Replaces every score by `exp(score·scale − largest)`, where NaN sticks in the largest, and gives the sum: 16 partial
/// sums combined in halves.
#[inline(always)]
fn softmax(row: &mut [f32], scale: f32) -> f32 {
    let larger = |a: f32, b: f32| if a < b || b.is_nan() { b } else { a };
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut chunks = row.chunks_exact_mut(LANES);
    for chunk in &mut chunks {
        for (score, largest) in chunk.iter_mut().zip(&mut largest) {
            *score *= scale;
            *largest = larger(*largest, *score);
        }
    }
    for (score, largest) in chunks.into_remainder().iter_mut().zip(&mut largest) {
        *score *= scale;
        *largest = larger(*largest, *score);
    }
    let largest = largest.into_iter().fold(f32::NEG_INFINITY, larger);
    for score in row.iter_mut() {
        *score = math::exp(&mut Scalar, *score - largest);
    }
    let mut sums = [0.0f32; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, weight)| *sum += weight);
    }
    sums.iter_mut().zip(rest).for_each(|(sum, weight)| *sum += weight);
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[cfg(test)]
mod tests {
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
