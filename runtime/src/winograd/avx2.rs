//! Transforms on vectors of 8 floats.

use core::arch::x86_64::*;

use netc_plan::winograd::{Exact, Lane, Transform};

use super::transforms::transforms;
use super::vector::{Doubles, Vector};

transforms!(Ymm, Yd, #[target_feature(enable = "avx2,fma")]);

/// A register.
#[derive(Clone, Copy)]
struct Ymm(__m256);

/// Eight lanes on, eight lanes off: read from `8 − n` on, it is the mask of n lanes.
static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

impl Lane for Ymm {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: values of this type exist only where the processor has AVX2 and FMA.
        Self(unsafe { _mm256_set1_ps(value as f32) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }
}

impl Vector for Ymm {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(source: *const f32, count: usize) -> Self {
        // SAFETY: by the caller's promise; the mask, of which eight of sixteen words are read, keeps to `count` floats.
        Self(unsafe {
            if count == 8 {
                _mm256_loadu_ps(source)
            } else {
                _mm256_maskload_ps(source, _mm256_loadu_si256(LANES.as_ptr().add(8 - count).cast()))
            }
        })
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe {
            if count == 8 {
                _mm256_storeu_ps(destination, self.0);
            } else {
                _mm256_maskstore_ps(destination, _mm256_loadu_si256(LANES.as_ptr().add(8 - count).cast()), self.0);
            }
        }
    }

    #[inline(always)]
    fn fetch(address: *const f32) {
        crate::isa::fetch(address);
    }

    #[inline(always)]
    fn relu(self) -> Self {
        // SAFETY: as for arithmetic.
        unsafe {
            let negative = _mm256_cmp_ps::<_CMP_LT_OQ>(self.0, _mm256_setzero_ps());
            Self(_mm256_blendv_ps(self.0, _mm256_setzero_ps(), negative))
        }
    }

    #[inline(always)]
    fn gated(self, gate: Self) -> Self {
        // SAFETY: as for arithmetic.
        Self(unsafe { crate::contract::avx2::gated(self.0, gate.0) })
    }

    #[inline(always)]
    fn max(self, value: Self) -> Self {
        // SAFETY: as for arithmetic.
        Self(unsafe { crate::contract::avx2::maximum(self.0, value.0) })
    }
}

/// Two registers of doubles.
#[derive(Clone, Copy)]
struct Yd([__m256d; 2]);

impl Exact for Yd {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        // SAFETY: values of this type exist only where the processor has AVX2.
        Self(unsafe { [_mm256_add_pd(a, c), _mm256_add_pd(b, d)] })
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        let (Self([a, b]), Self([c, d])) = (self, other);
        // SAFETY: as above.
        Self(unsafe { [_mm256_sub_pd(a, c), _mm256_sub_pd(b, d)] })
    }
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        let Self([a, b]) = self;
        // SAFETY: as above.
        Self(unsafe { [_mm256_mul_pd(a, _mm256_set1_pd(factor)), _mm256_mul_pd(b, _mm256_set1_pd(factor))] })
    }
}

impl Doubles for Yd {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: by the caller's promise.
        unsafe { Self([_mm256_cvtps_pd(_mm_loadu_ps(source)), _mm256_cvtps_pd(_mm_loadu_ps(source.wrapping_add(4)))]) }
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32) {
        let Self([a, b]) = self;
        // SAFETY: by the caller's promise.
        unsafe {
            _mm_storeu_ps(destination, _mm256_cvtpd_ps(a));
            _mm_storeu_ps(destination.wrapping_add(4), _mm256_cvtpd_ps(b));
        }
    }
}
