//! One JSON object for other programs. Times are milliseconds, sizes bytes, rates per second in units of 10⁹.

use super::{Rate, Report};
use serde_json::{Value, json};

/// Raised when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// The report as one object and a line break.
pub fn text(report: &Report) -> String {
    let total: f64 = report.lines.iter().map(|line| line.1).sum();
    let lines: Vec<Value> = report
        .lines
        .iter()
        .map(|(work, seconds)| {
            let (gflops, gbytes, of_limit) = match report.rate(work, *seconds) {
                Rate::Flops(flops, share) => (Some(flops / 1e9), None, Some(share)),
                Rate::Bytes(bytes, share) => (None, Some(bytes / 1e9), share),
            };
            json!({
                "layer": work.layer,
                "kernel": work.kernel,
                "isa": work.isa,
                "algorithm": work.algorithm,
                "units": work.units,
                "ms": seconds * 1e3,
                "share_of_time": seconds / total,
                "gflops": gflops,
                "gbytes": gbytes,
                "share_of_limit": of_limit,
            })
        })
        .collect();
    let object = json!({
        "schema": SCHEMA,
        "network": report.network,
        "mode": if report.train { "train" } else { "predict" },
        "batch": report.batch,
        "threads": report.threads,
        "isa": report.limits.isa.to_string(),
        "median_ms": report.times.median * 1e3,
        "best_ms": report.times.best * 1e3,
        "samples": report.times.samples,
        "runs_per_sample": report.times.runs_per_sample,
        "compile_ms": report.compile * 1e3,
        "macs": report.macs,
        "gflops": report.flops() / 1e9,
        "limit_gflops": report.limits.flops / 1e9,
        "limit_gbytes": report.limits.reads.map(|reads| reads / 1e9),
        "memory_bytes": report.memory.total(),
        "lines": lines,
    });
    format!("{object:#}\n")
}
