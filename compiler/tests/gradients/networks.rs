//! Whole networks of the repository against differences of their losses, as `netc gradcheck` does it.

use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::gradcheck::{self, Report, gradcheck, sample_inputs, sample_states};
use netc_compiler::model::Model;
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::builder::Builder;
use netc_compiler::prim::{Mode, PrimGraph, Role, StateId};
use netc_grammar::{NoFiles, Sources};
use std::path::Path;

/// File and batch.
const NETWORKS: &[(&str, usize)] = &[
    ("examples/neurons/and.net", 4),
    ("examples/neurons/xor.net", 4),
    ("examples/regression/line.net", 4),
    ("examples/regression/diabetes.net", 4),
    ("examples/classification/logistic.net", 4),
    ("examples/digits/mlp.net", 3),
    ("examples/digits/cnn.net", 2),
    ("tests/models/conditional.net", 2),
    ("tests/models/residual.net", 2),
    ("tests/models/perceptron.net", 4),
    ("tests/models/unet.net", 2),
    ("tests/models/mlp.net", 3),
    ("tests/models/two_heads.net", 3),
    ("tests/models/shared.net", 3),
    ("tests/models/cnn.net", 2),
];

fn model(file: &str) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    written(file, &text)
}

fn written(file: &str, text: &str) -> Model {
    let mut sources = Sources::new();
    sources.add(file.to_string(), text.to_string());
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{file}: {errors:#?}")).model
}

fn report(file: &str, model: &Model, batch: usize) -> Report {
    let graph = primitives(model, Mode::Gradients, batch, &[]);
    let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
    let report = gradcheck(&graph, &inputs, &states, &gradcheck::Options::default(), &mut |_| ());
    assert!(!report.checks.is_empty(), "{file} trains nothing");
    report
}

#[test]
fn gradients_of_networks_agree_with_differences() {
    for &(file, batch) in NETWORKS {
        let report = report(file, &model(file), batch);
        assert!(report.passes(), "{file}: {report:#?}");
    }
}

/// Batch norm of two samples is nearly a sign, whose curvature differences of one step do not survive.
#[test]
fn differences_are_extrapolated_where_the_loss_is_curved() {
    let text = "network curved() { input x: [6]; output y = x -> dense(9) -> batch_norm -> dense(8) -> batch_norm -> dense(3); }
                train curved { target label: int in 0..3; loss = cross_entropy(y, label); optimizer = sgd(rate = 0.1);
                batch = 2; epochs = 1; }";
    let model = written("curved.net", text);
    assert_eq!(gradcheck::samples(&model), 8);
    let report = report("curved", &model, 2);
    assert!(report.passes(), "{report:#?}");
}

/// The gradient of the first parameter, which is given back, becomes larger by a factor.
fn falsify(graph: &mut PrimGraph, factor: f64) -> StateId {
    let place = graph.results.iter().position(|(role, _)| matches!(role, Role::Gradient(StateId(0))));
    let place = place.expect("a gradient");
    let mut builder = Builder::resume(graph.clone());
    graph.results[place].1 = builder.scale(graph.results[place].1, factor);
    graph.nodes = builder.graph.nodes;
    StateId(0)
}

/// Paths of the tensors whose gradients are called wrong.
fn wrong(graph: &PrimGraph) -> Vec<String> {
    let (inputs, states) = (sample_inputs(graph, 1), sample_states(&graph.states, 1));
    let report = gradcheck(graph, &inputs, &states, &gradcheck::Options::default(), &mut |_| ());
    assert_eq!(report.passes(), report.checks.iter().all(|check| check.passes));
    report.checks.into_iter().filter(|check| !check.passes).map(|check| check.path).collect()
}

#[test]
fn a_wrong_gradient_is_found() {
    let mut graph = primitives(&model("tests/models/mlp.net"), Mode::Gradients, 3, &[]);
    let falsified = falsify(&mut graph, 1.001);
    assert_eq!(wrong(&graph), [graph.states[falsified.0 as usize].path.clone()]);
    let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
    let jointly = gradcheck::Options { jointly: Some(true), ..gradcheck::Options::default() };
    assert!(!gradcheck(&graph, &inputs, &states, &jointly, &mut |_| ()).passes());
}

/// Rounding of a loss near 1 hides derivatives below 10⁻⁶ at steps that are too small.
#[test]
fn a_wrong_gradient_is_found_where_it_is_small() {
    let text = "network small() { input x: [6]; output y = x -> dense(5) -> tanh -> dense(3); }
                train small { target t: [3]; loss = 1.0 + 1e-6 * mse(y, t); optimizer = sgd(rate = 0.1); batch = 2; epochs = 1; }";
    let mut graph = primitives(&written("small.net", text), Mode::Gradients, 2, &[]);
    assert_eq!(wrong(&graph), [""; 0]);
    let falsified = falsify(&mut graph, 1.01);
    assert_eq!(wrong(&graph), [graph.states[falsified.0 as usize].path.clone()]);
}
