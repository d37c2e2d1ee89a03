//! `netc bench`: what it measures and how it says it.

use crate::command::{check_rows, line};
use crate::tiny;
use serde_json::Value;

#[test]
fn a_prediction_and_a_step_are_timed() {
    let folder = tiny::folder();
    check_rows(
        folder.path(),
        &[
            (
                "bench tiny.net --seconds 0 --threads 1",
                0,
                &["tiny: prediction, batch 1, 1 thread", "median", "GFLOP/s"],
                &[],
            ),
            ("bench tiny.net --train --batch 3 --seconds 0", 0, &["tiny: training step, batch 3"], &[]),
            ("bench two.net --seconds 0 --explain", 0, &["layer", "dense", "steps", "straight", "of limit"], &[]),
            ("bench two.net --batch 20000 --seconds 0 --explain", 0, &["dense", "20000×3×4 bias", "of limit"], &[]),
            ("bench neuron.net --train", 2, &[], &["no `train` section"]),
            ("bench tiny.net --seconds soon", 2, &[], &["--seconds"]),
            ("bench tiny.net --batch 1000000000 --max-memory 1M", 3, &[], &["memory limit"]),
        ],
    );
}

#[test]
fn the_object_holds_the_lines_of_the_schedule() {
    let folder = tiny::folder();
    let ran =
        line(folder.path(), "bench tiny.net --train --batch 20000 --threads 2 --seconds 0 --explain --format json");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&report["schema"], &report["mode"], &report["threads"]), (&1.into(), &"train".into(), &2.into()));
    for field in ["median_ms", "best_ms", "gflops", "limit_gflops", "memory_bytes", "compile_ms"] {
        assert!(report[field].as_f64().unwrap() > 0.0, "{field}: {report}");
    }
    assert!(report["best_ms"].as_f64() <= report["median_ms"].as_f64());
    let lines = report["lines"].as_array().unwrap();
    assert!(
        lines.iter().any(|line| line["layer"] == "first" && line["gflops"].is_number() | line["gbytes"].is_number())
    );
    let shares: f64 = lines.iter().map(|line| line["share_of_time"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
    // Forward two products; backward two weight gradients and one gradient of the hidden layer.
    let products = lines.iter().filter(|line| line["algorithm"] == "direct");
    assert_eq!(products.count(), 5, "{report:#}");
}
