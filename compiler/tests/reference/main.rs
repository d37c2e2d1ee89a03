//! Operators, losses, optimisers and initialisers against PyTorch's figures in `tests/reference`.
//!
//! Every case is a whole `.net` text. The primitive graph is evaluated in f64, where only the meaning can differ (the
//! files hold nine digits), and in f32 with the tolerance of the executors.

mod case;
mod start;

use case::{Case, Precision};
use std::path::{Path, PathBuf};

/// Files of `tests/reference` whose cases are small networks, and the least number of cases.
const FILES: &[(&str, usize)] = &[
    ("activations", 9),
    ("arithmetic", 14),
    ("attention", 9),
    ("avg_pool", 6),
    ("batch_norm", 5),
    ("concat", 4),
    ("conv2d", 18),
    ("conv_transpose2d", 7),
    ("dense", 5),
    ("detach", 1),
    ("dropout", 2),
    ("global_avg_pool", 2),
    ("layer_norm", 7),
    ("losses", 12),
    ("max_pool", 8),
    ("multi_head_attention", 6),
    ("one_hot", 2),
    ("optimizers", 8),
    ("reductions", 15),
    ("reshaping", 10),
    ("softmax", 7),
    ("split", 3),
    ("standardize", 1),
    ("upsample", 3),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/reference")
}

fn cases(file: &str) -> Vec<Case> {
    let path = folder().join(format!("{file}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    json["cases"].as_array().unwrap().iter().map(|case| Case::read(file, case)).collect()
}

/// Runs every case of every file; the report names all that differ.
fn compare(precision: Precision) {
    let mut failures = Vec::new();
    let mut worst = (0.0, String::new());
    for &(file, least) in FILES {
        let cases = cases(file);
        assert!(cases.len() >= least, "{file}: only {} cases", cases.len());
        for case in cases {
            let report = case.run(precision);
            if report.worst > worst.0 {
                worst = (report.worst, case.title.clone());
            }
            failures.extend(report.failures.into_iter().map(|failure| format!("{}: {failure}", case.title)));
        }
    }
    println!("worst error of {precision:?}: {:.2e} of the tolerance, at {}", worst.0, worst.1);
    assert!(failures.is_empty(), "{} figures differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn meanings_are_pytorchs() {
    compare(Precision::Double);
}

#[test]
fn single_precision_is_close_to_pytorch() {
    compare(Precision::Single);
}

#[test]
fn parameters_start_as_pytorchs_do() {
    for case in cases("initialisers") {
        start::check(&case);
    }
}

#[test]
fn every_file_is_read() {
    let known = |name: &str| FILES.iter().any(|(file, _)| *file == name) || ["initialisers", "large"].contains(&name);
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_string_lossy();
            assert!(known(&name), "{name}.json is read by no test");
        }
    }
}
