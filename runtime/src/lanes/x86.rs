//! Lanes of x86-64: four registers of SSE2, two of AVX2, one of AVX-512.

use core::arch::x86_64::*;

use super::register::Register;
use super::{Kernel, Lanes, wide};
use wide::each;

/// Every x86-64 processor: SSE2.
pub struct Baseline;
/// AVX2 with FMA.
struct Avx2;
/// AVX-512F.
struct Avx512;

/// Runs a kernel with AVX-512.
#[target_feature(enable = "avx512f")]
pub fn avx512<K: Kernel>(kernel: K) {
    kernel.run::<Avx512>();
}

/// Runs a kernel with AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub fn avx2<K: Kernel>(kernel: K) {
    kernel.run::<Avx2>();
}

/// A register of 128 bits.
#[derive(Clone, Copy, Debug)]
pub struct Xmm;
/// A register of 256 bits.
#[derive(Clone, Copy, Debug)]
pub struct Ymm;
/// A register of 512 bits.
#[derive(Clone, Copy, Debug)]
pub struct Zmm;

macro_rules! lanes {
    ($isa:ident, $register:ident, $count:literal) => {
        impl Lanes for $isa {
            type F = wide::Floats<$register, $count>;
            type I = wide::Ints<$register, $count>;
            type M = wide::Masks<$register, $count>;
        }
    };
}
lanes!(Baseline, Xmm, 4);
lanes!(Avx2, Ymm, 2);
lanes!(Avx512, Zmm, 1);

/// Writes methods whose bodies are intrinsics.
macro_rules! intrinsics {
    ($($method:ident ( $($operand:ident : $kind:ty),* ) -> $result:ty = $value:expr;)*) => {
        $(#[inline(always)] fn $method($($operand: $kind),*) -> $result {
            // SAFETY: these types are named in this module alone, and kernels get them from `dispatch` alone, which
            // has seen that the processor has the instructions.
            unsafe { $value }
        })*
    };
}

/// All bits of the lanes of register `r` that `count` elements fill.
#[inline(always)]
fn first_of_eight(count: usize, r: usize) -> __m256i {
    // SAFETY: called by the methods of `Ymm` alone, which exist where AVX2 does.
    unsafe {
        let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32 - 8 * r as i32), lanes)
    }
}

/// A bit for each lane that `count` elements fill.
#[inline(always)]
fn first_of_sixteen(count: usize) -> __mmask16 {
    ((1u32 << if count < 16 { count } else { 16 }) - 1) as __mmask16
}

