//! Held-out labels teach nothing: whatever the test labels say, the trained weights are the same bits.

use netc::{Fit, Network};
use netc_plan::philox::{key, uniform};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const HEADER: &str = "a,b,c,d,label\n";

/// A table of three classes that lie around different means.
fn rows(count: u64, stream: u64) -> Vec<([f32; 4], u32)> {
    let row = |index: u64| {
        let class = (index % 3) as u32;
        let number = |column: u64| uniform(key(5, stream), column, index) + class as f32 * 0.4 * (column % 2) as f32;
        ([number(0), number(1), number(2), number(3)], class)
    };
    (0..count).map(row).collect()
}

fn table<'a>(rows: impl IntoIterator<Item = &'a ([f32; 4], u32)>) -> String {
    let mut text = HEADER.to_string();
    for (values, label) in rows {
        let _ = writeln!(text, "{},{},{},{},{label}", values[0], values[1], values[2], values[3]);
    }
    text
}

fn model(data: &str) -> String {
    format!(
        "network flowers() {{
    input x: [4];
    let logits = x -> scale: standardize -> first: dense(12) -> relu -> dropout(0.2) -> last: dense(3);
    output probability = softmax(logits, axis = channel);
}}

train flowers {{
    target label: int in 0..3;
    {data}
    validate  = 20%;
    loss      = cross_entropy(logits, label);
    metrics   = [accuracy(logits, label)];
    optimizer = adam(rate = 1e-2);
    stop      = early(watch = val_loss, patience = 2);
    batch     = 8;
    epochs    = 6;
    seed      = 3;
}}
"
    )
}

type Trained = (Vec<Option<Vec<f32>>>, BTreeMap<String, f64>);

fn train(folder: &Path) -> Trained {
    let network = Network::open(folder.join("flowers.net")).unwrap_or_else(|error| panic!("{error}"));
    let trained = network.fit(Fit::new()).unwrap_or_else(|error| panic!("{error}"));
    (network.paths().map(|path| network.parameter(path)).collect(), trained.metrics)
}

/// Same weights and same figures of training and validation, but another test accuracy: the labels were read.
fn compare(before: &Trained, after: &Trained) {
    assert!(before.0.iter().all(|weights| weights.as_ref().is_some_and(|weights| !weights.is_empty())));
    assert_eq!(before.0, after.0, "weights changed with the test labels");
    assert_ne!(before.1["test_accuracy"], after.1["test_accuracy"]);
    for (name, figure) in before.1.iter().filter(|(name, _)| !name.starts_with("test_")) {
        assert_eq!(figure, &after.1[name], "{name} changed with the test labels");
    }
    assert!(before.1.contains_key("val_loss"), "{:?}", before.1);
}

fn swapped(rows: &[([f32; 4], u32)]) -> Vec<([f32; 4], u32)> {
    rows.iter().map(|&(values, label)| (values, (label + 1) % 3)).collect()
}

#[test]
fn labels_of_a_test_file_change_no_weight() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let source = |name: &str| format!("csv(\"{name}.csv\", x = [a, b, c, d], label = label)");
    let data = format!("data = {}; test = {};", source("training"), source("test"));
    std::fs::write(path.join("flowers.net"), model(&data)).expect("a file");
    std::fs::write(path.join("training.csv"), table(&rows(120, 1))).expect("a file");
    let test = rows(60, 2);
    std::fs::write(path.join("test.csv"), table(&test)).expect("a file");
    let before = train(path);
    std::fs::write(path.join("test.csv"), table(&swapped(&test))).expect("a file");
    compare(&before, &train(path));
}

#[test]
fn labels_of_a_held_out_part_change_no_weight() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let data = "data = csv(\"all.csv\", x = [a, b, c, d], label = label); test = last(20%);";
    std::fs::write(path.join("flowers.net"), model(data)).expect("a file");
    let (training, test) = (rows(120, 1), rows(30, 2));
    std::fs::write(path.join("all.csv"), table(training.iter().chain(&test))).expect("a file");
    let before = train(path);
    std::fs::write(path.join("all.csv"), table(training.iter().chain(&swapped(&test)))).expect("a file");
    compare(&before, &train(path));
}

/// Labels that are trained on do change weights: the tests above can fail.
#[test]
fn labels_of_the_training_part_change_weights() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let data = "data = csv(\"all.csv\", x = [a, b, c, d], label = label); test = last(20%);";
    std::fs::write(path.join("flowers.net"), model(data)).expect("a file");
    let (mut training, test) = (rows(120, 1), rows(30, 2));
    std::fs::write(path.join("all.csv"), table(training.iter().chain(&test))).expect("a file");
    let before = train(path);
    training[7].1 = (training[7].1 + 1) % 3;
    std::fs::write(path.join("all.csv"), table(training.iter().chain(&test))).expect("a file");
    assert_ne!(before.0, train(path).0);
}
