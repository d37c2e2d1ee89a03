//! What operators refuse, and how they say it: message, formula and fix.

use crate::call::{operator, types};
use netc_compiler::op::Misuse;
use netc_compiler::optimizer;

/// Call, inputs, and parts of message, formula and help.
const ROWS: &[(&str, &str, &[&str])] = &[
    ("conv2d(8, kernel = 3, stride = 0)", "[1, 8, 8]", &["`stride` must be at least 1, but is 0"]),
    ("conv2d(8, kernel = 0)", "[1, 8, 8]", &["`kernel` must be at least 1, but is 0"]),
    ("conv2d(8, kernel = 3, dilation = 0)", "[1, 8, 8]", &["`dilation` must be at least 1, but is 0"]),
    ("conv2d(8, kernel = 3, groups = 0)", "[1, 8, 8]", &["`groups` must be at least 1, but is 0"]),
    ("conv2d(0, kernel = 3)", "[1, 8, 8]", &["`channels` must be at least 1, but is 0"]),
    ("dense(0)", "[8]", &["`features` must be at least 1, but is 0"]),
    ("dense(-3)", "[8]", &["`features` must be at least 1, but is -3"]),
    ("dense(2.5)", "[8]", &["`features` must be a positive integer, not a number `2.5`"]),
    ("dense(4000000000)", "[8]", &["4000000000, more than the limit of 2147483647"]),
    ("dense()", "[8]", &["`dense` needs the argument `features`", "add `features = …`"]),
    ("dense(10, units = 3)", "[8]", &["no argument `units`", "netc says `features`"]),
    ("dense(10, in_features = 3)", "[8]", &["no argument `in_features`", "netc says `features`"]),
    ("softmax(dim = 1)", "[8]", &["no argument `dim`", "netc says `axis`"]),
    ("conv2d(filters = 3, kernel = 3)", "[1, 8, 8]", &["no argument `filters`", "netc says `channels`"]),
    ("conv2d(3, kernl = 3)", "[1, 8, 8]", &["no argument `kernl`", "did you mean `kernel`?"]),
    ("relu(3)", "[8]", &["`relu` has too many arguments", "it takes none"]),
    ("max_pool(2, 2, 0, 1, true, 7)", "[1, 8, 8]", &["too many arguments", "it takes kernel, stride, pad"]),
    ("conv2d(8, 3, kernel = 3)", "[1, 8, 8]", &["`kernel` is given twice"]),
    ("conv2d(8, kernel = 3, pad = -1)", "[1, 8, 8]", &["`pad` must not be negative, but is -1"]),
    (
        "conv2d(8, kernel = 3, pad = [1, 2, 3])",
        "[1, 8, 8]",
        &["`pad` must be a number of pixels", "[top, bottom, left, right]"],
    ),
    ("conv2d(8, kernel = 3, pad = full)", "[1, 8, 8]", &["`same`, `same_tf` or `valid`, not a word `full`"]),
    (
        "conv2d(8, kernel = 3, stride = 2, pad = same)",
        "[1, 9, 9]",
        &["`pad = same` keeps the size, but the stride is 2", "`pad = same_tf`", "= 5"],
    ),
    (
        "conv2d(8, kernel = 7)",
        "[1, 4, 9]",
        &[
            "a kernel of 7 is larger than the padded height 4",
            "⌊(4 + 0 + 0 − 1·(7 − 1) − 1)/1⌋ + 1",
            "`kernel = 4` or smaller, `pad = 2` or more",
        ],
    ),
    (
        "conv2d(8, kernel = [1, 300], pad = [0, 2])",
        "[1, 1, 64]",
        &["larger than the padded width 68", "`kernel = [1, 68]` or smaller, `pad = [0, 118]` or more"],
    ),
    ("conv2d(8, kernel = 7)", "[1, 4, 3]", &["`kernel = 3` or smaller, `pad = 2` or more"]),
    (
        "conv2d(8, kernel = [3, 7], pad = [1, 2, 0, 1])",
        "[1, 4, 4]",
        &["padded width 5", "`kernel = [3, 5]` or smaller, `pad = [1, 2, 2, 2]` or more"],
    ),
    (
        "conv2d(8, kernel = 3, dilation = 4, pad = 1)",
        "[1, 9, 6]",
        &["a kernel of 3 at dilation 4 reaches over more than the padded width 8"],
    ),
    (
        "conv2d(8, kernel = 3, groups = 3)",
        "[4, 8, 8]",
        &["3 groups do not divide the 4 input channels", "divides 4 and 8: 1, 2, 4"],
    ),
    ("conv2d(9, kernel = 3, groups = 2)", "[4, 8, 8]", &["2 groups do not divide the 9 output channels"]),
    (
        "conv2d(8, kernel = 3)",
        "[784]",
        &[
            "`conv2d` takes a map [channels, height, width], not [784]",
            "[784] has 1 axis, a map has 3",
            "for a vector use `dense`",
            "reshape([channels, height, width])",
        ],
    ),
    ("conv2d(8, kernel = 3)", "[28, 28]", &["not [28, 28]", "`reshape([1, 28, 28])`"]),
    ("conv2d(8, kernel = 3)", "[]", &["not []"]),
    ("conv2d(8, kernel = 3)", "int 5 [1, 8, 8]", &["takes numbers, not class numbers (int in 0..5)"]),
    ("conv2d(2000000000, kernel = 3, pad = 1)", "[1, 100, 100]", &["more than 17179869184 elements"]),
    ("conv2d(8, kernel = 1, pad = 2147483647)", "[1, 8, 8]", &["the padded map is too large"]),
    (
        "conv2d(100000, kernel = 3, bias = false)",
        "[100000, 3, 3]",
        &["`weight` of shape [100000, 100000, 3, 3] is refused: more than 17179869184 elements"],
    ),
    (
        "conv2d(1, kernel = 3, weight = [[1, 0], [0, 1]])",
        "[1, 8, 8]",
        &["the given numbers have shape [2, 2], the parameter has [1, 1, 3, 3]"],
    ),
    ("dense(1, weight = [[1, 2], [3]])", "[2]", &["the given lists differ: one has shape [2], one [1]"]),
    ("dense(1, weight = [[]])", "[2]", &["a given list is empty"]),
    ("dense(1, weight = [[1, true]])", "[2]", &["given numbers hold a truth value `true`"]),
    ("dense(1, bias = [1, 2])", "[2]", &["the given numbers have shape [2], the parameter has [1]"]),
    ("dense(1, init = glorot)", "[2]", &["there is no initialiser `glorot`", "did you mean `xavier`?"]),
    ("dense(1, init = nromal(0, 1))", "[2]", &["there is no initialiser `nromal`", "did you mean `normal`?"]),
    ("dense(1, init = normal(0, -1))", "[2]", &["the standard deviation must not be negative, but is -1"]),
    ("dense(1, init = uniform(1, 0))", "[2]", &["the interval 1..0 is empty"]),
    ("dense(1, init = normal(0, 1, 2))", "[2]", &["`normal` has too many arguments"]),
    ("dense(1, init = constant(1e300))", "[2]", &["too large for an f32"]),
    ("dense(1, init = he, weight = [[1, 2]])", "[2]", &["`weight` and `init` both say how the weight starts"]),
    ("dense(1, init = true)", "[2]", &["`init` must be an initialiser"]),
    (
        "dense(10)",
        "[3, 8, 8]",
        &["not [3, 8, 8]", "write `flatten` before it, which gives [192]", "conv2d(10, kernel = 1)"],
    ),
    ("dense(10)", "[]", &["not a single number"]),
    ("dense(100000)", "[1000000]", &["`weight` of shape [100000, 1000000] is refused"]),
    (
        "conv_transpose2d(4, kernel = 2, stride = 2, output_pad = 2)",
        "[2, 3, 3]",
        &["an output padding of 2 is not less than the stride 2"],
    ),
    (
        "conv_transpose2d(4, kernel = 1, pad = 2)",
        "[2, 3, 3]",
        &["cuts off all of the output: height 3 − 4", "(3 − 1)·1 − 2 − 2 + 1·(1 − 1) + 0 + 1"],
    ),
    ("conv_transpose2d(4, kernel = 2, pad = same)", "[2, 3, 3]", &["`pad = same` has no meaning"]),
    ("conv_transpose2d(4, kernel = 2147483647, stride = 2147483647, dilation = 2147483647)", "[2, 3, 3]", &["extent"]),
    ("max_pool(3, pad = 2)", "[1, 8, 8]", &["a border of 2 is more than half of the window of 3", "`pad = 1` or less"]),
    ("max_pool(9)", "[1, 8, 8]", &["a kernel of 9 is larger than the padded height 8"]),
    ("max_pool(2, dilation = 3, pad = 2)", "[1, 1, 1]", &["a dilation of 3 skips the whole map of 1"]),
    ("max_pool(2, stride = 0)", "[1, 8, 8]", &["`stride` must be at least 1"]),
    ("max_pool(2)", "[64]", &["`max_pool` takes a map"]),
    ("global_avg_pool()", "[64]", &["takes channels with positions, not [64]", "put it before `flatten`"]),
    ("upsample(0)", "[1, 8, 8]", &["`factor` must be at least 1"]),
    ("upsample(2, mode = cubic)", "[1, 8, 8]", &["one of `nearest`, not a word `cubic`"]),
    ("upsample(2000000000)", "[1, 8, 8]", &["more than 2147483647"]),
    ("reshape([5, 5])", "[2, 3, 4]", &["[2, 3, 4] cannot become [5, 5]: 24 elements against 25"]),
    ("reshape([5, -1])", "[2, 3, 4]", &["24 is not divisible by 5"]),
    ("reshape([-1, -1])", "[2, 3, 4]", &["2 extents are -1"]),
    ("reshape([0, 24])", "[2, 3, 4]", &["an extent of 0 is not possible"]),
    ("reshape([4611686018427387904, 4])", "[2, 3, 4]", &["24 elements against too many"]),
    ("reshape([1, 1, 1, 1, 1, 1, 1, 1, 24])", "[2, 3, 4]", &["9 axes, more than the limit of 8"]),
    ("slice(2, 2)", "[5]", &["the slice 2..2 is empty, which has 5 positions", "positions 0 to 4"]),
    ("slice(0, 9)", "[5]", &["the slice 0..9 goes beyond the axis"]),
    ("slice(-9)", "[5]", &["goes beyond the axis"]),
    ("slice(0, 2)", "[5, 5]", &["`slice` needs `axis`, because [5, 5] has 2 axes"]),
    ("split(4, axis = 0)", "[6, 2]", &["does not divide into 4 equal parts", "6/4 is not whole"]),
    ("split([1, 2])", "[6]", &["the sizes add up to 3, but axis 0 of [6] has 6"]),
    ("split(2000, axis = 0)", "[2000]", &["2000 parts are more than 1024"]),
    ("pad(-1)", "[3, 4, 4]", &["must not be negative, but is -1", "cut with `slice`"]),
    ("pad([1, 2, 3])", "[3, 4, 4]", &["3 amounts for a map"]),
    ("pad([1, 2, 3], axis = 0)", "[3, 4, 4]", &["3 amounts for one axis"]),
    ("pad(1)", "[4, 4]", &["`pad` without `axis` takes a map, not [4, 4]"]),
    ("pad(2147483648)", "[3, 4, 4]", &["more than the limit"]),
    (
        "concat(axis = channel)",
        "[128, 179, 179]; [128, 178, 178]",
        &[
            "height 179 and 178 must agree",
            "[128, 179, 179] and [128, 178, 178]",
            "pad the other with `pad([0, 1, 0, 1])`",
        ],
    ),
    ("concat(axis = channel)", "[8, 4, 4]; [8]", &["[8, 4, 4] and [8] have different numbers of axes"]),
    ("concat()", "[8, 4, 4]; [8, 4, 4]", &["`concat` needs `axis`", "`axis = channel`"]),
    (
        "concat(axis = 3)",
        "[8, 4, 4]; [8, 4, 4]",
        &[
            "axis 3 is out of range for [8, 4, 4], which has 3 axes",
            "axes of [8, 4, 4] are 0 to 2 or -3 to -1; the batch is not counted",
        ],
    ),
    ("one_hot()", "[8]", &["the labels must be class numbers, not numbers", "`target label: int in 0..classes;`"]),
    ("one_hot(3)", "int 5 []", &["the class numbers reach 4, but there are 3 classes", "`classes = 5`"]),
    ("softmax()", "[10, 4, 4]", &["`softmax` needs `axis`, because [10, 4, 4] has 3 axes", "frameworks disagree"]),
    ("softmax()", "[]", &["`softmax` needs at least one axis"]),
    ("softmax(axis = 1)", "[10]", &["axis 1 is out of range for [10]", "the only axis is 0"]),
    ("softmax(axis = -2)", "[10]", &["axis -2 is out of range"]),
    ("softmax(axis = height)", "[10]", &["[10] has no axis named `height`"]),
    ("softmax(axis = batch)", "[10]", &["the batch is not an axis here"]),
    (
        "softmax(axis = depth)",
        "[10]",
        &["an axis: `channel`, `height`, `width`, `time` or its number, not a word `depth`"],
    ),
    ("relu()", "int 5 []", &["takes numbers, not class numbers", "`one_hot`"]),
    ("dropout(1.5)", "[10]", &["`rate` must be a probability of at least 0 and less than 1, but is 1.5"]),
    ("dropout(-0.1)", "[10]", &["but is -0.1"]),
    ("dropout(1)", "[10]", &["but is 1"]),
    ("batch_norm(momentum = 2)", "[10]", &["`momentum` must be between 0 and 1, but is 2"]),
    ("batch_norm(eps = 0)", "[10]", &["`eps` must be positive, but is 0"]),
    ("batch_norm()", "[]", &["needs channels"]),
    ("batch_norm()", "fixed [4]", &["needs a batch"]),
    ("layer_norm()", "[]", &["needs features"]),
    ("layer_norm(eps = 0)", "[10]", &["`eps` must be positive, but is 0"]),
    ("layer_norm()", "[3, 8, 8]", &["`layer_norm` needs `axis`, because [3, 8, 8] has 3 axes", "`axis = 0`"]),
    ("layer_norm(normalized_shape = 8)", "[8]", &["no argument `normalized_shape`"]),
    ("attention()", "[8]; [8]; [8]", &["`attention` takes sequences [steps, features], not [8]"]),
    ("attention()", "[5, 8]; [5, 6]; [5, 8]", &["queries have 8 features and keys 6", "`dense(8)`"]),
    ("attention()", "[5, 8]; [5, 8]; [4, 8]", &["there are 5 keys and 4 values"]),
    ("attention()", "[5, 8]; [2, 5, 8]; [5, 8]", &["[5, 8] and [2, 5, 8] differ before their last two axes"]),
    ("attention(heads = 3)", "[5, 8]; [5, 8]; [5, 8]", &["3 heads do not divide the 8 features", "1, 2, 4, 8"]),
    ("attention(heads = 4)", "[5, 8]; [5, 8]; [5, 6]", &["4 heads do not divide the 6 features", "6/4 is not whole"]),
    ("attention(causal = true)", "[5, 8]; [3, 8]; [3, 8]", &["5 queries cannot look back on 3 keys"]),
    ("multi_head_attention()", "[5, 8]", &["needs the argument `heads`"]),
    ("multi_head_attention(heads = 5)", "[7, 8]", &["5 heads do not divide the 8 features", "8/5 is not whole"]),
    ("multi_head_attention(heads = 2)", "[8]", &["`multi_head_attention` takes sequences [steps, features], not [8]"]),
    ("multi_head_attention(heads = 2)", "[5, 8]; [5, 6]", &["the first input has 8 features and this one 6"]),
    ("multi_head_attention(heads = 2)", "[5, 8]; [5, 8]; [4, 8]", &["there are 5 keys and 4 values"]),
    ("multi_head_attention(heads = 2, causal = true)", "[5, 8]; [3, 8]", &["5 queries cannot look back on 3 keys"]),
    ("multi_head_attention(heads = 2)", "[5, 8]; [5, 8]; [5, 8]; [5, 8]", &["one, two or three inputs, not 4"]),
    ("standardize()", "[4, 5]", &["takes a vector of features or a map, not [4, 5]"]),
    (
        "add()",
        "[64, 56, 56]; [64, 28, 28]",
        &[
            "height 56 and 28 must agree",
            "[64, 56, 56] and [64, 28, 28] are aligned from the right",
            "same strides and padding",
        ],
    ),
    ("add()", "[64, 56, 56]; [128, 56, 56]", &["channels 64 and 128 must agree"]),
    ("mul()", "[64, 56, 56]; [64]", &["width 56 and 64 must agree", "`reshape([64, 1, 1])`"]),
    ("sub()", "[3]; [4]", &["length 3 and 4 must agree, or one of them be 1"]),
    ("sub()", "[3]; int 4 []", &["takes numbers, not class numbers"]),
    ("add()", "[100000, 1]; [1, 1000000]", &["more than 17179869184 elements"]),
    ("sum(axis = [0, 0])", "[3, 4]", &["axis 0 is given twice"]),
    ("sum(axis = [0, -2])", "[3, 4]", &["axis -2 is given twice"]),
    ("sum(axis = 5)", "[3, 4]", &["axis 5 is out of range"]),
    ("sum(axis = batch)", "[3, 4]", &["the batch is not an axis here", "only reductions inside `train`"]),
    ("sum(axis = batch, batch = true)", "fixed [3, 4]", &["the same for every sample"]),
    ("sum(axis = [])", "[3, 4]", &["`axis` must be an axis"]),
    ("mse()", "[1]; []", &["`mse` compares [1] with []", "`reshape([1])`"]),
    ("mse()", "[10]; [5]", &["`mse` compares [10] with [5]; the shapes must be equal"]),
    ("mse()", "[10]; int 10 []", &["takes numbers, not class numbers"]),
    ("binary_cross_entropy()", "[2]; [3]", &["compares [2] with [3]"]),
    (
        "cross_entropy()",
        "[10]; [10]",
        &["takes class numbers as labels, not numbers", "`cross_entropy_of(softmax(x), y)`", "int in 0..10"],
    ),
    ("cross_entropy()", "[10]; []", &["declare the target as class numbers"]),
    (
        "cross_entropy()",
        "[10]; int 10 [1]",
        &["scores [10] and labels [1] do not match", "`target label: int in 0..10;`"],
    ),
    ("cross_entropy()", "[3, 8, 8]; int 3 [8, 9]", &["do not match", "`target label: int[8, 8] in 0..3;`"]),
    ("cross_entropy()", "[5]; int 10 []", &["labels reach 9, but there are 5 scores"]),
    ("cross_entropy()", "[1]; int 1 []", &["of one class is always 0", "binary_cross_entropy_with_logits"]),
    ("cross_entropy()", "[]; int 1 []", &["not a single number"]),
    ("cross_entropy_of()", "[5]; int 5 []", &["takes one-hot targets", "`one_hot(label)`"]),
    ("nll()", "[5]; [5]", &["`nll` takes class numbers"]),
    ("metric accuracy()", "[5]; int 10 []", &["labels reach 9, but there are 5 scores"]),
    ("metric accuracy()", "[5]; [4]", &["compares [5] with [4]"]),
    ("metric accuracy()", "fixed [5]; int 5 []", &["needs one value per sample"]),
    ("metric mse()", "[5]; [4]", &["compares [5] with [4]"]),
];

