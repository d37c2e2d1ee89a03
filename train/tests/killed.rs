//! Kills a save at every system call that writes, and fails each of them in turn: the checkpoint stays whole.
//!
//! Runs under `strace`, which kills or fails the worker; where that is not installed or not permitted, a message says
//! that nothing was tested.

use netc_train::checkpoint::{Checkpoint, Progress, fingerprint};
use netc_train::data::Values;
use netc_train::early_stop::Watch;
use netc_train::metric::Mean;
use netc_train::weights::Tensor;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

const FOLDER: &str = "NETC_SAVE_FOLDER";
const CALLS: [&str; 6] = ["write", "fsync", "rename", "link,linkat", "unlink,unlinkat", "openat"];

fn state(step: u64) -> Checkpoint {
    let values = (0..60_000).map(|i| i as f32 * step as f32).collect();
    Checkpoint {
        progress: Progress {
            fingerprint: fingerprint(&[b"killed"]),
            seed: 0,
            step,
            epoch: 0,
            batch: 0,
            loss: Mean::default(),
            log_lines: 0,
            watch: Watch::new(false, None, 0.0),
        },
        weights: vec![Tensor { path: "w".into(), shape: vec![60_000], values: Values::F32(values) }],
        slots: vec![],
        best: None,
    }
}

/// The process that is killed: replaces step 2 by step 3.
#[test]
#[ignore = "the worker of the test below"]
fn worker() {
    let folder = std::env::var_os(FOLDER).expect("started by the test below");
    if let Err(error) = state(3).save(&Path::new(&folder).join("last.ckpt")) {
        assert_eq!(error.exit_code(), 3);
        std::process::exit(3);
    }
    std::process::exit(0);
}

fn run_worker(folder: &Path, inject: &str) -> Output {
    Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=file,desc", "-e", &format!("inject={inject}")])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "worker", "--test-threads=1", "--nocapture"])
        .env(FOLDER, folder)
        .output()
        .unwrap()
}

fn can_trace() -> bool {
    Command::new("strace").args(["-o", "/dev/null", "true"]).status().is_ok_and(|status| status.success())
}

#[test]
fn a_save_that_is_killed_or_fails_at_any_call_leaves_a_whole_checkpoint() {
    if !can_trace() {
        eprintln!("nothing was tested: strace is not there or not permitted");
        return;
    }
    let mut steps_seen = [0; 4];
    let (mut kills, mut failures) = (0, 0);
    for calls in CALLS {
        for fault in ["signal=KILL", "error=EIO:signal=KILL", "error=ENOSPC", "error=EIO"] {
            if calls == "openat" && fault.starts_with("error") {
                // The loader cannot start without opening libraries.
                continue;
            }
            for when in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("last.ckpt");
                state(1).save(&path).unwrap();
                state(2).save(&path).unwrap();
                let status = run_worker(folder.path(), &format!("{calls}:{fault}:when={when}")).status;
                let (loaded, _) =
                    Checkpoint::load(&path, 1 << 30).unwrap_or_else(|e| panic!("{calls} {fault} {when}: {e}"));
                let step = loaded.progress.step;
                assert_eq!(loaded, state(step), "{calls} {fault} {when}");
                assert!(step >= 2, "{calls} {fault} {when}: step 2 was lost");
                steps_seen[step as usize] += 1;
                match (status.code(), status.signal()) {
                    (Some(0), _) => assert_eq!(step, 3, "{calls} {fault} {when}: reported as saved"),
                    (Some(_), _) => failures += 1,
                    (None, _) => kills += 1,
                }
                if status.code() == Some(0) && when > 3 {
                    break;
                }
                assert!(when < 500, "{calls} {fault}: no end");
            }
        }
    }
    println!(
        "killed {kills} times, failed {failures} times; step 2 stood {} times, step 3 {}",
        steps_seen[2], steps_seen[3]
    );
    assert!(kills > 20 && failures > 10 && steps_seen[2] > 10 && steps_seen[3] > 10);
}
