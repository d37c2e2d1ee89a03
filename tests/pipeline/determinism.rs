//! One seed, one result: the same training at 1, 2 and 4 threads, and interrupted and resumed, leaves the same weights
//! and the same files.

use netc::{Fit, Network};
use netc_tests::models;
use netc_train::progress::{Event, Progress};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// File, epochs, steps after which a run is interrupted: within an epoch, at its end, one before the run's end.
const TRAININGS: &[(&str, u64, &[u64])] = &[
    ("examples/digits/cnn.net", 2, &[17, 41, 60]),
    ("tests/trained/rows.net", 2, &[17, 41]),
    ("examples/classification/logistic.net", 3, &[1, 20]),
    ("examples/neurons/xor.net", 5, &[3]),
];

/// What a run leaves, without the clock.
#[derive(PartialEq)]
struct Left {
    weights: Vec<(String, Vec<u32>)>,
    best: Vec<u8>,
    checkpoint: Vec<u8>,
    figures: String,
}

/// Raises the flag after so many steps.
struct StopAfter<'a> {
    steps: u64,
    flag: &'a AtomicBool,
}

impl Progress for StopAfter<'_> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Step { .. } = event {
            self.steps -= 1;
            if self.steps == 0 {
                self.flag.store(true, Ordering::Relaxed);
            }
        }
    }
}

fn open(file: &str, threads: usize) -> Network {
    let network = Network::options().threads(threads).open(models::root().join(file));
    network.unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn finish(file: &str, threads: usize, epochs: u64, folder: &Path, resume: bool) -> Left {
    let network = open(file, threads);
    let trained = network.fit(Fit::new().run(folder).resume(resume).epochs(epochs));
    let trained = trained.unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(!trained.interrupted && trained.epochs == epochs, "{file}: {trained:?}");
    let bits = |path: &str| network.parameter(path).expect("a parameter").iter().map(|value| value.to_bits()).collect();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{file}: {name}: {error}"));
    Left {
        weights: network.paths().map(|path| (path.to_string(), bits(path))).collect(),
        best: read("best.safetensors"),
        checkpoint: read("last.ckpt"),
        figures: format!("{:?}", trained.metrics),
    }
}

fn compare(what: &str, left: &Left, right: &Left) {
    for ((path, left), (_, right)) in left.weights.iter().zip(&right.weights) {
        let differing = left.iter().zip(right).filter(|(l, r)| l != r).count();
        assert_eq!(differing, 0, "{what}: {path}: {differing} of {} weights differ", left.len());
    }
    assert_eq!(left.figures, right.figures, "{what}: figures");
    assert!(left.best == right.best, "{what}: best.safetensors differs");
    assert!(left.checkpoint == right.checkpoint, "{what}: last.ckpt differs");
}

/// The lines of a log without what depends on the clock.
fn log(folder: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("log.jsonl")).expect("a log");
    let parse = |line: &str| {
        let mut value: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        value.as_object_mut().expect("an object").remove("time");
        value
    };
    text.lines().map(parse).collect()
}

#[test]
fn threads_do_not_change_a_training() {
    for &(file, epochs, _) in TRAININGS {
        let folders: Vec<tempfile::TempDir> = (0..3).map(|_| tempfile::tempdir().expect("a folder")).collect();
        let left: Vec<Left> = folders
            .iter()
            .zip([1, 2, 4])
            .map(|(folder, threads)| finish(file, threads, epochs, folder.path(), false))
            .collect();
        compare(&format!("{file}, 1 and 2 threads"), &left[0], &left[1]);
        compare(&format!("{file}, 1 and 4 threads"), &left[0], &left[2]);
        assert_eq!(log(folders[0].path()), log(folders[1].path()), "{file}: logs");
    }
}

#[test]
fn a_resumed_training_ends_as_an_uninterrupted_one() {
    for &(file, epochs, stops) in TRAININGS {
        let whole = tempfile::tempdir().expect("a folder");
        let expected = finish(file, 2, epochs, whole.path(), false);
        for &steps in stops {
            let folder = tempfile::tempdir().expect("a folder");
            let flag = AtomicBool::new(false);
            let mut progress = StopAfter { steps, flag: &flag };
            let fit = Fit::new().run(folder.path()).epochs(epochs).interrupt(&flag).progress(&mut progress);
            let stopped = open(file, 1).fit(fit).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(stopped.interrupted, "{file}: not interrupted after {steps} steps");
            let found = finish(file, 2, epochs, folder.path(), true);
            compare(&format!("{file}, resumed after {steps} steps"), &expected, &found);
        }
    }
}

/// Another seed gives other weights: the comparisons above can fail.
#[test]
fn a_seed_changes_a_training() {
    let weights = |seed: u64| {
        let network = Network::options().seed(seed).open(models::root().join("examples/neurons/xor.net"));
        let network = network.unwrap_or_else(|error| panic!("{error}"));
        network.fit(Fit::new().epochs(2)).unwrap_or_else(|error| panic!("{error}"));
        network.paths().map(|path| network.parameter(path)).collect::<Vec<_>>()
    };
    assert_eq!(weights(3), weights(3));
    assert_ne!(weights(3), weights(4));
}
