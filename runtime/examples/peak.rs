//! Times the contraction kernels on one core against the multiply-add peak measured in the same run.
//!
//! `cargo run --release -p netc-runtime --example peak [filter]`; prints GFLOP/s (GB/s for one-row products) and the
//! share of the peak, best and median of interleaved rounds.

use std::hint::black_box;
use std::time::Instant;

use netc_plan::kernels::contract_pointer::COUNT;
use netc_plan::{ContractPlan, Kernel, OuterAxis, Panels, RowAxis, TapAxis};
use netc_runtime::{Arena, Call, Isa, Pool, Step, limit};

const ROUNDS: usize = 15;

struct Case {
    name: &'static str,
    plan: ContractPlan,
}

fn dense(name: &'static str, m: u32, n: u32, k: u32) -> Case {
    Case { name, plan: ContractPlan::dense(m, n, k) }
}

/// x·W with W as PyTorch keeps it transposed: row-major `[k][n]`.
fn in_place(name: &'static str, m: u32, n: u32, k: u32) -> Case {
    let mut plan = ContractPlan::dense(m, n, k);
    plan.b_panels = Panels::ROWS;
    plan.k.b = i64::from(n);
    Case { name, plan }
}

/// The weight gradient of a dense layer: C `[k][n]` packed, from A `[batch][k]` and dY `[batch][n]`.
fn dense_weights(name: &'static str, batch: u32, n: u32, k: u32) -> Case {
    let mut plan = ContractPlan::dense(k, n, batch);
    plan.m = RowAxis { extent: k, a: 1, c: 32 };
    plan.k = TapAxis { extent: batch, a: i64::from(k), b: i64::from(n) };
    plan.b_panels = Panels::ROWS;
    plan.c_panels = Panels::packed(u64::from(k));
    Case { name, plan }
}

/// A k×k convolution of stride 1 over a halo-padded channel-last map.
fn convolution(name: &'static str, images: u32, size: u32, channels: u32, n: u32, kernel: u32) -> Case {
    let width = i64::from(size + kernel - 1);
    let (ci, co) = (i64::from(channels), i64::from(n));
    let mut plan = ContractPlan::dense(size, n, channels);
    plan.outer[0] = OuterAxis { extent: images, a: width * width * ci, b: 0, c: i64::from(size * size) * co };
    plan.outer[1] = OuterAxis { extent: size, a: width * ci, b: 0, c: i64::from(size) * co };
    plan.taps[2] = TapAxis { extent: kernel, a: width * ci, b: i64::from(kernel) * ci * 32 };
    plan.taps[3] = TapAxis { extent: kernel, a: ci, b: ci * 32 };
    plan.b_panels = Panels::packed(u64::from(kernel * kernel * channels));
    Case { name, plan }
}

