//! Times 3×3 convolutions and their weight gradients: direct, F(4×4) and F(2×2), with errors against doubles.
//!
//! `cargo run --release -p netc-runtime --example winograd [shape [algorithm]]`, both parts of names; prints effective
//! GFLOP/s, that is 18 operations per output and pair of channels whatever the algorithm, medians of interleaved
//! rounds, and the largest error over the root mean square of the outputs. `THREADS` sets the number of threads.

use std::hint::black_box;
use std::time::Instant;

use netc_plan::kernels::contract_pointer::COUNT;
use netc_plan::winograd::TileSize;
use netc_plan::{
    ContractPlan, Epilogue, Kernel, MapOperand, MapStrides, OuterAxis, Panels, RowAxis, TapAxis, WinogradFilterPlan,
    WinogradPlan, WinogradWeightsPlan, philox,
};
use netc_runtime::{Arena, Call, Isa, Pool, Step};

const ROUNDS: usize = 9;

#[derive(Clone, Copy)]
struct Shape {
    images: u32,
    size: u32,
    k: u32,
    n: u32,
}

fn direct(s: Shape) -> ContractPlan {
    let width = i64::from(s.size + 2);
    let (k, n) = (i64::from(s.k), i64::from(s.n));
    let mut plan = ContractPlan::dense(s.size, s.n, s.k);
    plan.outer[0] = OuterAxis { extent: s.images, a: width * width * k, b: 0, c: i64::from(s.size * s.size) * n };
    plan.outer[1] = OuterAxis { extent: s.size, a: width * k, b: 0, c: i64::from(s.size) * n };
    plan.taps[2] = TapAxis { extent: 3, a: width * k, b: 3 * k * 32 };
    plan.taps[3] = TapAxis { extent: 3, a: k, b: k * 32 };
    plan.b_panels = Panels::packed(u64::from(9 * s.k));
    plan
}

fn winograd(s: Shape, tile: TileSize, shared: bool) -> WinogradPlan {
    let width = i64::from(s.size + 2);
    let (k, n) = (i64::from(s.k), i64::from(s.n));
    WinogradPlan {
        tile,
        images: s.images,
        height: s.size,
        width: s.size,
        k: s.k,
        n: s.n,
        x: MapStrides { image: width * width * k, row: width * k, pixel: k },
        y: MapStrides { image: i64::from(s.size * s.size) * n, row: i64::from(s.size) * n, pixel: n },
        shared,
        pool: 1,
        epilogue: Epilogue::None,
        operand_count: 0,
        operands: [MapOperand::CHANNELS; 8],
    }
}

/// The weight gradient of that convolution, direct: in chunks of images and rows.
fn direct_weights(s: Shape) -> ContractPlan {
    let width = i64::from(s.size + 2);
    let (k, n) = (i64::from(s.k), i64::from(s.n));
    let mut plan = ContractPlan::dense(s.k, s.n, s.size);
    plan.outer[2] = OuterAxis { extent: 3, a: width * k, b: 0, c: 3 * k * n };
    plan.outer[3] = OuterAxis { extent: 3, a: k, b: 0, c: k * n };
    plan.m = RowAxis { extent: s.k, a: 1, c: n };
    plan.taps[0] = TapAxis { extent: s.images, a: width * width * k, b: i64::from(s.size * s.size) * n };
    plan.taps[1] = TapAxis { extent: s.size, a: width * k, b: i64::from(s.size) * n };
    plan.k = TapAxis { extent: s.size, a: k, b: n };
    plan.b_panels = Panels::ROWS;
    plan.with_suggested_chunks()
}

fn weights(s: Shape, tile: TileSize) -> WinogradWeightsPlan {
    let WinogradPlan { images, height, width, k, n, x, y, .. } = winograd(s, tile, false);
    let w = [3, 1, 9, 9 * i64::from(k)];
    WinogradWeightsPlan { tile, images, height, width, k, n, x, y, w, block: 1, chunk: 0 }.with_blocks()
}

/// A prepared call with its memory.
struct Runner {
    name: String,
    steps: Vec<Step>,
    times: Vec<f64>,
    y: Arena,
    scratch: usize,
    _keep: (Box<Call>, Box<[*mut f32; COUNT]>, Vec<Arena>),
}

