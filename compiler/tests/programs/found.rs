//! Small networks that chance once found to be refused or computed wrongly, each named for what it shows.

use super::check::{agree_on, compile};
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::gradcheck::{sample_inputs, sample_states};
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::Mode;
use netc_compiler::simplify::simplify;
use netc_grammar::{NoFiles, Sources};

/// What it shows, statements from `x` to `v`, shape of `x`, batch.
type Found = (&'static str, &'static str, &'static str, usize);

const NETWORKS: &[Found] = &[
    (
        "a row-major copy waits for all parts of a concatenation",
        "let a = x -> conv2d(8, kernel = 4, stride = 3, pad = 2, dilation = 2); let v = concat(a, a, axis = height);",
        "[7, 5, 3]",
        17,
    ),
    (
        "two windows whose gradients want the same loop split",
        "let v = x -> conv2d(3, kernel = 1) -> avg_pool(1, stride = 2, pad = 0) -> avg_pool(2, stride = 2, pad = 1);",
        "[4, 3, 4]",
        1,
    ),
    (
        "two windows whose gradients want the same loop split in different ways",
        "let a = x -> batch_norm -> avg_pool(2, stride = 2, pad = 1, count_pad = false) -> max_pool(2, stride = 3, pad = 1);
         let v = concat(a, a, a, axis = channel) -> conv2d(2, kernel = 1, stride = 3, groups = 2, bias = false);",
        "[4, 3, 2]",
        5,
    ),
    (
        "a maximum and windows within windows",
        "let a = x -> batch_norm -> relu; let b = a -> max_pool(2, stride = 2);
         let c = (b -> max_pool(3, stride = 2, pad = 1, ceil = true)) * max(b, axis = height, keep = true);
         let v = maximum(c, a * 0.5) -> conv2d(8, kernel = 4, pad = 2, groups = 2);",
        "[4, 3, 2]",
        2,
    ),
    (
        "two conditions on one sum of positions",
        "let a = x -> batch_norm -> max_pool(3, stride = 2); let v = concat(a, a, a, axis = channel) -> slice(1, 5, axis = width);",
        "[5, 3, 17]",
        2,
    ),
];

#[test]
fn networks_found_by_chance_compute_what_their_graphs_mean() {
    let fails = |case: &&Found| std::panic::catch_unwind(|| agrees(case)).is_err();
    let failed: Vec<&str> = NETWORKS.iter().filter(fails).map(|case| case.0).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn agrees(&(name, statements, shape, batch): &Found) {
    let text = format!(
        "network found() {{ input x: {shape}; {statements} output y = v -> flatten -> dense(3); }}
         train found {{ target label: int in 0..3; loss = cross_entropy(y, label) + 0.01 * mean(y^2);
         optimizer = sgd(rate = 0.05, momentum = 0.9); batch = 2; epochs = 1; }}"
    );
    let mut sources = Sources::new();
    sources.add("found.net".to_string(), text);
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    let model = elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{name}: {errors:#?}")).model;
    for mode in [Mode::Predict, Mode::Gradients, Mode::Step] {
        let graph = simplify(primitives(&model, mode, batch, &[]));
        let (inputs, states) = (sample_inputs(&graph, 1), sample_states(&graph.states, 1));
        agree_on(&format!("{name}, {mode:?}"), &graph, &compile(&graph), (&inputs, &states), 1e-4);
    }
}
