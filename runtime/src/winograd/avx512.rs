//! Transforms on vectors of 16 floats.

use core::arch::x86_64::*;

use netc_plan::winograd::{Exact, Lane, Transform};

use super::transforms::transforms;
use super::vector::{Doubles, Vector};

transforms!(Zmm, Zd, #[target_feature(enable = "avx512f")]);

/// A register.
#[derive(Clone, Copy)]
struct Zmm(__m512);

impl Lane for Zmm {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        // SAFETY: values of this type exist only where the processor has AVX-512F.
        Self(unsafe { _mm512_set1_ps(value as f32) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }
}

impl Vector for Zmm {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn load(source: *const f32, count: usize) -> Self {
        // SAFETY: by the caller's promise; the mask keeps to `count` floats.
        Self(unsafe { _mm512_maskz_loadu_ps(((1u32 << count) - 1) as __mmask16, source) })
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32, count: usize) {
        // SAFETY: by the caller's promise; the mask keeps to `count` floats.
        unsafe { _mm512_mask_storeu_ps(destination, ((1u32 << count) - 1) as __mmask16, self.0) }
    }

    #[inline(always)]
    fn fetch(address: *const f32) {
        crate::isa::fetch(address);
    }

    #[inline(always)]
    fn relu(self) -> Self {
        // SAFETY: as for arithmetic.
        unsafe {
            let negative = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, _mm512_setzero_ps());
            Self(_mm512_mask_mov_ps(self.0, negative, _mm512_setzero_ps()))
        }
    }

    #[inline(always)]
    fn gated(self, gate: Self) -> Self {
        // SAFETY: as for arithmetic.
        Self(unsafe { crate::contract::avx512::gated(self.0, gate.0) })
    }

    #[inline(always)]
    fn max(self, value: Self) -> Self {
        // SAFETY: as for arithmetic.
        Self(unsafe { crate::contract::avx512::maximum(self.0, value.0) })
    }
}

/// A register of doubles.
#[derive(Clone, Copy)]
struct Zd(__m512d);

impl Exact for Zd {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        // SAFETY: values of this type exist only where the processor has AVX-512F.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_sub_pd(self.0, other.0) })
    }
    #[inline(always)]
    fn times(self, factor: f64) -> Self {
        // SAFETY: as above.
        Self(unsafe { _mm512_mul_pd(self.0, _mm512_set1_pd(factor)) })
    }
}

impl Doubles for Zd {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn load(source: *const f32) -> Self {
        // SAFETY: by the caller's promise.
        Self(unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(source)) })
    }

    #[inline(always)]
    unsafe fn store(self, destination: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { _mm256_storeu_ps(destination, _mm512_cvtpd_ps(self.0)) }
    }
}
