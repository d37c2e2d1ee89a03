//! What it costs to share a step among threads: the time of steps of one unit per thread, less that of one unit.
//!
//! `cargo run --release -p netc-runtime --example fork_join`

use std::hint::black_box;
use std::time::Instant;

use netc_runtime::{Pool, Step, Walk};

/// Some microseconds of work in each unit.
unsafe extern "C" fn spin(_: *const u8, _: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
    for _ in begin..end {
        let mut value = black_box(1.0f32);
        for _ in 0..2000 {
            value = value * 0.5 + 1.0;
        }
        black_box(value);
    }
}

/// Median and longest nanoseconds of a step of so many units.
fn time(pool: &Pool, units: u32) -> (f64, f64) {
    let (plan, pointers, stop) = (core::ptr::null(), core::ptr::null(), core::ptr::null());
    let step = Step { function: spin, plan, pointers, units, together: 1, stop };
    let mut times: Vec<f64> = (0..20_000)
        .map(|_| {
            let start = Instant::now();
            // SAFETY: the function touches nothing.
            assert_eq!(unsafe { pool.walk(&[step], core::ptr::null_mut(), 0) }, Walk::Done);
            start.elapsed().as_secs_f64() * 1e9
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() - 1])
}

fn main() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for threads in [2, cores, 2 * cores] {
        let pool = Pool::new(threads);
        let alone = time(&pool, 1);
        let together = time(&pool, threads as u32);
        println!(
            "{threads} threads: one unit {:.0} ns; one for each thread {:.0} ns, {:.0} ns more; the slowest {:.0} ns",
            alone.0,
            together.0,
            together.0 - alone.0,
            together.1
        );
    }
}
