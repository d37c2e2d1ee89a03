//! Graphs of all stages hold their types' promises, and broken ones are found.

use super::build::{run, small_network, start};
use netc_compiler::differentiate::{Wanted, differentiate};
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::verify::verify;
use netc_compiler::prim::{Mode, Prim, PrimGraph, Role, StateId, ValueId, View};
use netc_compiler::simplify::{fold_scales, simplify};
use netc_compiler::types::DType;
use netc_grammar::{NoFiles, Sources};
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "net") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_model_holds_at_every_stage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut found = Vec::new();
    files(&root.join("tests/models"), &mut found);
    files(&root.join("examples"), &mut found);
    assert!(found.len() > 10);
    for path in found {
        let mut sources = Sources::new();
        sources.add(path.display().to_string(), std::fs::read_to_string(&path).expect("a file"));
        let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
        let Ok(checked) = elaborate(&mut sources, &options) else { panic!("{} is rejected", path.display()) };
        for mode in [Mode::Predict, Mode::Evaluate, Mode::Gradients, Mode::Step] {
            let holds = |graph: &PrimGraph, stage: &str| {
                verify(graph).unwrap_or_else(|rule| panic!("{} {mode:?} {stage}: {rule}", path.display()));
            };
            let graph = primitives(&checked.model, mode, 2, &[]);
            holds(&graph, "expanded");
            let folded = fold_scales(simplify(graph));
            holds(&folded, "folded");
            let simple = simplify(folded);
            holds(&simple, "simplified");
            assert_eq!(simplify(simple.clone()), simple, "{} {mode:?}", path.display());
        }
    }
}

type Break = fn(&mut PrimGraph);

/// What is broken, and a part of the message.
const BROKEN: &[(Break, &str)] = &[
    (|g| g.nodes[2].inputs.reverse(), "windows"),
    (|g| g.nodes[2].inputs[0] = ValueId(9), "later"),
    (|g| g.nodes[2].ty.shape[3] += 1, "windows"),
    (|g| g.nodes[4].prim = Prim::View(View::Broadcast(vec![2])), "broadcast"),
    (|g| g.nodes[5].ty.dtype = DType::Bool, "program gives"),
    (|g| g.nodes[5].inputs.truncate(1), "reads input"),
    (|g| g.nodes[6].prim = Prim::Reduce { op: netc_compiler::prim::ReduceOp::Sum, axes: vec![1, 0, 2, 3] }, "axes"),
    (|g| g.nodes[0].ty.shape[0] = 3, "input 0 has the type"),
    (|g| g.nodes[1].ty.shape[0] = 1, "the state"),
    (|g| g.results[0].1 = ValueId(1000), "does not exist"),
    (|g| g.updates = vec![(StateId(0), ValueId(0))], "another shape"),
    (|g| g.updates = vec![(StateId(1), ValueId(3)), (StateId(1), ValueId(3))], "twice"),
    (|g| g.nodes[7].ty.shape = vec![0], "no elements"),
];

#[test]
fn broken_graphs_are_found() {
    let (graph, loss) = small_network();
    let whole = differentiate(graph, loss, &[Wanted::State(StateId(0))]);
    verify(&whole).expect("a sound graph");
    for (index, (damage, message)) in BROKEN.iter().enumerate() {
        let mut graph = whole.clone();
        damage(&mut graph);
        let rule = verify(&graph).expect_err("a broken graph");
        assert!(rule.contains(message), "case {index}: {rule}");
    }
}

#[test]
fn a_contraction_sums_what_both_operands_have() {
    let (mut graph, x) = start(Mode::Predict, &[&[2, 3], &[4, 3]], &[]);
    let y = graph.contract("nk", x[0], "mk", x[1], "n");
    graph.graph.results = vec![(Role::Output("y".to_string()), y)];
    assert!(verify(&graph.graph).is_err_and(|rule| rule.contains("summed")));
    let z = graph.contract("nk", x[0], "mk", x[1], "nm");
    graph.graph.nodes.remove(y.0 as usize);
    graph.graph.results[0].1 = ValueId(z.0 - 1);
    assert_eq!(verify(&graph.graph), Ok(()));
    assert_eq!(run::<f64>(&graph.graph).results[0].len(), 8);
}
