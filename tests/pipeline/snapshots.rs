//! The text of every stage for every model of `tests/models`, against `tests/snapshots/<stage>/`.
//!
//! `INSTA_UPDATE=always cargo test -p netc-tests snapshots` writes them anew; read the difference before it is
//! committed: a kernel or a copy more is a lost fusion.

use netc::{Mode, Network, Options, Stage};
use netc_tests::models;

fn network(file: &str) -> Network {
    Options::default().open(models::root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Compares a text with `tests/snapshots/<stage>/<name>.snap`.
fn assert_stage(stage: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(models::root().join("tests/snapshots").join(stage));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A stage in a mode for all models; batch 2.
fn all(folder: &str, stage: Stage, mode: Mode) {
    let files = models::files("tests/models", "net");
    assert!(files.len() >= 8);
    for file in files {
        let text = network(&file).text(stage, mode, 2).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_stage(folder, models::stem(&file), &text);
    }
}

#[test]
fn formatted_sources() {
    for file in models::files("tests/models", "net") {
        let source = netc_grammar::Source::main(&file, models::text(&file));
        let text = netc_grammar::format(&source).unwrap_or_else(|errors| panic!("{file}: {errors:?}"));
        assert_stage("ast", models::stem(&file), &text);
    }
}

#[test]
fn checked_models() {
    all("model", Stage::Model, Mode::Predict);
}

#[test]
fn primitives_of_an_evaluation() {
    all("prims", Stage::Primitives, Mode::Evaluate);
}

#[test]
fn primitives_of_a_training_step() {
    all("grad", Stage::Gradients, Mode::Step);
}

#[test]
fn kernels_of_prediction() {
    all("kernels", Stage::Kernels, Mode::Predict);
}

#[test]
fn kernels_of_a_training_step() {
    all("kernels_step", Stage::Kernels, Mode::Step);
}

#[test]
fn programs_of_prediction() {
    all("program", Stage::Program, Mode::Predict);
}

#[test]
fn programs_of_a_training_step() {
    all("program_step", Stage::Program, Mode::Step);
}

/// Of two small networks: the text holds all programs of a network and is long.
#[test]
fn generated_rust() {
    for name in ["perceptron", "mlp"] {
        let file = format!("tests/models/{name}.net");
        let text = network(&file).text(Stage::Rust, Mode::Predict, 2).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_stage("rust", name, &text);
    }
}

/// What the JIT gives to Cranelift.
#[test]
fn machine_code_of_prediction() {
    all("clif", Stage::Clif, Mode::Predict);
}
