//! Whole networks of the repository against differences of their losses, as `netc gradcheck` does it.

use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::gradcheck::{self, Report, gradcheck, sample_inputs, sample_states};
use netc_compiler::model::Model;
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::{Mode, Role, StateId};
use netc_grammar::{NoFiles, Sources};
use std::path::Path;

/// File, `--set` pairs, batch.
type Network = (&'static str, &'static [(&'static str, &'static str)], usize);

const NETWORKS: &[Network] = &[
    ("examples/neurons/and.net", &[], 4),
    ("examples/neurons/xor.net", &[], 4),
    ("examples/regression/line.net", &[], 4),
    ("examples/regression/diabetes.net", &[], 4),
    ("examples/classification/logistic.net", &[], 4),
    ("examples/digits/mlp.net", &[], 3),
    ("examples/digits/cnn.net", &[], 2),
    ("tests/models/conditional.net", &[], 2),
    ("tests/models/residual.net", &[], 2),
    ("tests/models/perceptron.net", &[], 4),
    ("tests/models/unet.net", &[], 2),
    ("tests/models/mlp.net", &[], 3),
    ("tests/models/two_heads.net", &[], 3),
    ("tests/models/shared.net", &[], 3),
    ("tests/models/cnn.net", &[], 2),
];

fn model(file: &str, settings: &[(&str, &str)]) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join(file);
    let mut sources = Sources::new();
    sources.add(file.to_string(), std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}")));
    let settings: Vec<(String, String)> = settings.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let options = Options { network: None, settings: &settings, loader: &NoFiles, deny_warnings: false };
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
    for &(file, settings, batch) in NETWORKS {
        let report = report(file, &model(file, settings), batch);
        assert!(report.passes(), "{file}: {report:#?}");
    }
}

/// Minutes of arithmetic: `NETC_SLOW_TESTS=1 cargo test --release -p netc-compiler --test gradients large`.
#[test]
fn gradients_of_large_networks_agree_with_differences() {
    if std::env::var_os("NETC_SLOW_TESTS").is_none() {
        return;
    }
    for file in ["vision/vgg16", "vision/resnet18", "vision/resnet18_textbook", "segmentation/unet"] {
        let start = std::time::Instant::now();
        let model = model(&format!("examples/{file}.net"), &[("size", "32")]);
        let report = report(file, &model, gradcheck::samples(&model));
        println!("{file}: {} probes, {} kinks, {:?}", report.probes, report.kinks, start.elapsed());
        assert!(report.passes(), "{file}: {report:#?}");
    }
}

/// Batch norm of two samples is nearly a sign, whose curvature differences of one step do not survive.
#[test]
fn differences_are_extrapolated_where_the_loss_is_curved() {
    let text = "network curved() { input x: [6]; output y = x -> dense(9) -> batch_norm -> dense(8) -> batch_norm -> dense(3); }
                train curved { target label: int in 0..3; loss = cross_entropy(y, label); optimizer = sgd(rate = 0.1);
                batch = 2; epochs = 1; }";
    let mut sources = Sources::new();
    sources.add("curved.net".to_string(), text.to_string());
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    let model = elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{errors:#?}")).model;
    assert_eq!(gradcheck::samples(&model), 8);
    let report = report("curved", &model, 2);
    assert!(report.passes(), "{report:#?}");
}

#[test]
fn a_wrong_gradient_is_found() {
    let mut graph = primitives(&model("tests/models/mlp.net", &[]), Mode::Gradients, 3, &[]);
    let place =
        graph.results.iter().position(|(role, _)| matches!(role, Role::Gradient(StateId(0)))).expect("a gradient");
    let mut builder = netc_compiler::prim::builder::Builder::resume(graph.clone());
    graph.results[place].1 = builder.scale(graph.results[place].1, 1.001);
    graph.nodes = builder.graph.nodes;
    let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
    let report = gradcheck(&graph, &inputs, &states, &gradcheck::Options::default(), &mut |_| ());
    let wrong: Vec<&str> =
        report.checks.iter().filter(|check| !check.passes).map(|check| check.path.as_str()).collect();
    assert_eq!(wrong, [graph.states[0].path.as_str()]);
    assert!(!report.passes());
    let jointly = gradcheck::Options { jointly: Some(true), ..gradcheck::Options::default() };
    assert!(!gradcheck(&graph, &inputs, &states, &jointly, &mut |_| ()).passes());
}
