//! The interpreter and machine code agree to the bit: every model, mode, batch, instruction set, number of threads.

use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_jit::{Isa, Pool};
use netc_tests::compare::difference;
use netc_tests::execute::{Compiled, Given, interpret};
use netc_tests::{attempt, models, slow};
use std::sync::Arc;
use std::time::Instant;

/// `--set` pairs and batches.
type Setting = (&'static [(&'static str, &'static str)], &'static [usize]);

/// Networks that the interpreter cannot run at full size in seconds, smaller; `None` where even that takes long.
const LARGE: &[(&str, Option<Setting>)] = &[
    ("examples/mnist/lenet.net", Some((&[], &[1]))),
    (
        "examples/sequences/transformer.net",
        Some((&[("steps", "40"), ("width", "32"), ("heads", "4"), ("hidden", "64"), ("blocks", "2")], &[1, 3])),
    ),
    ("examples/vision/resnet18.net", None),
    ("examples/vision/resnet18_textbook.net", None),
    ("examples/vision/vgg16.net", None),
    ("examples/segmentation/unet.net", Some((&[("size", "16"), ("base", "8"), ("depth", "3")], &[1]))),
];
/// What `NETC_SLOW=1` adds.
const SLOW: &[(&str, Setting)] = &[
    ("examples/mnist/lenet.net", (&[], &[3])),
    ("examples/vision/resnet18.net", (&[("size", "64")], &[2])),
    ("examples/vision/resnet18_textbook.net", (&[("size", "67"), ("classes", "10")], &[2])),
    ("examples/vision/vgg16.net", (&[("size", "32"), ("classes", "10")], &[2])),
    ("examples/segmentation/unet.net", (&[("size", "32"), ("base", "16")], &[2])),
];
/// For everything else: one sample, an odd number, one above a vector.
const SMALL: Setting = (&[], &[1, 5, 18]);

#[test]
fn small_models_agree_to_the_bit() {
    all(models::files("tests/models", "net").iter().map(|file| (file.as_str(), SMALL)));
}

#[test]
fn examples_agree_to_the_bit() {
    let files = models::files("examples", "net");
    assert!(files.len() >= 12, "only {} examples were found", files.len());
    all(files.iter().filter_map(|file| match LARGE.iter().find(|(large, _)| large == file) {
        Some((_, setting)) => Some((file.as_str(), (*setting)?)),
        None => Some((file.as_str(), SMALL)),
    }));
}

#[test]
fn large_examples_agree_to_the_bit() {
    all(SLOW.iter().copied().filter(|_| slow()));
}

/// Every network, also behind one that fails.
fn all<'a>(networks: impl Iterator<Item = (&'a str, Setting)>) {
    let failed: Vec<String> = networks.filter_map(|(file, setting)| attempt(|| agree(file, setting)).err()).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn agree(file: &str, (settings, batches): Setting) {
    let start = Instant::now();
    let model = models::open(file, settings);
    let mut failed = Vec::new();
    for &batch in batches {
        for mode in [Mode::Predict, Mode::Evaluate, Mode::Gradients, Mode::Step] {
            if model.recipe.is_some() || mode == Mode::Predict {
                failed.extend(attempt(|| agree_in_mode(file, &model, mode, batch)).err());
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    println!("{file}: {:.1?}", start.elapsed());
}

fn agree_in_mode(file: &str, model: &Model, mode: Mode, batch: usize) {
    let program = pipeline::program(model, mode, batch, &[], &Choices::default());
    let program = program.unwrap_or_else(|error| panic!("{file}, {mode:?}, batch {batch}: {error}"));
    // The second step meets optimiser state that is no longer at its start.
    let given = Given::drawn(&program, 7, if mode == Mode::Step { 2 } else { 1 });
    let expected = interpret(&program, &given);
    if mode == Mode::Step {
        let changed = expected.states.iter().zip(&given.states).any(|(after, before)| after != before);
        assert!(changed && expected.finished, "{file}, batch {batch}: a step changed nothing");
    }
    for &isa in Isa::available() {
        let whole = Compiled::new(&program, isa);
        let steps = whole.is_straight().then(|| Compiled::stepwise(&program, isa));
        for (compiled, threads) in std::iter::once(&whole).chain(&steps).flat_map(|c| [1, 2, 4].map(|n| (c, n))) {
            let found = compiled.run(&Arc::new(Pool::new(threads)), &given);
            if let Some(difference) = difference(&program, &expected, &found) {
                let how = if compiled.is_straight() { "in one function" } else { "step by step" };
                panic!(
                    "{file}, {mode:?}, batch {batch}: the interpreter and {isa} {how} on {threads} threads differ: {difference}"
                );
            }
        }
    }
}

/// A loss that is not finite updates nothing, on every executor.
#[test]
fn a_loss_that_is_not_finite_updates_nothing() {
    let model = models::open("tests/models/mlp.net", &[]);
    let program =
        pipeline::program(&model, Mode::Step, 3, &[], &Choices::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut given = Given::drawn(&program, 7, 1);
    given.inputs[0][2] = f32::NAN;
    for outcome in
        [interpret(&program, &given), Compiled::new(&program, Isa::detect()).run(&Arc::new(Pool::new(2)), &given)]
    {
        assert!(!outcome.finished);
        assert_eq!(outcome.states, given.states);
    }
}
