//! Checking a network and planning its memory takes time linear in its layers, written out or made by loops.

use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::summarize::{MemoryPlan, PLANNED_LAYERS, backward, summarize};
use netc_tests::{long, models};
use std::time::{Duration, Instant};

/// Time that this thread has had a processor, so that a busy machine spoils no ratio; wall time where the system does
/// not tell.
fn clock() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn memory(model: &Model, mode: Mode, batch: usize) -> Option<MemoryPlan> {
    let plans = model.graph.node_count() <= PLANNED_LAYERS;
    plans.then(|| MemoryPlan::of(&pipeline::sizes(model, mode, batch, &Choices::default()), 2))
}

fn time(text: &str, layers: usize) -> Duration {
    let run = || {
        let start = clock();
        let model = models::model("long.net", text);
        let summary = summarize(&model, 1, &memory, &backward);
        let elapsed = clock() - start;
        assert!(summary.layers.len() + 3 >= layers, "{} layers of {layers}", summary.layers.len());
        elapsed
    };
    (0..3).map(|_| run()).min().expect("three runs")
}

/// Four times the layers in less than eight times the time: a quadratic part would cost sixteen times.
#[test]
fn checking_is_linear_in_layers() {
    for (name, generate) in long::FORMS {
        let times = [10_000, 20_000, 40_000].map(|layers| time(&generate(layers), layers));
        println!("{name}: 10,000 / 20,000 / 40,000 layers in {times:.0?}");
        assert!(times[2] < times[0] * 8, "{name}: {times:?} for 10,000, 20,000 and 40,000 layers");
    }
}

/// Borders and views cost no operation, so nothing but their number ends an expression that is made of them: emission
/// would recurse along all of them, and carry the conditions of all.
#[test]
fn chains_of_borders_and_views_are_planned_in_linear_time() {
    let time = |turns: usize| {
        let text = format!(
            "network chain {{ input x: [512];
                output y = x -> for turn in 0..{turns} {{ pad([1, 0], axis = 0, value = 1) -> slice(0, 512) }}; }}"
        );
        let model = models::model("chain.net", &text);
        let start = clock();
        assert!(memory(&model, Mode::Predict, 1).is_some());
        clock() - start
    };
    let times = [2_000, 4_000, 8_000].map(|turns| (0..3).map(|_| time(turns)).min().expect("three runs"));
    println!("2,000 / 4,000 / 8,000 turns in {times:.0?}");
    assert!(times[2] < times[0] * 8, "{times:?} for 2,000, 4,000 and 8,000 turns");
}

/// 100,000 layers, timed by `NETC_SLOW=1 cargo test --release -p netc-tests scaling`.
#[test]
fn a_hundred_thousand_layers_are_checked_in_two_seconds() {
    if !netc_tests::slow() {
        return;
    }
    for (name, generate) in long::FORMS {
        let took = time(&generate(100_000), 100_000);
        println!("{name}: 100,000 layers in {took:.0?}");
        assert!(cfg!(debug_assertions) || took < Duration::from_secs(2), "{name}: {took:?}");
    }
}
