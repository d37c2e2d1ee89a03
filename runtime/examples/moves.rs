//! Times copies and the pool: `cargo run --release -p netc-runtime --example moves`.

use std::hint::black_box;
use std::time::Instant;

use netc_plan::kernels::contract_pointer::COUNT;
use netc_plan::kernels::{pack, transpose_packed};
use netc_plan::{ContractPlan, CopyAxis, CopyPlan, Distribution, Kernel, RandomPlan, Reach};
use netc_runtime::{Arena, Call, Isa, Pool, Step};

fn main() {
    let new = CopyAxis::new;
    let parts = |parts: &[Option<netc_plan::kernels::CopyPart>]| parts[0].expect("a first part").plan;
    let table = [
        ("1 M elements in a row", CopyPlan::new(&[new(1 << 20, 1, 1)]).unwrap()),
        ("transpose 1000×1000", CopyPlan::new(&[new(1000, 1, 1000), new(1000, 1000, 1)]).unwrap()),
        ("pack [512][784] of PyTorch", parts(&pack(&[(784, 1)], 512, 784))),
        ("transpose packed 784×512", parts(&transpose_packed(1, 784, 512, false))),
        ("transpose packed 9×256×256", parts(&transpose_packed(9, 256, 256, true))),
        (
            "taps of 512×512 filters innermost",
            CopyPlan::new(&[new(9, 1 << 18, 1), new(512, 512, 9), new(512, 1, 9 * 512)]).unwrap(),
        ),
        (
            "taps of 256×256 filters innermost",
            CopyPlan::new(&[new(9, 1 << 16, 1), new(256, 256, 9), new(256, 1, 9 * 256)]).unwrap(),
        ),
        (
            "pack 512 filters of 256×3×3",
            CopyPlan::new(&[new(32, 2304, 1), new(256, 9, 32), new(9, 1, 8192), new(16, 73728, 73728)]).unwrap(),
        ),
        (
            "colours of 8×224² images with a halo",
            CopyPlan::new(&[
                new(3, 224 * 224, 1),
                new(224, 1, 3).padded(3, 2),
                new(224, 224, 687).padded(3, 2),
                new(8, 3 * 224 * 224, 157_323),
            ])
            .unwrap(),
        ),
        (
            "channel-first 8×64×56² to channel-last with a halo",
            CopyPlan::new(&[
                new(8, 64 * 3136, 58 * 58 * 64),
                new(64, 3136, 1),
                new(56, 56, 58 * 64).padded(1, 1),
                new(56, 1, 64).padded(1, 1),
            ])
            .unwrap(),
        ),
    ];
    let filter = std::env::args().nth(1).unwrap_or_default();
    for (name, plan) in table.into_iter().filter(|(name, _)| name.contains(&filter)) {
        plan.check().unwrap();
        let seconds = time(&Kernel::Copy(plan), plan.reach_destination().unwrap(), plan.reach_source().unwrap().high);
        let elements = plan.len() as f64;
        println!("{name:55} {:8.1} µs {:6.2} ns/element", seconds * 1e6, seconds * 1e9 / elements);
    }
    if !filter.is_empty() {
        return;
    }
    for distribution in [Distribution::Uniform, Distribution::Normal] {
        let mut plan = RandomPlan { axes: [netc_plan::Axis::UNUSED; 8], stream: 3, first: 0, distribution };
        plan.axes[0] = netc_plan::Axis { extent: 1 << 18, stride: 1 };
        let seconds = time(&Kernel::Random(plan), plan.reach().unwrap(), 4);
        println!(
            "{:55} {:8.1} µs {:6.2} ns/element",
            format!("{distribution:?}"),
            seconds * 1e6,
            seconds * 1e9 / (1 << 18) as f64
        );
    }
    tiny();
    pool();
}

/// Seconds of one call, the best of several.
fn time(kernel: &Kernel, destination: Reach, source: i64) -> f64 {
    let call = Call::new(kernel, None, Isa::detect()).unwrap();
    let mut to = Arena::new((destination.high - destination.low) as usize + 1).unwrap();
    let mut from = Arena::new(source as usize + 1).unwrap();
    let pointers = [to.as_mut_ptr().wrapping_offset(-destination.low as isize), from.as_mut_ptr()];
    let steps: Vec<Step> = call.steps(pointers.as_ptr()).collect();
    best(|| {
        // SAFETY: the arenas cover the plan's reach.
        unsafe { netc_runtime::walk(&steps, core::ptr::null_mut()) };
        black_box(to.as_slice());
    })
}

fn best(mut run: impl FnMut()) -> f64 {
    (0..20)
        .map(|_| {
            let start = Instant::now();
            let repeats = 10;
            (0..repeats).for_each(|_| run());
            start.elapsed().as_secs_f64() / f64::from(repeats)
        })
        .fold(f64::INFINITY, f64::min)
}

/// The cost of a call that hardly computes anything.
fn tiny() {
    let mut memory = vec![0.0f32; 4096];
    let at = memory.as_mut_ptr();
    for (m, n, k) in [(1, 8, 4), (1, 16, 16), (4, 16, 16)] {
        let call = Call::new(&Kernel::Contract(ContractPlan::dense(m, n, k)), None, Isa::detect()).unwrap();
        let mut pointers = [core::ptr::null_mut(); COUNT];
        (pointers[0], pointers[1], pointers[2]) = (at, at.wrapping_add(1024), at.wrapping_add(2048));
        let steps: Vec<Step> = call.steps(pointers.as_ptr()).collect();
        let seconds = best(|| {
            for _ in 0..100 {
                // SAFETY: the parts of the vector cover the plan's reach.
                unsafe { netc_runtime::walk(&steps, core::ptr::null_mut()) };
            }
        });
        println!("{:55} {:8.1} ns", format!("a product of {m}×{n}×{k}"), seconds / 100.0 * 1e9);
    }
}

/// The cost of a step of two units that do nothing.
fn pool() {
    unsafe extern "C" fn nothing(_: *const u8, _: *const *mut f32, _: u32, _: u32, _: *mut f32) {}
    for units in [1, 2, 8] {
        let step = Step {
            function: nothing,
            plan: core::ptr::null(),
            pointers: core::ptr::null(),
            units,
            together: 1,
            stop: core::ptr::null(),
        };
        let steps = vec![step; 1000];
        let pool = Pool::new(2);
        let seconds = best(|| {
            // SAFETY: the function touches nothing.
            unsafe { pool.walk(&steps, core::ptr::null_mut(), 0) };
        });
        println!("{:55} {:8.1} ns", format!("a step of {units} empty units on two threads"), seconds / 1000.0 * 1e9);
    }
}