fn runner(name: &str, kernel: Kernel, y: usize, x: *mut f32, b: *mut f32) -> Runner {
    let call = Box::new(Call::new(&kernel, None, Isa::detect()).expect("the cases' plans are valid"));
    let mut y = Arena::new(y).unwrap();
    let (shared, scratch) = (kernel.shared_floats() as usize, kernel.scratch_floats() as usize);
    let mut slots = Arena::new(shared).unwrap();
    let mut pointers = Box::new([core::ptr::null_mut(); COUNT]);
    (pointers[0], pointers[1], pointers[2], pointers[3]) = (y.as_mut_ptr(), x, b, slots.as_mut_ptr());
    let steps = call.steps(pointers.as_ptr()).collect();
    Runner { name: name.into(), steps, times: vec![], y, scratch, _keep: (call, pointers, vec![slots]) }
}

fn main() {
    let [filter, algorithm] = [1, 2].map(|index| std::env::args().nth(index).unwrap_or_default());
    let threads = std::env::var("THREADS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let pool = Pool::new(threads);
    let cases = [
        (1, 224, 64, 64),
        (1, 112, 64, 128),
        (1, 112, 128, 128),
        (1, 56, 128, 256),
        (1, 56, 256, 256),
        (1, 28, 256, 512),
        (1, 28, 512, 512),
        (1, 14, 512, 512),
        (1, 56, 64, 64),
        (1, 28, 128, 128),
        (1, 14, 256, 256),
        (1, 7, 512, 512),
        (8, 56, 64, 64),
        (8, 28, 128, 128),
        (8, 14, 256, 256),
        (8, 7, 512, 512),
        (1, 256, 32, 32),
        (1, 256, 64, 32),
        (1, 128, 64, 64),
        (1, 64, 128, 128),
        (1, 32, 256, 256),
        (1, 16, 512, 512),
        (64, 14, 32, 64),
        (1, 224, 16, 16),
        (1, 32, 16, 16),
        (1, 32, 32, 32),
    ];
    for (images, size, k, n) in cases {
        let name = format!("{images}x{size}x{size} {k}->{n}");
        if name.contains(&filter) {
            run(&name, &algorithm, Shape { images, size, k, n }, &pool);
        }
    }
}

fn run(name: &str, algorithm: &str, s: Shape, pool: &Pool) {
    let padded = s.size as usize + 2;
    let mut x = Arena::new(s.images as usize * padded * padded * s.k as usize).unwrap();
    let key = philox::key(1, 2);
    for (index, value) in x.as_mut_slice().iter_mut().enumerate() {
        let pixel = index / s.k as usize;
        let (row, column) = (pixel / padded % padded, pixel % padded);
        let inside = row > 0 && row <= s.size as usize && column > 0 && column <= s.size as usize;
        *value = if inside { philox::uniform(key, 0, index as u64) - 0.5 } else { 0.0 };
    }
    // w[i][j][k][n]
    let (k, n) = (s.k as usize, s.n as usize);
    let mut w = Arena::new(9 * k * n).unwrap();
    for (index, value) in w.as_mut_slice().iter_mut().enumerate() {
        *value = philox::uniform(key, 1, index as u64) - 0.5;
    }
    let mut packed = Arena::new(9 * k * n.next_multiple_of(8)).unwrap();
    for row in 0..9 * k {
        for column in 0..n {
            let panel = column / 32;
            let wide = (n - 32 * panel).min(32).next_multiple_of(8);
            packed.as_mut_slice()[panel * 9 * k * 32 + row * wide + column % 32] = w.as_slice()[row * n + column];
        }
    }
    // The same in the order of a network's weights, [n][k][i][j].
    let mut weights_of_network = Arena::new(9 * k * n).unwrap();
    for (index, value) in weights_of_network.as_mut_slice().iter_mut().enumerate() {
        let (pair, tap) = (index / 9, index % 9);
        *value = w.as_slice()[(tap * k + pair % k) * n + pair / k];
    }
    let outputs = s.images as usize * (s.size * s.size) as usize * n;
    let mut runners = vec![runner("direct", Kernel::Contract(direct(s)), outputs, x.as_mut_ptr(), packed.as_mut_ptr())];
    let mut filters = Vec::new();
    for tile in [TileSize::Four, TileSize::Two] {
        let plan = WinogradFilterPlan { tile, k: s.k, n: s.n, row: 3, column: 1, k_stride: 9, n_stride: 9 * k as i64 };
        // In huge pages, as the filters of a network are.
        let mut u = Arena::new(netc_plan::scratch::of_threads(plan.len() as usize, 1).1).unwrap();
        let pointers = [u.as_mut_ptr(), weights_of_network.as_mut_ptr()];
        let call = Call::new(&Kernel::WinogradFilter(plan), None, Isa::detect()).unwrap();
        let steps: Vec<Step> = call.steps(pointers.as_ptr()).collect();
        let start = Instant::now();
        // SAFETY: the arenas cover the plan's reach.
        unsafe { pool.walk(&steps, core::ptr::null_mut(), 0) };
        let seconds = start.elapsed().as_secs_f64();
        for shared in [false, true] {
            let kind = if shared { "shared" } else { "blocks" };
            let plan = Kernel::Winograd(winograd(s, tile, shared));
            let name = format!("{tile} {kind} (filter {:.2} ms)", seconds * 1e3);
            runners.push(runner(&name, plan, outputs, x.as_mut_ptr(), u.as_mut_ptr()));
        }
        filters.push(u);
    }
    // Gradients: y is read, and the weights are written. Their errors are tested elsewhere.
    let mut upstream = Arena::new(outputs).unwrap();
    for (index, value) in upstream.as_mut_slice().iter_mut().enumerate() {
        *value = philox::uniform(key, 2, index as u64) - 0.5;
    }
    let mut gradients = vec![("direct weights".to_string(), Kernel::Contract(direct_weights(s)))];
    for tile in [TileSize::Four, TileSize::Two] {
        gradients.push((format!("{tile} weights"), Kernel::WinogradWeights(weights(s, tile))));
    }
    runners.retain(|runner| runner.name.contains(algorithm));
    let forward = runners.len();
    for (name, kernel) in gradients {
        runners.push(runner(&name, kernel, 9 * k * n, x.as_mut_ptr(), upstream.as_mut_ptr()));
    }
    runners.retain(|runner| runner.name.contains(algorithm));
    let most = runners.iter().map(|runner| runner.scratch).max().unwrap();
    let (scratch, all) = netc_plan::scratch::of_threads(most, pool.threads());
    let mut memory = Arena::new(all).unwrap();
    let flop = 18.0 * outputs as f64 * k as f64;
    let repeats = (2e9 / flop).clamp(1.0, 10_000.0) as usize;
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            let start = Instant::now();
            for _ in 0..repeats {
                // SAFETY: the arenas cover the plans' reach and scratch.
                unsafe { pool.walk(&runner.steps, memory.as_mut_ptr(), scratch) };
            }
            runner.times.push(start.elapsed().as_secs_f64() / repeats as f64);
            black_box(runner.y.as_slice());
        }
    }
    let truth = sampled(s, x.as_slice(), w.as_slice());
    for (index, runner) in runners.iter_mut().enumerate() {
        runner.times.sort_by(f64::total_cmp);
        let seconds = runner.times[ROUNDS / 2];
        let speed = flop / seconds / 1e9;
        print!("{name:22} {:36} {:>8.3} ms {speed:>7.1} GFLOP/s", runner.name, seconds * 1e3);
        if index >= forward {
            println!();
            continue;
        }
        let (mut worst, mut squares) = (0.0f64, 0.0);
        for &(at, value) in &truth {
            worst = worst.max((f64::from(runner.y.as_slice()[at]) - value).abs());
            squares += value * value;
        }
        let rms = (squares / truth.len() as f64).sqrt();
        println!("  max error {:.1e} rms", worst / rms);
    }
}

/// Some outputs in doubles, with their positions.
fn sampled(s: Shape, x: &[f32], w: &[f32]) -> Vec<(usize, f64)> {
    let (padded, k, n) = (s.size as usize + 2, s.k as usize, s.n as usize);
    let size = s.size as usize;
    let outputs = s.images as usize * size * size * n;
    (0..2000)
        .map(|sample| {
            let at = sample * 7919 % outputs;
            let (pixel, column) = (at / n, at % n);
            let (image, row, left) = (pixel / (size * size), pixel / size % size, pixel % size);
            let mut sum = 0.0;
            for tap in 0..9 {
                let start = ((image * padded + row + tap / 3) * padded + left + tap % 3) * k;
                for channel in 0..k {
                    sum += f64::from(x[start + channel]) * f64::from(w[(tap * k + channel) * n + column]);
                }
            }
            (at, sum)
        })
        .collect()
}
