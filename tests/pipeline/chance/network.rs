//! Draws a network: random layers, joints and optimiser, on a random shape.

use netc_compiler::model::Model;
use netc_grammar::NoFiles;
use netc_plan::philox::{key, philox4x32};
use netc_tests::models;

/// Draws that depend on the network's number alone.
pub struct Dice {
    key: u64,
    draws: u32,
}

impl Dice {
    pub fn new(key: u64) -> Dice {
        Dice { key, draws: 0 }
    }

    /// A number in `0..sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.draws += 1;
        let words = philox4x32([self.draws, 0, 0, 0], [self.key as u32, (self.key >> 32) as u32]);
        words[0] as usize % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// A stage for a map. Those that do not fit the shape at hand are refused by the check, and others are drawn.
fn stage_of_map(dice: &mut Dice) -> String {
    let number = |dice: &mut Dice, from: usize, to: usize| from + dice.roll(to - from + 1);
    match dice.roll(26) {
        0..=5 => {
            let (channels, kernel, stride) = (number(dice, 1, 9), number(dice, 1, 4), dice.pick(&[1, 1, 1, 2, 3]));
            let pad = dice.pick(&["0", "1", "2", "[0, 1]", "[1, 0, 0, 2]", "valid"]);
            let (dilation, bias) = (dice.pick(&[1, 1, 1, 2]), dice.pick(&["true", "false"]));
            let groups = dice.pick(&[1, 1, 1, 2, 3]);
            let channels = channels.next_multiple_of(groups);
            format!(
                "conv2d({channels}, kernel = {kernel}, stride = {stride}, pad = {pad}, dilation = {dilation}, \
                 groups = {groups}, bias = {bias})"
            )
        }
        6 | 7 => {
            let (channels, kernel, stride) = (number(dice, 1, 5), number(dice, 1, 3), dice.pick(&[1, 2, 3]));
            format!("conv_transpose2d({channels}, kernel = {kernel}, stride = {stride}, pad = {})", dice.roll(2))
        }
        8 | 9 => {
            let (kernel, stride, ceil) = (number(dice, 1, 3), number(dice, 1, 3), dice.pick(&["true", "false"]));
            format!("max_pool({kernel}, stride = {stride}, pad = {}, ceil = {ceil})", dice.roll(2))
        }
        10 => {
            let (kernel, counts) = (number(dice, 1, 3), dice.pick(&["true", "false"]));
            format!("avg_pool({kernel}, stride = {}, pad = {}, count_pad = {counts})", number(dice, 1, 2), dice.roll(2))
        }
        11 => "upsample(2)".to_string(),
        12 => format!("pad([{}, {}, {}, {}])", dice.roll(3), dice.roll(2), dice.roll(3), dice.roll(2)),
        13 => format!(
            "slice({}, {}, axis = {})",
            dice.roll(2),
            number(dice, 2, 5),
            dice.pick(&["channel", "height", "width"])
        ),
        14..=16 => "batch_norm".to_string(),
        17 => {
            format!("{}(axis = {})", dice.pick(&["softmax", "log_softmax"]), dice.pick(&["channel", "height", "width"]))
        }
        18 => "dropout(0.3)".to_string(),
        19 => "dense(4)".to_string(),
        _ => dice.pick(&["relu", "relu", "leaky_relu(0.2)", "tanh", "gelu", "sigmoid"]).to_string(),
    }
}

fn stage_of_vector(dice: &mut Dice) -> String {
    match dice.roll(6) {
        0 | 1 => format!("dense({}, bias = {})", 1 + dice.roll(40), dice.pick(&["true", "false"])),
        2 => "batch_norm".to_string(),
        3 => dice.pick(&["softmax(axis = channel)", "dropout(0.5)", "log_softmax(axis = 0)"]).to_string(),
        _ => dice.pick(&["relu", "tanh", "gelu", "sigmoid", "leaky_relu"]).to_string(),
    }
}

/// How a value joins another one; `{v}` is the value so far, `{w}` an earlier one.
fn joint(dice: &mut Dice, v: usize) -> String {
    let w = dice.roll(v + 1);
    let axis = dice.pick(&["channel", "height", "width"]);
    match dice.roll(10) {
        0 | 1 => format!("v{v} + v{w}"),
        2 => format!("v{v} * v{w} - 0.5"),
        3 => format!("concat(v{v}, v{w}, axis = {axis})"),
        4 => format!("concat(v{w}, v{v}, v{w}, axis = channel)"),
        5 => format!("v{v} - mean(v{w}, axis = {axis}, keep = true)"),
        6 => format!("v{v} / (1.5 + v{w}^2)"),
        7 => format!("maximum(v{v}, v{w} * 0.5)"),
        8 => format!("v{v} * max(v{w}, axis = {axis}, keep = true)"),
        _ => format!("exp(v{v} * 0.1) + sqrt(abs(v{w}) + 0.1)"),
    }
}

/// A network that passes the check, and its text. Each statement is tried on its own, so that most are kept.
pub fn network(number: u64) -> (String, Model) {
    let mut dice = Dice::new(key(number, 0x6e65_7463));
    let sides = |dice: &mut Dice| (1 + dice.roll(7), 1 + dice.roll(9), 1 + dice.roll(9));
    let (channels, height, width) = sides(&mut dice);
    let mut head = format!("network chance() {{\n    input x: [{channels}, {height}, {width}];\n    let v0 = x;\n");
    let optimizer = dice.pick(&[
        "sgd(rate = 0.05)",
        "sgd(rate = 0.05, momentum = 0.9, nesterov = true)",
        "sgd(rate = 0.05, momentum = 0.8, weight_decay = 1e-3)",
        "adam(rate = 1e-2)",
    ]);
    let classes = 2 + dice.roll(4);
    let tail = |v: usize, stages: &str| {
        format!(
            "    output y = v{v} -> flatten{stages} -> last: dense({classes});\n}}\n\ntrain chance {{\n    target label: int in \
             0..{classes};\n    loss = cross_entropy(y, label) + 0.01 * mean(y^2);\n    metrics = [accuracy(y, label)];\n    \
             optimizer = {optimizer};\n    batch = 2;\n    epochs = 1;\n    seed = {number};\n}}\n"
        )
    };
    let check = |text: &str| models::check("chance.net", text, &[], &NoFiles).ok();
    let mut v = 0;
    for turn in 0..3 + dice.roll(9) {
        let statement = match dice.roll(3) {
            0 if v > 0 => joint(&mut dice, v),
            _ => format!("v{v} -> layer{turn}: {}", stage_of_map(&mut dice)),
        };
        let longer = format!("{head}    let v{} = {statement};\n", v + 1);
        if check(&format!("{longer}{}", tail(v + 1, ""))).is_some_and(|model| is_small(&model)) {
            head = longer;
            v += 1;
        }
    }
    let mut stages = String::new();
    for turn in 0..dice.roll(4) {
        let longer = format!("{stages} -> vector{turn}: {}", stage_of_vector(&mut dice));
        if check(&format!("{head}{}", tail(v, &longer))).is_some() {
            stages = longer;
        }
    }
    let text = format!("{head}{}", tail(v, &stages));
    let model = check(&text).unwrap_or_else(|| panic!("network {number} is refused:\n{text}"));
    (text, model)
}

/// Whether the plain evaluation takes milliseconds.
fn is_small(model: &Model) -> bool {
    model.graph.node_weights().flat_map(|layer| &layer.outputs).all(|ty| ty.shape.elements() <= 2000)
}
