//! Whole networks of the repository in every mode.

use super::check::{agree_on, compile};
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::gradcheck::{sample_inputs, sample_states};
use netc_compiler::model::Model;
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::Mode;
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::program::{Program, Segment};
use netc_compiler::simplify::simplify;
use netc_grammar::{NoFiles, Sources};
use std::path::Path;

/// File and batch.
const SMALL: &[(&str, usize)] = &[
    ("examples/neurons/perceptron.net", 1),
    ("examples/neurons/and.net", 4),
    ("examples/neurons/xor.net", 4),
    ("examples/regression/line.net", 5),
    ("examples/regression/diabetes.net", 4),
    ("examples/classification/logistic.net", 4),
    ("examples/digits/mlp.net", 3),
    ("examples/digits/cnn.net", 2),
    ("examples/digits/cnn.net", 1),
    ("tests/models/conditional.net", 2),
    ("tests/models/residual.net", 2),
    ("tests/models/perceptron.net", 4),
    ("tests/models/unet.net", 2),
    ("tests/models/mlp.net", 3),
    ("tests/models/two_heads.net", 3),
    ("tests/models/shared.net", 3),
    ("tests/models/cnn.net", 2),
];

/// File, settings, batch.
type Large = (&'static str, &'static [(&'static str, &'static str)], usize);

/// Networks that are lowered and verified but not run.
const LARGE: &[Large] = &[
    ("examples/mnist/lenet.net", &[], 64),
    ("examples/digits/cnn.net", &[], 32),
    ("examples/vision/vgg16.net", &[("size", "64")], 2),
    ("examples/vision/resnet18.net", &[], 1),
    ("examples/vision/resnet18_textbook.net", &[], 1),
    ("examples/segmentation/unet.net", &[], 1),
];

const MODES: [Mode; 4] = [Mode::Predict, Mode::Evaluate, Mode::Gradients, Mode::Step];

pub fn model(file: &str, settings: &[(&str, &str)]) -> Model {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join(file);
    let mut sources = Sources::new();
    sources.add(file.to_string(), std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}")));
    let settings: Vec<(String, String)> = settings.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let options = Options { network: None, settings: &settings, loader: &NoFiles, deny_warnings: false };
    elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{file}: {errors:#?}")).model
}

#[test]
fn networks_compute_what_their_graphs_mean() {
    for &(file, batch) in SMALL {
        let model = model(file, &[]);
        for mode in MODES {
            let graph = simplify(primitives(&model, mode, batch, &[]));
            let inputs = sample_inputs(&graph, 1);
            let mut states = sample_states(&graph.states, 1);
            for (state, tensor) in graph.states.iter().zip(&mut states) {
                let is_slot = state.path.contains("momentum") || state.path.contains("exp_avg");
                if let (true, Tensor::Real(values)) = (is_slot, tensor) {
                    let number = |i: usize| f64::from(0.01 + (i % 7) as f32 * 0.01);
                    values.iter_mut().enumerate().for_each(|(i, value)| *value = number(i));
                }
            }
            let program = compile(&graph);
            agree_on(&format!("{file} {mode:?} {batch}"), &graph, &program, (&inputs, &states), 1e-4);
        }
    }
}

#[test]
fn large_networks_are_verified_and_fit_their_memory() {
    for &(file, settings, batch) in LARGE {
        let model = model(file, settings);
        for mode in MODES {
            let graph = simplify(primitives(&model, mode, batch, &[]));
            let program = compile(&graph);
            let least = most_live(&program);
            let arena = program.sizes.arena;
            println!("{file} {mode:?}: {arena} for {least}");
            // Where caches hold the arena, threads keep their parts of shared memory.
            let is_apart = least >= 1 << 17 && arena <= 1 << 23;
            let most = if is_apart { 2 * least } else { least * 11 / 10 };
            assert!(arena <= most, "{file} {mode:?}: {arena} elements for {least} that live at once");
        }
    }
}

/// Elements of the arena that live at once, at most.
fn most_live(program: &Program) -> usize {
    let steps = &program.entries.last().expect("an entry").steps;
    let mut lives: Vec<Option<(usize, usize)>> = vec![None; program.buffers.len()];
    for (position, step) in steps.iter().enumerate() {
        for touch in step.touched(&program.kernels) {
            lives[touch.buffer.0 as usize].get_or_insert((position, position)).1 = position;
        }
    }
    let is_arena = |index: usize| program.buffers[index].segment == Segment::Arena;
    let mut change = vec![0i64; steps.len() + 1];
    for (index, life) in lives.iter().enumerate().filter(|(index, _)| is_arena(*index)) {
        if let Some((from, to)) = life {
            let elements = program.buffers[index].elements as i64;
            change[*from] += elements;
            change[to + 1] -= elements;
        }
    }
    let mut live = 0;
    let totals = change.iter().map(|change| {
        live += change;
        live
    });
    totals.max().unwrap_or(0) as usize
}
