//! The memory of a process that trains against what `netc check` prints, as Linux counts it.
#![cfg(target_os = "linux")]

use crate::command::{line, netc, wait_until};
use crate::tiny;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Its intermediate values are most of its memory.
const WIDE: &str = "\
block stage(x, channels: int) { return x -> conv2d(channels, kernel = 3, pad = 1) -> batch_norm -> relu; }
network wide {
    input x: [3, 128, 128];
    let first = x -> stage(64) -> stage(64);
    let second = first -> max_pool(2) -> stage(128) -> stage(128);
    output y = second -> max_pool(2) -> stage(256) -> global_avg_pool -> flatten -> dense(1);
}
train wide {
    target t: [1];
    data = npy(x = \"wide.npy\", t = \"t.npy\"); loss = mse(y, t); optimizer = sgd(rate = 1e-6); batch = 12;
}
";

/// Its parameters and the optimiser's tensors are most of its memory.
const HEAVY: &str = "\
network heavy {
    input x: [1024];
    output y = x -> dense(4608) -> relu -> dense(3072) -> relu -> dense(1);
}
train heavy {
    target t: [1];
    data = npy(x = \"heavy.npy\", t = \"t.npy\"); loss = mse(y, t); batch = 12;
    optimizer = sgd(rate = 1e-6, momentum = 0.9);
}
";

/// A checkpoint, for which weights are copied, is written at the first end of an epoch after this time.
const UNSAVED: Duration = Duration::from_secs(2);

/// Resident memory of a process that has trained an epoch of one step, in bytes: at most and then.
fn resident(folder: &Path, network: &str) -> [u64; 2] {
    for _ in 0..10 {
        let start = Instant::now();
        let mut command = netc(folder);
        command.args(["train", &format!("{network}.net"), "--epochs", "4000000000", "--run", network, "--quiet"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        let log = folder.join(network).join("log.jsonl");
        wait_until("the first epoch", || fs::read_to_string(&log).is_ok_and(|text| text.lines().count() > 1));
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let is_unsaved = start.elapsed() < UNSAVED;
        child.kill().unwrap();
        child.wait().unwrap();
        fs::remove_dir_all(folder.join(network)).unwrap();
        if is_unsaved {
            return ["VmHWM:", "VmRSS:"].map(|name| {
                let figure = status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB")).unwrap();
                figure.trim().parse::<u64>().unwrap() << 10
            });
        }
    }
    panic!("ten times a first epoch took longer than {UNSAVED:?}");
}

/// Bytes that `netc check` prints for a training step.
fn planned(folder: &Path, network: &str) -> u64 {
    let ran = line(folder, &format!("check {network}.net --batch 12 --format json"));
    let object: Value = serde_json::from_str(&ran.out).unwrap();
    object["total"]["memory_train_bytes"].as_u64().unwrap()
}

/// What the process of a tiny network takes is the command itself, with its code and its threads.
#[test]
fn training_grows_a_process_by_what_check_prints() {
    let folder = tiny::folder();
    let path = |name: &str| folder.path().join(name);
    for (name, shape) in [("wide.npy", &[12, 3, 128, 128][..]), ("heavy.npy", &[12, 1024]), ("t.npy", &[12, 1])] {
        let elements = shape.iter().product();
        let values: Vec<f32> = (0..elements).map(|index| (index % 7) as f32 / 7.0).collect();
        tiny::write_npy(&path(name), shape, &values);
    }
    let [_, command] = resident(folder.path(), "tiny");
    for (network, text) in [("wide", WIDE), ("heavy", HEAVY)] {
        fs::write(path(&format!("{network}.net")), text).unwrap();
        let planned = planned(folder.path(), network);
        let grown = resident(folder.path(), network)[0] - command;
        println!("{network}: {planned} bytes planned, {grown} more than the {command} of a tiny network");
        assert!(planned > 190 << 20, "{network}: {planned}");
        let deviation = grown as f64 / planned as f64 - 1.0;
        assert!(deviation.abs() < 0.05, "{network}: {planned} bytes planned, {grown} found");
    }
}
