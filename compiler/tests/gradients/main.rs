//! Gradients of every primitive and operator against central differences, in f64, every entry of small tensors.
//!
//! The cases are tables; `cargo xtask mutants` runs the same tables against changed gradient rules.

mod networks;
mod operators;
mod primitives;
mod suite;

use suite::{Case, check};

fn run(cases: Vec<Case>, least: usize) {
    assert!(cases.len() >= least, "only {} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn maps() {
    run(primitives::map::cases(), 12);
}

#[test]
fn reductions() {
    run(primitives::reduce::cases(), 36);
}

#[test]
fn contractions() {
    run(primitives::contract::cases(), 12);
}

#[test]
fn convolutions() {
    run(primitives::conv::cases(), 36);
}

#[test]
fn windows() {
    run(primitives::window::cases(), 48);
}

#[test]
fn views() {
    run(primitives::view::cases(), 12);
}

#[test]
fn pads() {
    run(primitives::pad::cases(), 12);
}

#[test]
fn concats() {
    run(primitives::concat::cases(), 12);
}

#[test]
fn whole_graphs() {
    run(primitives::graph::cases(), 8);
}

#[test]
fn operators_of_the_table() {
    let cases: Vec<Case> = operators::cases().into_iter().map(|(_, case)| case).collect();
    run(cases, 600);
}

#[test]
fn every_operator_has_twelve_cases() {
    let cases = operators::cases();
    for entry in netc_compiler::ops::all() {
        let count = cases.iter().filter(|(name, _)| name == entry.name).count();
        let exempt = operators::WITHOUT_GRADIENT.contains(&entry.name);
        assert!(exempt || count >= 12, "`{}` has {count} cases in operators.txt", entry.name);
    }
}