/// The weight gradient of that convolution, in chunks of image rows or images.
fn convolution_weights(name: &'static str, images: u32, size: u32, channels: u32, n: u32, kernel: u32) -> Case {
    let width = i64::from(size + kernel - 1);
    let (ci, co) = (i64::from(channels), i64::from(n));
    let mut plan = ContractPlan::dense(channels, n, size);
    plan.outer[2] = OuterAxis { extent: kernel, a: width * ci, b: 0, c: i64::from(kernel) * ci * 32 };
    plan.outer[3] = OuterAxis { extent: kernel, a: ci, b: 0, c: ci * 32 };
    plan.m = RowAxis { extent: channels, a: 1, c: 32 };
    let rows = u64::from(kernel * kernel * channels);
    plan.c_panels = Panels::packed(rows).with_outer_inside(2).with_outer_inside(3);
    let rows = TapAxis { extent: size, a: width * ci, b: i64::from(size) * co };
    let images = TapAxis { extent: images, a: width * width * ci, b: i64::from(size * size) * co };
    (plan.taps[0], plan.taps[1]) = if size > images.extent { (rows, images) } else { (images, rows) };
    plan.k = TapAxis { extent: size, a: ci, b: co };
    plan.b_panels = Panels::ROWS;
    plan.chunk = plan.chunk_of(512);
    Case { name, plan }
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let cases = [
        dense("dense 128×512×512", 128, 512, 512),
        dense("dense 128×512×784", 128, 512, 784),
        dense("dense 128×1024×1024", 128, 1024, 1024),
        dense("dense 128×768×256", 128, 768, 256),
        dense("dense 128×256×256", 128, 256, 256),
        dense("dense 64×4096×4096", 64, 4096, 4096),
        dense("dense 128×10×512", 128, 10, 512),
        in_place("in place 128×512×512", 128, 512, 512),
        in_place("in place 128×1024×1024", 128, 1024, 1024),
        dense_weights("dense weights 128×512×784", 128, 512, 784),
        dense_weights("dense weights 128×256×784", 128, 256, 784),
        dense_weights("dense weights 128×128×784", 128, 128, 784),
        dense_weights("dense weights 128×512×224", 128, 512, 224),
        dense_weights("dense weights 256×512×224", 256, 512, 224),
        dense_weights("dense weights 512×512×224", 512, 512, 224),
        dense_weights("dense weights 128×1024×1024", 128, 1024, 1024),
        convolution("conv3 64·56²", 1, 56, 64, 64, 3),
        convolution("conv3 128·28²", 1, 28, 128, 128, 3),
        convolution("conv3 256·14²", 1, 14, 256, 256, 3),
        convolution("conv3 512·7²", 1, 7, 512, 512, 3),
        convolution("conv3 64·56² ×8", 8, 56, 64, 64, 3),
        convolution("conv3 128·28² ×8", 8, 28, 128, 128, 3),
        convolution("conv3 32·224²", 1, 224, 32, 32, 3),
        convolution("conv3 1→32·28² ×64", 64, 28, 1, 32, 3),
        convolution("conv3 32→64·14² ×64", 64, 14, 32, 64, 3),
        convolution("conv7 3→64·112²", 1, 112, 3, 64, 7),
        convolution("conv1 256→64·56²", 1, 56, 256, 64, 1),
        convolution_weights("conv3 weights 64·56² ×8", 8, 56, 64, 64, 3),
        convolution_weights("conv3 weights 128·28² ×8", 8, 28, 128, 128, 3),
        convolution_weights("conv3 weights 256·14² ×8", 8, 14, 256, 256, 3),
        convolution_weights("conv3 weights 1→32·28² ×64", 64, 28, 1, 32, 3),
        dense("one row 512×784", 1, 512, 784),
        dense("one row 4096×4096", 1, 4096, 4096),
        in_place("one row in place 512×784", 1, 512, 784),
        in_place("one row in place 4096×4096", 1, 4096, 4096),
    ];
    println!("{:30} {:>8} {:>10} {:>7} {:>10} {:>7}", "case", "isa", "best", "of peak", "median", "of peak");
    let threads = std::env::var("THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let pool = Pool::new(threads);
    for case in cases.iter().filter(|case| case.name.contains(&filter)) {
        for isa in [Isa::Avx2, Isa::Avx512].into_iter().filter(|isa| Isa::available().contains(isa)) {
            run(case, isa, &pool);
        }
    }
}

fn run(case: &Case, isa: Isa, pool: &Pool) {
    let plan = &case.plan;
    let call = Call::new(&Kernel::Contract(*plan), None, isa).expect("the cases' plans are valid");
    let floats = |high: i64| high as usize + 1;
    let mut c = Arena::new(floats(plan.reach_c().unwrap().high)).unwrap();
    let mut a = Arena::new(floats(plan.reach_a().unwrap().high)).unwrap();
    let mut b = Arena::new(floats(plan.reach_b().unwrap().high)).unwrap();
    for (index, value) in a.as_mut_slice().iter_mut().chain(b.as_mut_slice()).enumerate() {
        *value = (index % 17) as f32 * 0.01;
    }
    let b_bytes = 4.0 * b.len() as f64;
    let mut pointers = [core::ptr::null_mut(); COUNT];
    (pointers[0], pointers[1], pointers[2]) = (c.as_mut_ptr(), a.as_mut_ptr(), b.as_mut_ptr());
    let steps: Vec<Step> = call.steps(pointers.as_ptr()).collect();
    let (scratch_floats, all) = netc_plan::scratch::of_threads(plan.scratch_floats() as usize, pool.threads());
    let mut scratch = Arena::new(all).unwrap();
    let flop = 2.0 * plan.macs() as f64;
    let repeats = (4e8 / flop).clamp(1.0, 100_000.0) as usize;
    let (mut speeds, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(limit::multiply_adds(pool, isa) / 1e9);
        let start = Instant::now();
        for _ in 0..repeats {
            // SAFETY: the arenas cover the plan's reach.
            unsafe { pool.walk(&steps, scratch.as_mut_ptr(), scratch_floats) };
        }
        speeds.push(flop * repeats as f64 / start.elapsed().as_secs_f64() / 1e9);
        black_box(c.as_slice());
    }
    speeds.sort_by(f64::total_cmp);
    peaks.sort_by(f64::total_cmp);
    let (best, median) = (speeds[ROUNDS - 1], speeds[ROUNDS / 2]);
    let (peak_best, peak_median) = (peaks[ROUNDS - 1], peaks[ROUNDS / 2]);
    let bandwidth = if plan.m.extent == 1 && plan.outer[0].extent == 1 {
        format!("   B at {:.1} GB/s", best * 1e9 / flop * b_bytes / 1e9)
    } else {
        String::new()
    };
    println!(
        "{:30} {:>8} {best:>10.1} {:>6.1}% {median:>10.1} {:>6.1}%{bandwidth}",
        case.name,
        format!("{isa:?}"),
        best / peak_best * 100.0,
        median / peak_median * 100.0,
    );
}
