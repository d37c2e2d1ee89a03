//! Which vector instructions kernels use.

use core::sync::atomic::{AtomicU8, Ordering};

/// 0 until something was chosen, then 1 + the instruction set, which the processor has.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

/// An instruction set that kernels are written for. Results do not depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Isa {
    /// Any processor; `mul_add` per element.
    Portable,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512F.
    Avx512,
}

impl Isa {
    /// The best that this processor and its operating system offer, asked by CPUID.
    #[cfg(target_arch = "x86_64")]
    pub fn detect() -> Self {
        /// A leaf of CPUID.
        fn cpuid(leaf: u32) -> core::arch::x86_64::CpuidResult {
            #[allow(unused_unsafe, reason = "before Rust 1.94 it was unsafe to ask")]
            // SAFETY: every x86-64 processor has CPUID.
            unsafe {
                core::arch::x86_64::__cpuid_count(leaf, 0)
            }
        }
        if cfg!(feature = "baseline") {
            return Self::Portable;
        }
        let bit = |word: u32, bit: u32| word >> bit & 1 == 1;
        if cpuid(0).eax < 7 {
            return Self::Portable;
        }
        let basic = cpuid(1).ecx;
        let (fma, saves, avx) = (bit(basic, 12), bit(basic, 27), bit(basic, 28));
        if !(fma && saves && avx) {
            return Self::Portable;
        }
        let enabled = enabled_state();
        let extended = cpuid(7).ebx;
        // States 1, 2: xmm and ymm; 5 to 7: mask registers and zmm.
        let (ymm, zmm) = (enabled & 0x06 == 0x06, enabled & 0xe6 == 0xe6);
        if zmm && bit(extended, 16) && bit(extended, 5) {
            Self::Avx512
        } else if ymm && bit(extended, 5) {
            Self::Avx2
        } else {
            Self::Portable
        }
    }

    /// The best that this processor offers.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn detect() -> Self {
        Self::Portable
    }

    /// Every instruction set that this processor can run, slowest first.
    pub fn available() -> &'static [Self] {
        match Self::detect() {
            Self::Portable => &[Self::Portable],
            Self::Avx2 => &[Self::Portable, Self::Avx2],
            Self::Avx512 => &[Self::Portable, Self::Avx2, Self::Avx512],
        }
    }

    /// What loops of generated Rust and calls prepared at compile time use: the best, or what [`Isa::limit`] says.
    #[inline]
    pub fn chosen() -> Self {
        if cfg!(feature = "baseline") {
            return Self::Portable;
        }
        match CHOSEN.load(Ordering::Relaxed) {
            0 => Self::limit(Self::detect()),
            1 => Self::Portable,
            2 => Self::Avx2,
            _ => Self::Avx512,
        }
    }

    /// Chooses this instruction set, or the best if the processor lacks it; results do not depend on it. Returns what
    /// was chosen.
    pub fn limit(self) -> Self {
        let isa = self.or_available();
        CHOSEN.store(1 + isa as u8, Ordering::Relaxed);
        isa
    }

    /// This instruction set if the processor can run it, else the best that it can.
    pub fn or_available(self) -> Self {
        if Self::available().contains(&self) { self } else { Self::detect() }
    }
}

/// Which instruction set a prepared call uses: one that the processor has, or what is chosen when it runs.
#[derive(Clone, Copy, Debug)]
pub struct Instructions(Option<Isa>);

impl Instructions {
    /// [`Isa::chosen`] at the time of the call.
    pub(crate) const CHOSEN: Self = Self(None);

    /// This one, or the best if the processor lacks it.
    pub(crate) fn fixed(isa: Isa) -> Self {
        Self(Some(isa.or_available()))
    }

    #[inline]
    pub(crate) fn get(self) -> Isa {
        if cfg!(feature = "baseline") {
            return Isa::Portable;
        }
        match self.0 {
            Some(isa) => isa,
            None => Isa::chosen(),
        }
    }
}

impl core::fmt::Display for Isa {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2+fma",
            Self::Avx512 => "avx512f",
        })
    }
}

/// Which register states the operating system saves (XCR0).
#[cfg(target_arch = "x86_64")]
fn enabled_state() -> u64 {
    #[target_feature(enable = "xsave")]
    fn read() -> u64 {
        // SAFETY: XCR0 is readable wherever the operating system has enabled XSAVE.
        unsafe { core::arch::x86_64::_xgetbv(0) }
    }
    // SAFETY: the caller found OSXSAVE set, so XGETBV exists and may be executed.
    unsafe { read() }
}

/// Fetches what a kernel will read; any address may be named.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn fetch(line: *const f32) {
    fetch_near::<{ core::arch::x86_64::_MM_HINT_T0 }>(line);
}

/// The same into the second-level cache, where there is more room until it is read.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn fetch_into_second(line: *const f32) {
    fetch_near::<{ core::arch::x86_64::_MM_HINT_T1 }>(line);
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fetch_near<const HINT: i32>(line: *const f32) {
    #[allow(unused_unsafe, reason = "before Rust 1.93 a fetch was unsafe")]
    // SAFETY: a fetch of an address that cannot be read does nothing.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<HINT>(line.cast());
    }
}

/// Fetches what a kernel will write, away from other caches; any address may be named.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn fetch_to_write(line: *const f32) {
    // SAFETY: 64-bit processors without `prefetchw` take it for no operation; fetching may name any address.
    unsafe {
        core::arch::asm!("prefetchw byte ptr [{}]", in(reg) line, options(nostack, readonly, preserves_flags));
    }
}
