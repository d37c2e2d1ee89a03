//! A counting allocator: nothing is allocated after the first run, and memory is what the summary says, to the byte.

use netc::Network;
use netc_tests::models;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts, and passes on to the system.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// Bytes of blocks aligned to a cache line, as only the arenas of executors are: now, and at most.
static ARENAS: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The counters are the process's: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

// SAFETY: every call is passed on unchanged to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        if is_arena(layout) {
            let now = ARENAS.fetch_add(layout.size(), Relaxed) + layout.size();
            PEAK.fetch_max(now, Relaxed);
        }
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_arena(layout) {
            ARENAS.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Arenas are the only blocks of exactly this alignment, or of huge pages.
fn is_arena(layout: Layout) -> bool {
    layout.align() == 64 || layout.align() == 2 << 20
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Allocations of the whole process while `f` runs.
fn allocations(f: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.load(Relaxed);
    f();
    ALLOCATIONS.load(Relaxed) - before
}

fn open(file: &str) -> Network {
    let network = Network::options().threads(2).open(models::root().join(file));
    network.unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_second_prediction_and_the_second_step_allocate_nothing() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let network = open("tests/models/mlp.net");
    let mut session = network.session(1);
    let x = [0.5, -0.25, 1.0, 0.0];
    session.predict(&x).unwrap_or_else(|error| panic!("{error}"));
    let mut first = 0.0;
    let n = allocations(|| {
        for _ in 0..10 {
            first += session.predict(&x).map_or(f32::NAN, |probability| probability[0]);
        }
    });
    assert!(first > 0.0 && first < 10.0, "{first}");
    assert_eq!(n, 0, "ten predictions");

    let label = [2];
    let given = [("x", netc::Data::F32(&x)), ("label", netc::Data::Int(&label))];
    let before = session.step(&given).unwrap_or_else(|error| panic!("{error}"));
    let mut loss = f32::NAN;
    let n = allocations(|| {
        for _ in 0..10 {
            loss = session.step(&given).unwrap_or(f32::NAN);
        }
    });
    assert!(loss < before, "the loss went from {before} to {loss}");
    assert_eq!(n, 0, "ten training steps");
    // Weights have changed, so derived values are made anew: still without memory.
    let n = allocations(|| first = session.predict(&x).map_or(f32::NAN, |probability| probability[0]));
    assert!(first.is_finite());
    assert_eq!(n, 0, "a prediction after training");
}
