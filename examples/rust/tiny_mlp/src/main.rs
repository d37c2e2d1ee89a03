//! How long a prediction of a small network takes: by `network!`, and by the loops that one would write by hand.
//!
//! Both are compiled with the same flags. A counting allocator shows that predictions allocate nothing.

use netc::network;
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::{Write, stdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

network! {
    /// Two hidden layers of 16.
    network tiny {
        input features: [4];
        output scores = features -> first: dense(16) -> tanh -> second: dense(16) -> tanh -> third: dense(3);
    }
}

/// The same network by hand: weights as PyTorch stores them.
struct ByHand {
    first: ([[f32; 4]; 16], [f32; 16]),
    second: ([[f32; 16]; 16], [f32; 16]),
    third: ([[f32; 16]; 3], [f32; 3]),
}

impl ByHand {
    fn predict(&self, features: &[f32; 4]) -> [f32; 3] {
        let hidden = dense(&self.first, features).map(f32::tanh);
        let hidden = dense(&self.second, &hidden).map(f32::tanh);
        dense(&self.third, &hidden)
    }
}

fn dense<const I: usize, const O: usize>((weight, bias): &([[f32; I]; O], [f32; O]), x: &[f32; I]) -> [f32; O] {
    std::array::from_fn(|row| bias[row] + weight[row].iter().zip(x).map(|(w, x)| w * x).sum::<f32>())
}

/// Counts what the system's allocator is asked for.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: by the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Predictions of one measurement.
const PREDICTIONS: u32 = 100_000;
/// Measurements, of which the fastest counts.
const MEASUREMENTS: u32 = 21;

fn main() -> std::io::Result<()> {
    let network = Tiny::new(7);
    let mut workspace = Tiny::workspace();
    let by_hand = ByHand {
        first: (*network.parameter(Tiny::FIRST_WEIGHT), *network.parameter(Tiny::FIRST_BIAS)),
        second: (*network.parameter(Tiny::SECOND_WEIGHT), *network.parameter(Tiny::SECOND_BIAS)),
        third: (*network.parameter(Tiny::THIRD_WEIGHT), *network.parameter(Tiny::THIRD_BIAS)),
    };
    let features = [0.3, -1.2, 0.7, 2.0];
    let (ours, theirs) = (*network.predict(&mut workspace, &features), by_hand.predict(&features));
    assert!(ours.iter().zip(&theirs).all(|(a, b)| (a - b).abs() < 1e-5), "{ours:?} {theirs:?}");

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let (mut macro_time, mut hand_time) = (f64::MAX, f64::MAX);
    for _ in 0..MEASUREMENTS {
        macro_time = macro_time.min(nanoseconds(|| {
            black_box(network.predict(&mut workspace, black_box(&features)));
        }));
        hand_time = hand_time.min(nanoseconds(|| {
            black_box(by_hand.predict(black_box(&features)));
        }));
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let (ratio, predictions) = (macro_time / hand_time, PREDICTIONS * MEASUREMENTS);
    let times = format!("network! {macro_time:.1} ns, by hand {hand_time:.1} ns, ratio {ratio:.2}");
    stdout().write_all(format!("{times}\n{allocations} allocations in {predictions} predictions\n").as_bytes())
}

/// Time of one call.
fn nanoseconds(mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..PREDICTIONS).for_each(|_| call());
    start.elapsed().as_nanos() as f64 / f64::from(PREDICTIONS)
}
