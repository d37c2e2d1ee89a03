//! How fast a dense layer reads its weights for one sample: layer after layer, as a network does.
//!
//! `cargo run --release -p netc-runtime --example vector`

use std::time::Instant;

use netc_plan::kernels::contract_pointer::COUNT;
use netc_plan::{ContractPlan, Kernel};
use netc_runtime::{Arena, Call, Isa, Pool};

fn main() {
    let layers = [(512, 784), (512, 512)];
    for &isa in Isa::available() {
        for threads in [1, 2] {
            let pool = Pool::new(threads);
            let mut memory: Vec<(Arena, [*mut f32; COUNT], Box<Call>)> = layers
                .map(|(n, k)| {
                    let (weights, row, column) = (n as usize * k as usize, k as usize, n as usize);
                    let mut arena = Arena::new(weights + row + column + 64).expect("enough memory");
                    let mut pointers = [core::ptr::null_mut(); COUNT];
                    let base = arena.as_mut_ptr();
                    pointers[2] = base;
                    pointers[1] = base.wrapping_add(weights);
                    pointers[0] = base.wrapping_add((weights + row).next_multiple_of(16));
                    let call = Call::new(&Kernel::Contract(ContractPlan::dense(1, n, k)), None, isa);
                    (arena, pointers, Box::new(call.expect("a valid plan")))
                })
                .into();
            for only in [Some(0), Some(1), None] {
                let chosen = memory.iter_mut().enumerate().filter(|(layer, _)| only.is_none_or(|only| only == *layer));
                let mut bytes = 0;
                let mut steps = Vec::new();
                for (layer, (_, pointers, call)) in chosen {
                    bytes += 4 * layers[layer].0 as usize * layers[layer].1 as usize;
                    steps.extend(call.steps(pointers.as_ptr()));
                }
                let mut times: Vec<f64> = (0..3000)
                    .map(|_| {
                        let start = Instant::now();
                        // SAFETY: the tables point into arenas that are as large as the plans say.
                        unsafe { pool.walk(&steps, core::ptr::null_mut(), 0) };
                        start.elapsed().as_secs_f64()
                    })
                    .collect();
                times.sort_by(f64::total_cmp);
                let (median, best) = (times[times.len() / 2], times[0]);
                let rate = bytes as f64 / median / 1e9;
                println!(
                    "{isa} {threads} threads {only:?}: {:.2} µs, best {:.2}, {rate:.0} GB/s",
                    median * 1e6,
                    best * 1e6
                );
            }
        }
    }
}
