//! Gradients of every primitive and operator against central differences, in f64, every entry of small tensors.
//!
//! The cases are tables; `cargo xtask mutants` runs the same tables against changed gradient rules.

mod networks;
mod operators;
mod primitives;
mod suite;

use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::{ConvForm, Prim, ReduceOp, StateId, View, WindowOp};
use std::collections::{BTreeMap, BTreeSet};
use suite::{Case, check, empty_graph};

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
fn attentions() {
    run(primitives::attend::cases(), 12);
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
    run(primitives::graph::cases(), 30);
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
        assert!(exempt || count >= 12, "`{}` has {count} cases: add a line to operators.txt", entry.name);
    }
}

/// Every primitive, and every form of those that have several, but sources, which have no operands.
const KINDS: [&str; 23] = [
    "argmax",
    "attend",
    "broadcast",
    "concat",
    "contract",
    "conv",
    "conv to inputs",
    "conv to weights",
    "detach",
    "flip",
    "map",
    "max",
    "pad",
    "permute",
    "random",
    "reshape",
    "slice",
    "sum",
    "variance",
    "window max",
    "window pick",
    "window spread",
    "window sum",
];

fn kind(prim: &Prim) -> &'static str {
    match prim {
        Prim::Source(_) => "source",
        Prim::Map(_) => "map",
        Prim::Reduce { op: ReduceOp::Sum, .. } => "sum",
        Prim::Reduce { op: ReduceOp::Max, .. } => "max",
        Prim::Reduce { op: ReduceOp::Argmax, .. } => "argmax",
        Prim::Reduce { op: ReduceOp::Variance, .. } => "variance",
        Prim::Contract { .. } => "contract",
        Prim::Conv { form: ConvForm::Forward, .. } => "conv",
        Prim::Conv { form: ConvForm::InputGradient, .. } => "conv to inputs",
        Prim::Conv { form: ConvForm::WeightGradient, .. } => "conv to weights",
        Prim::Window { op: WindowOp::Max, .. } => "window max",
        Prim::Window { op: WindowOp::Sum, .. } => "window sum",
        Prim::Window { op: WindowOp::Pick, .. } => "window pick",
        Prim::Window { op: WindowOp::SpreadSum | WindowOp::SpreadPick, .. } => "window spread",
        Prim::View(View::Reshape) => "reshape",
        Prim::View(View::Permute(_)) => "permute",
        Prim::View(View::Broadcast(_)) => "broadcast",
        Prim::View(View::Slice { .. }) => "slice",
        Prim::View(View::Flip(_)) => "flip",
        Prim::Pad { .. } => "pad",
        Prim::Concat { .. } => "concat",
        Prim::Random { .. } => "random",
        Prim::Attend { .. } => "attend",
        Prim::Detach => "detach",
    }
}

#[test]
fn every_primitive_has_twelve_cases() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in primitives::all() {
        let mut graph = Builder::resume(empty_graph(&case.leaves));
        let leaves: Vec<_> = (0..case.leaves.len()).map(|i| graph.read(StateId(i as u32))).collect();
        (case.build)(&mut graph, &leaves);
        let kinds: BTreeSet<&str> = graph.graph.nodes.iter().map(|node| kind(&node.prim)).collect();
        kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
    }
    println!("{counts:?}");
    for kind in KINDS {
        let count = counts.get(kind).copied().unwrap_or(0);
        assert!(count >= 12, "{kind} has {count} cases");
    }
}
