//! How long a large network's training step takes to compile, stage by stage.

use netc_compiler::fuse::fuse;
use netc_compiler::lower::{Choices, lower};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::program::verify;
use netc_compiler::simplify::simplify;
use netc_jit::{Executable, Isa};
use netc_tests::models;
use std::time::{Duration, Instant};

/// ResNet-18, forward and backward, on two threads: `NETC_SLOW=1 cargo test --release -p netc-tests compile_time`.
#[test]
fn a_step_of_resnet18_is_compiled_in_150_milliseconds() {
    if !netc_tests::slow() {
        return;
    }
    let model = models::open("examples/vision/resnet18.net", &[]);
    let run = || {
        let mut times = Vec::new();
        let mut last = Instant::now();
        let mut lap = |stage: &'static str| {
            times.push((stage, last.elapsed()));
            last = Instant::now();
        };
        let graph = pipeline::primitives(&model, Mode::Step, 8, &[]);
        lap("primitives");
        let graph = simplify(graph);
        lap("simplify");
        let kernels = fuse(&graph);
        lap("fuse");
        let program = lower(&kernels, &Choices::default());
        lap("lower");
        let program = verify(program).unwrap_or_else(|violation| panic!("{violation}"));
        lap("verify");
        let code = Executable::new(program, Isa::detect()).unwrap_or_else(|error| panic!("{error}"));
        lap("code");
        drop(code);
        times
    };
    let total = |times: &Vec<(&str, Duration)>| times.iter().map(|time| time.1).sum::<Duration>();
    let best = (0..5).map(|_| run()).min_by_key(total).expect("five runs");
    println!("{:.1?}: {best:.1?}", total(&best));
    assert!(cfg!(debug_assertions) || total(&best) < Duration::from_millis(150), "{best:?}");
}
