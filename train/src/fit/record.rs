//! Lines of `log.jsonl`. Whatever depends on the clock is under `time`, so that equal runs give equal logs without it.

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Number of the log's schema; raised when a field changes its meaning.
pub(super) const SCHEMA: u32 = 1;

/// One line, told apart by `event`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Record<'a> {
    Start {
        schema: u32,
        network: &'a str,
        seed: u64,
        batch: usize,
        epochs: u64,
        training: usize,
        validation: usize,
        warnings: &'a [String],
        time: Started,
    },
    Epoch {
        epoch: u64,
        step: u64,
        rate: f64,
        metrics: &'a BTreeMap<String, f64>,
        best: bool,
        time: Elapsed,
    },
    Diverged {
        epoch: u64,
        step: u64,
        what: &'a str,
        layer: Option<&'a str>,
        time: Elapsed,
    },
    Interrupted {
        epoch: u64,
        step: u64,
        time: Elapsed,
    },
    Done {
        epochs: u64,
        best_epoch: Option<u64>,
        stopped_early: bool,
        metrics: &'a BTreeMap<String, f64>,
        time: Elapsed,
    },
}

/// When a run began.
#[derive(Debug, Serialize)]
pub(super) struct Started {
    unix_seconds: u64,
}

impl Started {
    pub(super) fn now() -> Started {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Started { unix_seconds: since.as_secs() }
    }
}

/// How long something took.
#[derive(Debug, Serialize)]
pub(super) struct Elapsed {
    /// Since this process began to train.
    pub(super) seconds: f64,
    /// Of the epoch's steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) samples_per_second: Option<f64>,
}
