//! The machine's limits, measured: multiply-adds per second and bytes read per second.
//!
//! Kernels are judged by their share of these, measured in the same run, because machines are shared.

use core::hint::black_box;
use std::time::Instant;

use crate::{Arena, Isa, Pool, Step};

/// Independent chains: more than the latency of a multiply-add times the units that execute it.
const CHAINS: usize = 12;
/// Links of each chain in one unit: some milliseconds.
const LINKS: usize = 400_000;
/// Units of a measurement per thread.
const TURNS: u32 = 4;
/// Floats of memory that are read, twice what a large cache holds.
const FLOATS: usize = 48 << 20;

/// Multiply-adds of one unit of [`chains`].
struct Chains {
    isa: Isa,
}

/// Floating-point operations per second (two per multiply-add) that all threads of the pool reach together in
/// registers, with the widest vectors of `isa`.
pub fn multiply_adds(pool: &Pool, isa: Isa) -> f64 {
    let plan = Chains { isa: isa.or_available() };
    let units = TURNS * pool.threads() as u32;
    let step = Step {
        function: chains,
        plan: core::ptr::from_ref(&plan).cast(),
        pointers: core::ptr::null(),
        units,
        together: 1,
        stop: core::ptr::null(),
    };
    let lanes = match plan.isa {
        Isa::Portable => 1,
        Isa::Avx2 => 8,
        Isa::Avx512 => 16,
    };
    let operations = 2 * u64::from(units) * (CHAINS * LINKS * lanes) as u64;
    per_second(operations, || {
        // SAFETY: the step's function takes a `Chains` as its plan and reads no memory.
        unsafe { pool.walk(&[step], core::ptr::null_mut(), 0) };
    })
}

/// Bytes per second that all threads of the pool read together from memory beyond the caches; `None` where there is
/// not enough memory to try.
pub fn reads(pool: &Pool) -> Option<f64> {
    let mut memory = Arena::new(FLOATS)?;
    memory.as_mut_slice().fill(1.0);
    let pointers = [memory.as_mut_ptr()];
    let step = Step {
        function: read,
        plan: core::ptr::null(),
        pointers: pointers.as_ptr(),
        units: (FLOATS / READ) as u32,
        together: 1,
        stop: core::ptr::null(),
    };
    Some(per_second(4 * FLOATS as u64, || {
        // SAFETY: the units of the step lie within the arena.
        unsafe { pool.walk(&[step], core::ptr::null_mut(), 0) };
    }))
}

/// The best of three runs, after one to warm up.
fn per_second(work: u64, mut run: impl FnMut()) -> f64 {
    run();
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    work as f64 / best
}

/// Floats that one unit reads.
const READ: usize = 1 << 18;

unsafe extern "C" fn read(_: *const u8, pointers: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    for unit in begin..end {
        // SAFETY: [`reads`] gives the address of as many floats as its units read.
        let floats = unsafe { core::slice::from_raw_parts((*pointers).add(unit as usize * READ).cast::<u32>(), READ) };
        // Integers, because their sums may be vectorised.
        black_box(floats.iter().fold(0u32, |sum, &bits| sum.wrapping_add(bits)));
    }
}

unsafe extern "C" fn chains(plan: *const u8, _: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    // SAFETY: by [`multiply_adds`].
    let plan = unsafe { &*plan.cast::<Chains>() };
    for _ in begin..end {
        match plan.isa {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `or_available` gives only what the processor has.
            Isa::Avx512 => unsafe { chains_512() },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Isa::Avx2 => unsafe { chains_256() },
            _ => chains_portable(),
        }
    }
}

fn chains_portable() {
    let factor = black_box(0.5f32);
    let mut sums = [black_box(1.0f32); CHAINS];
    for _ in 0..LINKS {
        for sum in &mut sums {
            *sum = sum.mul_add(factor, factor);
        }
    }
    black_box(sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn chains_512() {
    use core::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps};
    let factor = black_box(_mm512_set1_ps(0.5));
    let mut sums = [black_box(_mm512_set1_ps(1.0)); CHAINS];
    for _ in 0..LINKS {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn chains_256() {
    use core::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps};
    let factor = black_box(_mm256_set1_ps(0.5));
    let mut sums = [black_box(_mm256_set1_ps(1.0)); CHAINS];
    for _ in 0..LINKS {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, factor);
        }
    }
    black_box(sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_beat_scalars() {
        let pool = Pool::new(1);
        let isas = Isa::available();
        let (first, last) = (multiply_adds(&pool, isas[0]), multiply_adds(&pool, isas[isas.len() - 1]));
        assert!(first > 0.0 && (isas.len() == 1 || last > 2.0 * first), "{first} {last}");
    }
}
