//! Rows of numbers through `netc_plan::math`, compiled once for each instruction set.
//!
//! The sequences of single operations are the same everywhere, so the number of lanes that the compiler makes of a
//! loop changes no bit: nothing here is associative arithmetic, and no multiplication is fused with an addition.

use netc_plan::math::{Scalar, exp};

use crate::Isa;

/// Row functions of one instruction set.
///
/// # Safety
/// Of every function: the processor has the instruction set.
#[derive(Debug)]
pub(crate) struct Wide {
    /// Scores to weights, `exp(score·scale − largest)`, and their sum: [`softmax`].
    pub softmax: unsafe fn(&mut [f32], f32) -> f32,
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

macro_rules! versions {
    ($($table:ident $module:ident $($feature:literal)?;)*) => {$(
        mod $module {
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn softmax(row: &mut [f32], scale: f32) -> f32 {
                super::softmax(row, scale)
            }
        }
        static $table: Wide = Wide { softmax: $module::softmax };
    )*};
}
versions!(PORTABLE portable;);
#[cfg(target_arch = "x86_64")]
versions!(AVX2 avx2 "avx2"; AVX512 avx512 "avx512f";);

/// Partial sums and maxima of a row: elements i ≡ l mod 16.
const LANES: usize = 16;

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
        *score = exp(&mut Scalar, *score - largest);
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
