//! Contractions, packing and epilogues.

use super::check::{check, compile, start, with_gradients};
use netc_compiler::prim::{Mode, Role};
use netc_compiler::program::{Kernel, Step};
use netc_plan::Epilogue;

/// Shape and labels of both operands, labels of the result.
type Form = (&'static [usize], &'static str, &'static [usize], &'static str, &'static str);

#[test]
fn contractions_of_every_form() {
    let cases: &[Form] = &[
        (&[5, 7], "nk", &[3, 7], "mk", "nm"),
        (&[5, 7], "nk", &[7, 40], "km", "nm"),
        (&[5, 7], "nk", &[5, 33], "nm", "km"),
        (&[5, 7], "nk", &[3, 7], "mk", "mn"),
        (&[2, 3, 4, 5], "bhtd", &[2, 3, 6, 5], "bhsd", "bhts"),
        (&[2, 3, 4, 6], "bhts", &[2, 3, 6, 5], "bhsd", "bhtd"),
        (&[2, 3, 4, 6], "bhts", &[2, 3, 6, 5], "bhsd", "bthd"),
        (&[4], "k", &[4], "k", ""),
        (&[4], "a", &[6], "b", "ab"),
        (&[4, 6], "ab", &[4, 6], "ab", "a"),
        (&[4, 6], "ab", &[4, 6], "ab", "ab"),
        (&[3, 4, 5], "nab", &[4, 5, 8], "abm", "nm"),
        (&[1, 9000], "nk", &[2, 9000], "mk", "nm"),
    ];
    for &(left_shape, left, right_shape, right, out) in cases {
        for mode in [Mode::Predict, Mode::Gradients] {
            let (mut graph, x, w) = start(mode, &[left_shape], &[right_shape]);
            let y = graph.contract(left, x[0], right, w[0], out);
            let name = format!("{left},{right}->{out} {mode:?}");
            if mode == Mode::Predict {
                graph.graph.results.push((Role::Output("y".into()), y));
                check(&name, graph.graph);
            } else {
                check(&name, with_gradients(graph, y));
            }
        }
    }
}

#[test]
fn operands_behind_views() {
    let (mut graph, x, w) = start(Mode::Gradients, &[&[2, 6, 4]], &[&[3, 8]]);
    let x = graph.permute(x[0], &[0, 2, 1]);
    let x = graph.slice(x, 2, 1, 4, 1);
    let x = graph.reshape(x, &[4, 8]);
    let y = graph.contract("nk", x, "mk", w[0], "nm");
    check("views", with_gradients(graph, y));
}

#[test]
fn epilogues_are_attached_and_recognised() {
    let (mut graph, x, w) = start(Mode::Predict, &[&[4, 8]], &[&[6, 8], &[6], &[5, 6], &[5]]);
    let y = graph.contract("nk", x[0], "mk", w[0], "nm");
    let bias = graph.broadcast_to(w[1], &[4, 6]);
    let y = graph.map2(y, bias, |y, bias| (y + bias).relu());
    let z = graph.contract("nk", y, "mk", w[2], "nm");
    let bias = graph.broadcast_to(w[3], &[4, 5]);
    let z = graph.map2(z, bias, |z, bias| (z + bias).tanh());
    graph.graph.results.push((Role::Output("z".into()), z));
    let program = check("two layers", graph.graph);
    let epilogues: Vec<Epilogue> = program.entries[1]
        .steps
        .iter()
        .map(|step| match step {
            Step::Call { kernel: Kernel::Contract(plan), .. } => plan.epilogue,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(epilogues, [Epilogue::BiasRelu, Epilogue::Generated]);
    assert_eq!(program.entries[0].steps.len(), 2, "weights are packed before the run");
}

#[test]
fn sum_that_others_need_is_stored() {
    let (mut graph, x, w) = start(Mode::Gradients, &[&[4, 8]], &[&[6, 8], &[6, 8]]);
    let y = graph.contract("nk", x[0], "mk", w[0], "nm");
    let z = graph.contract("nk", x[0], "mk", w[1], "nm");
    let y = graph.map2(y, z, |y, z| y.sigmoid() * z);
    check("gated", with_gradients(graph, y));
}

/// Two dense layers of as many samples with rectifiers, and what their contractions read in place: for each, the rows,
/// and whether B is packed.
fn two_layers(mode: Mode, samples: usize) -> Vec<(u32, bool)> {
    const WIDTH: usize = 256;
    let (mut graph, x, w) = start(mode, &[&[samples, 512]], &[&[WIDTH, 512], &[WIDTH], &[WIDTH, WIDTH], &[WIDTH]]);
    let mut value = x[0];
    for layer in w.chunks_exact(2) {
        let sum = graph.contract("nk", value, "mk", layer[0], "nm");
        let bias = graph.broadcast_to(layer[1], &[samples, WIDTH]);
        value = graph.map2(sum, bias, |sum, bias| (sum + bias).relu());
    }
    let program = if mode == Mode::Predict {
        graph.graph.results.push((Role::Output("y".into()), value));
        compile(&graph.graph)
    } else {
        check("two turned layers", with_gradients(graph, value))
    };
    let steps = &program.entries.last().expect("there is an entry").steps;
    let forward = steps.iter().filter_map(|step| match step {
        Step::Call { kernel: Kernel::Contract(plan), .. } if plan.epilogue == Epilogue::BiasRelu => {
            Some((plan.m.extent, plan.b_panels.is_packed()))
        }
        _ => None,
    });
    forward.collect()
}

#[test]
fn weights_that_change_are_read_in_place_by_few_samples() {
    // The first layer's input is packed, that of the second one is the first one's result as it is.
    assert_eq!(two_layers(Mode::Gradients, 64), [(256, true), (256, false)]);
    // So many columns would be empty that packing the weights costs less; so many samples would cost more than the
    // weights.
    assert_eq!(two_layers(Mode::Gradients, 40), [(40, true), (40, true)]);
    assert_eq!(two_layers(Mode::Gradients, 192), [(192, true), (192, true)]);
    // Weights that are fixed are packed once and for all.
    assert_eq!(two_layers(Mode::Predict, 64), [(64, true), (64, true)]);
}
