//! How many kernels a network becomes. A number that grows is a fusion that was lost.

use netc_compiler::lower::Choices;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::program::{Kernel, Program, Step};
use netc_grammar::NoFiles;
use netc_tests::models;
use std::fmt;

/// Steps of all entries by what they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    loops: usize,
    contractions: usize,
    tiles: usize,
    filters: usize,
    copies: usize,
    fills: usize,
    draws: usize,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count { loops, contractions, tiles, filters, copies, fills, draws } = self;
        write!(f, "[{loops}, {contractions}, {tiles}, {filters}, {copies}, {fills}, {draws}]")
    }
}

fn count(program: &Program) -> Count {
    let mut count = Count::default();
    for step in program.entries.iter().flat_map(|entry| &entry.steps) {
        match step {
            Step::Loop { .. } => count.loops += 1,
            Step::Call { kernel: Kernel::Contract(_) | Kernel::Attend(_), .. } => count.contractions += 1,
            Step::Call { kernel: Kernel::Winograd(_) | Kernel::WinogradWeights(_), .. } => count.tiles += 1,
            Step::Call { kernel: Kernel::WinogradFilter(_), .. } => count.filters += 1,
            Step::Call { kernel: Kernel::Copy(_), .. } => count.copies += 1,
            Step::Call { kernel: Kernel::Fill(_), .. } => count.fills += 1,
            Step::Call { kernel: Kernel::Random(_), .. } => count.draws += 1,
            Step::StopUnlessFinite { .. } => {}
        }
    }
    count
}

/// File, then loops, contractions and attentions, convolutions by tiles, transforms of their filters, copies, fills and
/// draws of a prediction and of a training step, at batch 16.
const GOLDEN: &[(&str, [usize; 7], [usize; 7])] = &[
    ("examples/digits/mlp.net", [1, 2, 0, 0, 2, 0, 0], [16, 5, 0, 0, 2, 0, 0]),
    ("examples/digits/cnn.net", [1, 3, 1, 1, 4, 4, 0], [33, 8, 3, 2, 4, 8, 1]),
    ("examples/mnist/lenet.net", [1, 3, 1, 1, 4, 4, 0], [21, 8, 3, 2, 5, 8, 1]),
    ("examples/vision/resnet18.net", [42, 8, 13, 13, 10, 58, 0], [281, 32, 39, 26, 27, 125, 0]),
    ("examples/segmentation/unet.net", [40, 18, 17, 17, 20, 68, 0], [421, 29, 51, 34, 26, 136, 0]),
    ("tests/models/two_heads.net", [4, 4, 0, 0, 5, 0, 0], [37, 10, 0, 0, 5, 0, 0]),
];

#[test]
fn no_fusion_is_lost() {
    let mut changed = Vec::new();
    for &(file, predict, step) in GOLDEN {
        let model = models::open(file, &[]);
        for (mode, golden) in [(Mode::Predict, predict), (Mode::Step, step)] {
            let program = pipeline::program(&model, mode, 16, &[], &Choices::default())
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let [loops, contractions, tiles, filters, copies, fills, draws] = golden;
            let (found, golden) =
                (count(&program), Count { loops, contractions, tiles, filters, copies, fills, draws });
            if found != golden {
                changed.push(format!("{file}, {mode:?}: {found} instead of {golden}"));
            }
        }
    }
    assert!(changed.is_empty(), "loops, contractions, tiles, filters, copies, fills, draws:\n{}", changed.join("\n"));
}

/// Loops of a prediction on a map of three channels.
fn loops(body: &str) -> usize {
    let text = format!("network joined {{ input x: [3, 12, 12]; {body} }}");
    let model = models::check("joined.net", &text, &[], &NoFiles).unwrap_or_else(|(_, shown)| panic!("{shown}"));
    count(&pipeline::program(&model, Mode::Predict, 2, &[], &Choices::default()).unwrap()).loops
}

#[test]
fn convolutions_write_their_parts_of_a_concatenation() {
    let pair = "let a = x -> conv2d(8, kernel = 3, pad = 1) -> relu; let b = x -> conv2d(4, kernel = 5, pad = 2);";
    let join = "output y = concat(a, b, axis = channel) -> conv2d(2, kernel = 3, pad = 1);";
    assert_eq!(loops(&format!("{pair} {join}")), 0);
    // A pooling reads a part between channels that are not written yet, also beyond the map's borders.
    assert_eq!(loops(&format!("{pair} output z = a -> max_pool(3, stride = 2, pad = 1); {join}")), 1);
    // A part that occurs twice is copied twice.
    let twice = "let a = x -> conv2d(8, kernel = 3); output y = concat(a, a, axis = channel) -> conv2d(2, kernel = 3);";
    assert_eq!(loops(twice), 2);
    // A part that a convolution reads is copied, beside the loop of tanh.
    let read = "let a = x -> conv2d(8, kernel = 3); output b = a -> tanh; let c = a -> conv2d(8, kernel = 1);
        output y = concat(a, c, axis = channel) -> conv2d(2, kernel = 3);";
    assert_eq!(loops(read), 2);
    // So is one of which a loop makes another part, beside that loop.
    let made = "let a = x -> conv2d(8, kernel = 3) -> relu;
        output y = concat(a, a -> tanh, axis = channel) -> conv2d(2, kernel = 3);";
    assert_eq!(loops(made), 2);
    // So is one that is a result.
    let shown = "output a = x -> conv2d(8, kernel = 3); let c = x -> conv2d(4, kernel = 3);
        output y = concat(a, c, axis = channel) -> conv2d(2, kernel = 3);";
    assert_eq!(loops(shown), 1);
}

/// Loops and copies of a prediction by a dense layer over a map of six axes, of which the first `sliced` lose every
/// other position.
fn moves(sliced: usize) -> (usize, usize) {
    let slices: String = (0..sliced).map(|axis| format!(" -> slice(0, 3, axis = {axis}, step = 2)")).collect();
    let text =
        format!("network folded {{ input x: [4, 4, 4, 4, 4, 4]; output y = x{slices} -> flatten -> dense(8); }}");
    let model = models::check("folded.net", &text, &[], &NoFiles).unwrap_or_else(|(_, shown)| panic!("{shown}"));
    let count = count(&pipeline::program(&model, Mode::Predict, 1, &[], &Choices::default()).unwrap());
    (count.loops, count.copies)
}

#[test]
fn a_map_is_read_in_place_as_long_as_a_contraction_can_sum_its_runs() {
    // The weights are packed by one copy.
    assert_eq!(moves(0), (0, 1));
    assert_eq!(moves(4), (0, 1));
    assert_eq!(moves(6), (1, 1));
}
