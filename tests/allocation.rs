//! A counting allocator: nothing is allocated after the first run, and memory is what the summary says, to the byte.

use netc::{Data, Network};
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::program::Program;
use netc_compiler::summarize::{MemoryPlan, backward, summarize};
use netc_compiler::types::DType;
use netc_tests::{long, models, values};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts, and passes on to the system.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
/// Bytes of all blocks that ever were.
static BYTES: AtomicUsize = AtomicUsize::new(0);
/// Bytes of blocks aligned to a cache line, as only the arenas of executors are: now, and at most.
static ARENAS: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The counters are the process's: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

// SAFETY: every call is passed on unchanged to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        BYTES.fetch_add(layout.size(), Relaxed);
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
    let given = [("x", Data::F32(&x)), ("label", Data::Int(&label))];
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

/// Bytes of the largest memory at once while `f` runs, beyond what was there before.
fn peak(f: impl FnOnce()) -> u64 {
    let before = ARENAS.load(Relaxed);
    PEAK.store(before, Relaxed);
    f();
    (PEAK.load(Relaxed) - before) as u64
}

/// Values for all inputs of a program by name, floats and integers apart.
fn given(program: &Program) -> Vec<(String, Vec<f32>, Vec<i32>)> {
    let each = |(input, values): (&(String, netc_compiler::prim::ValueType, _), Vec<f32>)| match input.1.dtype {
        DType::Int { .. } => (input.0.clone(), vec![], values.iter().map(|value| value.to_bits() as i32).collect()),
        _ => (input.0.clone(), values, vec![]),
    };
    program.inputs.iter().zip(values::inputs(program, 1)).map(each).collect()
}

/// `memory_predict_bytes` and `memory_train_bytes` of `netc check` against the allocator's peak.
#[test]
fn memory_is_what_the_summary_says() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    const THREADS: usize = 2;
    let files = models::files("tests/models", "net");
    let mut without_arena = Vec::new();
    for (file, batch) in files.iter().map(|file| (file.as_str(), 3)).chain([("examples/mnist/lenet.net", 64)]) {
        let model = models::open(file, &[]);
        let memory = |model: &Model, mode: Mode, batch: usize| {
            let program = pipeline::program(model, mode, batch, &[], &Choices::default()).ok()?;
            Some(MemoryPlan::of(&program.sizes, THREADS))
        };
        let total = summarize(&model, batch, &memory, &backward).total;
        for (mode, plan) in [(Mode::Predict, total.memory_predict), (Mode::Step, total.memory_train)] {
            let plan = plan.unwrap_or_else(|| panic!("{file}: no memory is planned for {mode:?}"));
            let program = pipeline::program(&model, mode, batch, &[], &Choices::default())
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let given = given(&program);
            let named: Vec<(&str, Data)> = given
                .iter()
                .map(|(name, floats, classes)| {
                    let data = if classes.is_empty() { Data::F32(floats) } else { Data::Int(classes) };
                    (name.as_str(), data)
                })
                .collect();
            let network = Network::options().threads(THREADS).open(models::root().join(file));
            let network = network.unwrap_or_else(|error| panic!("{file}: {error}"));
            let mut session = network.session(batch);
            let found = peak(|| {
                let run = match mode {
                    Mode::Predict => session.predict(&named[..]).map(|_| ()),
                    _ => session.step(&named[..]).map(|_| ()),
                };
                run.unwrap_or_else(|error| panic!("{file}: {error}"));
            });
            assert_eq!(found, plan.total(), "{file}, {mode:?} at batch {batch}: {plan:?}");
            assert!(plan.params > 0 && plan.inputs > 0, "{file}: {plan:?}");
            without_arena.extend((plan.arena == 0).then(|| models::stem(file).to_string()));
        }
    }
    // A normalisation alone keeps nothing between kernels in predictions.
    assert_eq!(without_arena, ["alone"]);
}

/// Four times the layers, and about four times the blocks and bytes that a check asks for: a count that no busy machine
/// disturbs. Tables that double when they are full make steps of the bytes.
#[test]
fn a_check_allocates_in_proportion_to_its_layers() {
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (name, generate) in long::FORMS {
        let [small, large] = [4_096, 16_384].map(|layers| {
            let text = generate(layers);
            let bytes = BYTES.load(Relaxed);
            let blocks = allocations(|| {
                let model = models::model("long.net", &text);
                let plan = |model: &Model, mode: Mode, batch: usize| {
                    Some(MemoryPlan::of(&pipeline::sizes(model, mode, batch, &Choices::default()), 2))
                };
                let total = summarize(&model, 1, &plan, &backward).total;
                assert!(total.params > 0 && total.memory_predict.is_some());
            });
            [blocks, BYTES.load(Relaxed) - bytes]
        });
        println!("{name}: {small:?} blocks and bytes for 4,096 layers, {large:?} for 16,384");
        assert!(large[0] < small[0] * 17 / 4 && large[1] < small[1] * 5, "{name}: {small:?} becomes {large:?}");
    }
}