impl Register for Xmm {
    const LANES: usize = 4;
    const IS_EVERYWHERE: bool = true;
    type F = __m128;
    type I = __m128i;
    type M = __m128;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m128 {
        // SAFETY: by the caller's promise.
        unsafe { _mm_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(value: __m128, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { _mm_storeu_ps(to, value) }
    }

    #[inline(always)]
    fn mul_add(a: __m128, b: __m128, c: __m128) -> __m128 {
        let (mut factors, mut sums) = ([[0.0f32; 4]; 2], [0.0f32; 4]);
        // SAFETY: four floats may be written and read each time.
        unsafe {
            Self::store(a, factors[0].as_mut_ptr());
            Self::store(b, factors[1].as_mut_ptr());
            Self::store(c, sums.as_mut_ptr());
            let mut lane = 0;
            while lane < 4 {
                sums[lane] = netc_plan::math::portable::mul_add(factors[0][lane], factors[1][lane], sums[lane]);
                lane += 1;
            }
            Self::load(sums.as_ptr())
        }
    }

    #[inline(always)]
    fn floor(a: __m128) -> __m128 {
        let mut lanes = [0.0f32; 4];
        // SAFETY: four floats may be written and read.
        unsafe {
            Self::store(a, lanes.as_mut_ptr());
            for lane in &mut lanes {
                *lane = netc_plan::math::portable::floor(*lane);
            }
            Self::load(lanes.as_ptr())
        }
    }

    intrinsics! {
        splat(value: f32) -> __m128 = _mm_set1_ps(value);
        splat_int(value: i32) -> __m128i = _mm_set1_epi32(value);
        add(a: __m128, b: __m128) -> __m128 = _mm_add_ps(a, b);
        sub(a: __m128, b: __m128) -> __m128 = _mm_sub_ps(a, b);
        mul(a: __m128, b: __m128) -> __m128 = _mm_mul_ps(a, b);
        div(a: __m128, b: __m128) -> __m128 = _mm_div_ps(a, b);
        sqrt(a: __m128) -> __m128 = _mm_sqrt_ps(a);
        larger(a: __m128, b: __m128) -> __m128 = _mm_max_ps(a, b);
        smaller(a: __m128, b: __m128) -> __m128 = _mm_min_ps(a, b);
        less(a: __m128, b: __m128) -> __m128 = _mm_cmplt_ps(a, b);
        less_equal(a: __m128, b: __m128) -> __m128 = _mm_cmple_ps(a, b);
        equal(a: __m128, b: __m128) -> __m128 = _mm_cmpeq_ps(a, b);
        unordered(a: __m128, b: __m128) -> __m128 = _mm_cmpunord_ps(a, b);
        select(condition: __m128, yes: __m128, no: __m128) -> __m128 =
            _mm_or_ps(_mm_and_ps(condition, yes), _mm_andnot_ps(condition, no));
        and(a: __m128, b: __m128) -> __m128 = _mm_and_ps(a, b);
        or(a: __m128, b: __m128) -> __m128 = _mm_or_ps(a, b);
        not(a: __m128) -> __m128 = _mm_xor_ps(a, _mm_castsi128_ps(_mm_set1_epi32(-1)));
        bits_of(a: __m128) -> __m128i = _mm_castps_si128(a);
        float_of_bits(a: __m128i) -> __m128 = _mm_castsi128_ps(a);
        float_of_int(a: __m128i) -> __m128 = _mm_cvtepi32_ps(a);
        int_add(a: __m128i, b: __m128i) -> __m128i = _mm_add_epi32(a, b);
        int_sub(a: __m128i, b: __m128i) -> __m128i = _mm_sub_epi32(a, b);
        int_and(a: __m128i, b: __m128i) -> __m128i = _mm_and_si128(a, b);
        int_or(a: __m128i, b: __m128i) -> __m128i = _mm_or_si128(a, b);
        int_xor(a: __m128i, b: __m128i) -> __m128i = _mm_xor_si128(a, b);
        shift_left(a: __m128i, bits: u32) -> __m128i = _mm_sll_epi32(a, _mm_cvtsi32_si128(bits as i32));
        shift_right(a: __m128i, bits: u32) -> __m128i = _mm_sra_epi32(a, _mm_cvtsi32_si128(bits as i32));
        int_less(a: __m128i, b: __m128i) -> __m128 = _mm_castsi128_ps(_mm_cmplt_epi32(a, b));
        int_equal(a: __m128i, b: __m128i) -> __m128 = _mm_castsi128_ps(_mm_cmpeq_epi32(a, b));
    }
}

impl Register for Ymm {
    const LANES: usize = 8;
    const IS_EVERYWHERE: bool = false;
    type F = __m256;
    type I = __m256i;
    type M = __m256;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        // SAFETY: by the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(value: __m256, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { _mm256_storeu_ps(to, value) }
    }

    #[inline(always)]
    fn load_rest<const N: usize>(rest: &[f32]) -> [__m256; N] {
        // SAFETY: lanes beyond the slice are not touched; the instructions exist as for other methods.
        each!(N, r => unsafe { _mm256_maskload_ps(rest.as_ptr().wrapping_add(8 * r), first_of_eight(rest.len(), r)) })
    }
    #[inline(always)]
    fn store_rest<const N: usize>(registers: [__m256; N], rest: &mut [f32]) {
        let mut r = 0;
        while r < N {
            // SAFETY: as above.
            unsafe {
                _mm256_maskstore_ps(rest.as_mut_ptr().wrapping_add(8 * r), first_of_eight(rest.len(), r), registers[r])
            };
            r += 1;
        }
    }

    intrinsics! {
        splat(value: f32) -> __m256 = _mm256_set1_ps(value);
        splat_int(value: i32) -> __m256i = _mm256_set1_epi32(value);
        add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
        sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
        mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
        div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
        mul_add(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
        floor(a: __m256) -> __m256 = _mm256_floor_ps(a);
        larger(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
        smaller(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
        less(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_LT_OQ>(a, b);
        less_equal(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_LE_OQ>(a, b);
        equal(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b);
        unordered(a: __m256, b: __m256) -> __m256 = _mm256_cmp_ps::<_CMP_UNORD_Q>(a, b);
        select(condition: __m256, yes: __m256, no: __m256) -> __m256 = _mm256_blendv_ps(no, yes, condition);
        and(a: __m256, b: __m256) -> __m256 = _mm256_and_ps(a, b);
        or(a: __m256, b: __m256) -> __m256 = _mm256_or_ps(a, b);
        not(a: __m256) -> __m256 = _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
        bits_of(a: __m256) -> __m256i = _mm256_castps_si256(a);
        float_of_bits(a: __m256i) -> __m256 = _mm256_castsi256_ps(a);
        float_of_int(a: __m256i) -> __m256 = _mm256_cvtepi32_ps(a);
        int_add(a: __m256i, b: __m256i) -> __m256i = _mm256_add_epi32(a, b);
        int_sub(a: __m256i, b: __m256i) -> __m256i = _mm256_sub_epi32(a, b);
        int_and(a: __m256i, b: __m256i) -> __m256i = _mm256_and_si256(a, b);
        int_or(a: __m256i, b: __m256i) -> __m256i = _mm256_or_si256(a, b);
        int_xor(a: __m256i, b: __m256i) -> __m256i = _mm256_xor_si256(a, b);
        shift_left(a: __m256i, bits: u32) -> __m256i = _mm256_sll_epi32(a, _mm_cvtsi32_si128(bits as i32));
        shift_right(a: __m256i, bits: u32) -> __m256i = _mm256_sra_epi32(a, _mm_cvtsi32_si128(bits as i32));
        int_less(a: __m256i, b: __m256i) -> __m256 = _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a));
        int_equal(a: __m256i, b: __m256i) -> __m256 = _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b));
    }
}

impl Register for Zmm {
    const LANES: usize = 16;
    const IS_EVERYWHERE: bool = false;
    type F = __m512;
    type I = __m512i;
    type M = __mmask16;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        // SAFETY: by the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(value: __m512, to: *mut f32) {
        // SAFETY: by the caller's promise.
        unsafe { _mm512_storeu_ps(to, value) }
    }

    #[inline(always)]
    fn load_rest<const N: usize>(rest: &[f32]) -> [__m512; N] {
        // SAFETY: lanes beyond the slice are not touched; the instructions exist as for other methods.
        [unsafe { _mm512_maskz_loadu_ps(first_of_sixteen(rest.len()), rest.as_ptr()) }; N]
    }
    #[inline(always)]
    fn store_rest<const N: usize>(registers: [__m512; N], rest: &mut [f32]) {
        let mut r = 0;
        while r < N {
            // SAFETY: as above.
            unsafe { _mm512_mask_storeu_ps(rest.as_mut_ptr(), first_of_sixteen(rest.len()), registers[r]) };
            r += 1;
        }
    }

    intrinsics! {
        splat(value: f32) -> __m512 = _mm512_set1_ps(value);
        splat_int(value: i32) -> __m512i = _mm512_set1_epi32(value);
        add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
        sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
        mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
        div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
        mul_add(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        scale(a: __m512, _n: __m512i, whole: __m512) -> __m512 = _mm512_scalef_ps(a, whole);
        sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
        floor(a: __m512) -> __m512 = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC }>(a);
        larger(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
        smaller(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
        less(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b);
        less_equal(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(a, b);
        equal(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(a, b);
        unordered(a: __m512, b: __m512) -> __mmask16 = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(a, b);
        select(condition: __mmask16, yes: __m512, no: __m512) -> __m512 = _mm512_mask_blend_ps(condition, no, yes);
        and(a: __mmask16, b: __mmask16) -> __mmask16 = _mm512_kand(a, b);
        or(a: __mmask16, b: __mmask16) -> __mmask16 = _mm512_kor(a, b);
        not(a: __mmask16) -> __mmask16 = _mm512_knot(a);
        bits_of(a: __m512) -> __m512i = _mm512_castps_si512(a);
        float_of_bits(a: __m512i) -> __m512 = _mm512_castsi512_ps(a);
        float_of_int(a: __m512i) -> __m512 = _mm512_cvtepi32_ps(a);
        int_add(a: __m512i, b: __m512i) -> __m512i = _mm512_add_epi32(a, b);
        int_sub(a: __m512i, b: __m512i) -> __m512i = _mm512_sub_epi32(a, b);
        int_and(a: __m512i, b: __m512i) -> __m512i = _mm512_and_si512(a, b);
        int_or(a: __m512i, b: __m512i) -> __m512i = _mm512_or_si512(a, b);
        int_xor(a: __m512i, b: __m512i) -> __m512i = _mm512_xor_si512(a, b);
        shift_left(a: __m512i, bits: u32) -> __m512i = _mm512_sll_epi32(a, _mm_cvtsi32_si128(bits as i32));
        shift_right(a: __m512i, bits: u32) -> __m512i = _mm512_sra_epi32(a, _mm_cvtsi32_si128(bits as i32));
        int_less(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmplt_epi32_mask(a, b);
        int_equal(a: __m512i, b: __m512i) -> __mmask16 = _mm512_cmpeq_epi32_mask(a, b);
    }
}