fn refusals(call: &str, inputs: &str) -> Vec<Misuse> {
    match operator(call) {
        Err(problems) => problems,
        Ok(operator) => match operator.infer(&types(inputs)) {
            Err(problem) => vec![problem],
            Ok(signature) => panic!("{call} on {inputs} is accepted: {signature:?}"),
        },
    }
}

#[test]
fn misuse_is_explained() {
    for &(call, inputs, parts) in ROWS {
        let problems = refusals(call, inputs);
        let text: Vec<String> = problems
            .iter()
            .map(|problem| {
                let rest = [&problem.why, &problem.help].into_iter().flatten().map(String::as_str);
                [problem.message.as_str()].into_iter().chain(rest).collect::<Vec<_>>().join(" / ")
            })
            .collect();
        let text = text.join("\n");
        for part in parts {
            assert!(text.contains(part), "{call} on {inputs} says\n{text}\nwithout «{part}»");
        }
        for problem in &problems {
            assert!(problem.help.is_some(), "{call} on {inputs}: no help with «{}»", problem.message);
        }
    }
}

#[test]
fn all_wrong_arguments_are_reported_at_once() {
    let problems = operator("conv2d(0, kernel = 3, stride = 0, padd = 1)").expect_err("three mistakes");
    assert_eq!(problems.len(), 3, "{problems:?}");
    let given: Vec<Option<usize>> = problems.iter().map(|problem| problem.given).collect();
    assert_eq!(given, [Some(3), Some(0), Some(2)]);
}

