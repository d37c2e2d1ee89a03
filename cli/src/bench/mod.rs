//! The report of `netc bench`, for people and for programs.

pub mod json;
pub mod table;

use netc::{Limits, Times, Work};
use netc_compiler::summarize::MemoryPlan;

/// Everything that was measured; times in seconds.
pub struct Report {
    /// Its name.
    pub network: String,
    /// Whether steps were timed, not predictions.
    pub train: bool,
    /// Samples of a batch.
    pub batch: u32,
    /// Threads of every run.
    pub threads: usize,
    /// From the checked model to code that is ready to run.
    pub compile: f64,
    /// Of one run.
    pub times: Times,
    /// Measured in the same run.
    pub limits: Limits,
    /// Multiply-adds of the contractions of one run.
    pub macs: u64,
    /// As it was planned.
    pub memory: MemoryPlan,
    /// Lines of the schedule with their median times; empty unless asked for.
    pub lines: Vec<(Work, f64)>,
}

/// How fast a line is, by the limit that it is nearer to.
pub enum Rate {
    /// Floating-point operations per second, and their share of the limit.
    Flops(f64, f64),
    /// Bytes per second, and their share of what memory gives; beyond 1 they came from caches.
    Bytes(f64, Option<f64>),
}

impl Report {
    /// Floating-point operations per second of the contractions over the whole run.
    pub fn flops(&self) -> f64 {
        2.0 * self.macs as f64 / self.times.median
    }

    /// The rate of a line that took so many seconds.
    pub fn rate(&self, work: &Work, seconds: f64) -> Rate {
        let seconds = seconds.max(1e-9);
        let flops = 2.0 * work.macs as f64 / seconds;
        let bytes = work.bytes as f64 / seconds;
        let share = flops / self.limits.flops;
        let of_memory = self.limits.reads.map(|reads| bytes / reads);
        if work.macs > 0 && of_memory.is_none_or(|of_memory| share >= of_memory) {
            Rate::Flops(flops, share)
        } else {
            Rate::Bytes(bytes, of_memory)
        }
    }
}
