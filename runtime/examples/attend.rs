//! Times attention as transformers have it: heads beside each other in one buffer of queries, keys and values.
//!
//! `cargo run --release -p netc-runtime --example attend [threads]`; prints medians of calls and GFLOP/s of the
//! products.

use std::hint::black_box;
use std::time::Instant;

use netc_plan::{AttendAxis, AttendPlan, Kernel, SharedAxis, philox};
use netc_runtime::{Arena, Call, Isa, Pool, Step};

const ROUNDS: usize = 400;

/// Heads, steps, features of a head, whether a step sees the steps before it alone.
const SHAPES: [(u32, u32, u32, bool); 4] =
    [(8, 128, 32, false), (12, 512, 64, false), (12, 512, 64, true), (4, 64, 16, false)];

fn plan(heads: u32, steps: u32, features: u32, causal: bool) -> AttendPlan {
    let wide = i64::from(3 * heads * features);
    let shared = |extent, first, second| SharedAxis { extent, first, second };
    let mut plan = AttendPlan {
        outer: [AttendAxis::UNUSED; 6],
        queries: shared(steps, wide, wide / 3),
        keys: shared(steps, wide, wide),
        depth: shared(features, 1, 1),
        width: shared(features, 1, 1),
        scale: 1.0 / (features as f32).sqrt(),
        causal,
    };
    let head = i64::from(features);
    plan.outer[0] = AttendAxis { extent: heads, q: head, k: head, v: head, o: head };
    plan
}

fn main() {
    let threads = std::env::args().nth(1).map_or(1, |text| text.parse().expect("a number of threads"));
    let pool = Pool::new(threads);
    for (heads, steps, features, causal) in SHAPES {
        let plan = plan(heads, steps, features, causal);
        let call = Call::new(&Kernel::Attend(plan), None, Isa::chosen()).expect("the plan is valid");
        let width = (heads * features) as usize;
        let (inputs, outputs) = (3 * width * steps as usize, width * steps as usize);
        let scratch = plan.scratch_floats() as usize;
        let mut arena = Arena::new(inputs + outputs + threads * scratch).expect("there is memory");
        let base = arena.as_mut_ptr();
        let key = philox::key(1, 2);
        for index in 0..inputs {
            // SAFETY: the arena holds the inputs first.
            unsafe { *base.add(index) = 2.0 * philox::uniform(key, 0, index as u64) - 1.0 };
        }
        let o = base.wrapping_add(inputs);
        let pointers = [o, base, base.wrapping_add(width), base.wrapping_add(2 * width)];
        let steps_of_call: Vec<Step> = call.steps(pointers.as_ptr()).collect();
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                // SAFETY: the operands lie in the arena, and each thread has scratch behind them.
                unsafe { pool.walk(black_box(&steps_of_call), o.wrapping_add(outputs), scratch) };
                start.elapsed().as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        println!(
            "{heads} heads of {steps}×{features}{}: {:.1} µs, {:.1} GFLOP/s",
            if causal { ", causal" } else { "" },
            median * 1e6,
            2.0 * plan.macs() as f64 / median / 1e9
        );
    }
}