#[test]
fn optimisers_refuse_rates_that_make_no_step() {
    for (call, parts) in [
        ("sgd(rate = 0)", ["`rate` must be positive, but is 0"].as_slice()),
        ("sgd(rate = -1)", &["`rate` must be positive, but is -1"]),
        ("sgd()", &["`sgd` needs the argument `rate`"]),
        ("sgd(lr = 0.1, momentum = 1)", &["`momentum` must be at least 0 and less than 1, but is 1"]),
        ("sgd(0.1, nesterov = true)", &["`nesterov` needs a momentum"]),
        ("sgd(0.1, weight_decay = -1, momentum = 2)", &["`momentum`", "`weight_decay` must be at least 0, but is -1"]),
        ("adam(learning_rate = 1)", &["netc says `rate`"]),
        ("adam(betas = [1, 0.9])", &["`betas` must be at least 0 and less than 1, but is 1"]),
        ("adam(betas = 0.9)", &["`betas` must be two numbers such as `[0.9, 0.999]`"]),
        ("adam(eps = 0)", &["`eps` must be positive"]),
    ] {
        let call_value = crate::call::call(call);
        let given: Vec<_> = call_value
            .arguments
            .into_iter()
            .map(|(name, value)| netc_compiler::op::declare::Given { name, value })
            .collect();
        let entry = optimizer::lookup(&call_value.name).expect("an optimiser");
        let problems = (entry.read)(&given).expect_err(call);
        let text = format!("{problems:?}");
        for part in parts {
            assert!(text.contains(part), "{call}: {text} without «{part}»");
        }
    }
}
