//! `netc gradcheck`'s engine on every example that trains; the large ones smaller, and with `NETC_SLOW=1`.

use netc_compiler::gradcheck::{Options, gradcheck, sample_inputs, sample_states, samples};
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_tests::{models, slow};
use std::time::Instant;

/// `--set` pairs for networks above a second.
const LARGE: &[(&str, &[(&str, &str)])] = &[
    ("examples/mnist/lenet.net", &[]),
    ("examples/vision/resnet18.net", &[("size", "32")]),
    ("examples/vision/resnet18_textbook.net", &[("size", "32")]),
    ("examples/vision/vgg16.net", &[("size", "32")]),
    ("examples/segmentation/unet.net", &[("size", "32")]),
];

#[test]
fn gradients_of_every_example_agree_with_differences() {
    let mut n_checked = 0;
    for file in models::files("examples", "net").iter().chain(&models::files("tests/models", "net")) {
        let large = LARGE.iter().find(|(large, _)| large == file);
        if large.is_some() && !slow() {
            continue;
        }
        let start = Instant::now();
        let model = models::open(file, large.map_or(&[], |(_, settings)| settings));
        if model.recipe.is_none() {
            continue;
        }
        let graph = pipeline::primitives(&model, Mode::Gradients, samples(&model), &[]);
        let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
        let report = gradcheck(&graph, &inputs, &states, &Options::default(), &mut |_| ());
        assert!(!report.checks.is_empty(), "{file} trains nothing");
        assert!(report.passes(), "{file}: {report:#?}");
        println!("{file}: {} probes, {} kinks, {:.1?}", report.probes, report.kinks, start.elapsed());
        n_checked += 1;
    }
    assert!(n_checked >= 15, "only {n_checked} networks were checked");
}

/// The difference must hold what is detached, tensor by tensor and all at once.
#[test]
fn what_is_detached_is_a_constant() {
    let text = "network held {
        input x: [3];
        let h = x -> a: dense(2);
        output y = h * detach(h) -> b: dense(1);
    }
    train held { target t: [1]; loss = mse(y, t); optimizer = sgd(rate = 0.1); }";
    let model = models::model("held.net", text);
    let graph = pipeline::primitives(&model, Mode::Gradients, samples(&model), &[]);
    let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
    for jointly in [false, true] {
        let options = Options { jointly: Some(jointly), ..Options::default() };
        let report = gradcheck(&graph, &inputs, &states, &options, &mut |_| ());
        assert!(report.passes(), "{report:#?}");
    }
}
