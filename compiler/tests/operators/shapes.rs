//! What operators infer: result types by PyTorch's formulas, and parameters in its order.

use crate::call::{operator, types};
use netc_compiler::op::ParamKind;

/// Call, inputs, results, parameters.
const ROWS: &[(&str, &str, &str, &str)] = &[
    ("dense(10)", "[128]", "[10]", "weight [10, 128], bias [10]"),
    ("dense(3, bias = false)", "[7, 5]", "[7, 3]", "weight [3, 5]"),
    ("dense(features = 3, trainable = false)", "[5]", "[3]", "frozen weight [3, 5], frozen bias [3]"),
    (
        "conv2d(64, kernel = 7, stride = 2, pad = 3, bias = false)",
        "[3, 224, 224]",
        "[64, 112, 112]",
        "weight [64, 3, 7, 7]",
    ),
    ("conv2d(8, kernel_size = 3, padding = 1)", "[4, 9, 9]", "[8, 9, 9]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 3, pad = same)", "[4, 9, 7]", "[8, 9, 7]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 4, pad = same)", "[4, 9, 7]", "[8, 9, 7]", "weight [8, 4, 4, 4], bias [8]"),
    ("conv2d(8, kernel = 3, pad = same, dilation = 3)", "[4, 9, 7]", "[8, 9, 7]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 3, stride = 2, pad = same_tf)", "[4, 9, 8]", "[8, 5, 4]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 1, stride = 4, pad = same_tf)", "[4, 9, 8]", "[8, 3, 2]", "weight [8, 4, 1, 1], bias [8]"),
    ("conv2d(8, kernel = 3, pad = valid)", "[4, 9, 8]", "[8, 7, 6]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 3, pad = [0, 1, 2, 3])", "[4, 9, 8]", "[8, 8, 11]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = 3, pad = [1, 2])", "[4, 9, 8]", "[8, 9, 10]", "weight [8, 4, 3, 3], bias [8]"),
    ("conv2d(8, kernel = [1, 3], stride = [2, 1])", "[4, 9, 8]", "[8, 5, 6]", "weight [8, 4, 1, 3], bias [8]"),
    ("conv2d(8, kernel = 3, groups = 4)", "[4, 9, 8]", "[8, 7, 6]", "weight [8, 1, 3, 3], bias [8]"),
    ("conv2d(2, kernel = 3)", "fixed [1, 5, 5]", "fixed [2, 3, 3]", "weight [2, 1, 3, 3], bias [2]"),
    ("conv_transpose2d(16, kernel = 2, stride = 2)", "[32, 7, 5]", "[16, 14, 10]", "weight [32, 16, 2, 2], bias [16]"),
    (
        "conv_transpose2d(16, kernel = 3, stride = 2, pad = 1, output_pad = 1)",
        "[32, 7, 5]",
        "[16, 14, 10]",
        "weight [32, 16, 3, 3], bias [16]",
    ),
    (
        "conv_transpose2d(16, kernel = 3, dilation = 2, groups = 2, bias = false)",
        "[32, 7, 5]",
        "[16, 11, 9]",
        "weight [32, 8, 3, 3]",
    ),
    (
        "conv_transpose2d(4, kernel = 3, stride = 3, pad = [0, 1, 1, 0], output_padding = [2, 0])",
        "[2, 4, 4]",
        "[4, 13, 11]",
        "weight [2, 4, 3, 3], bias [4]",
    ),
    ("max_pool(2)", "[4, 9, 8]", "[4, 4, 4]", ""),
    ("max_pool(2, ceil = true)", "[4, 9, 8]", "[4, 5, 4]", ""),
    ("max_pool(3, stride = 2, pad = 1)", "[4, 112, 112]", "[4, 56, 56]", ""),
    ("max_pool(3, stride = 2, pad = [0, 1, 0, 1])", "[4, 112, 112]", "[4, 56, 56]", ""),
    ("max_pool(1, stride = 2)", "[4, 56, 56]", "[4, 28, 28]", ""),
    // As in PyTorch a window that starts behind the map and its first border is dropped.
    ("max_pool(2, stride = 3, pad = 1, ceil = true)", "[4, 4, 7]", "[4, 2, 3]", ""),
    ("max_pool(2, stride = 1, dilation = 3)", "[4, 9, 8]", "[4, 6, 5]", ""),
    ("avg_pool(7)", "[512, 7, 7]", "[512, 1, 1]", ""),
    ("avg_pool(3, stride = 2, ceil_mode = true, count_include_pad = false)", "[4, 8, 9]", "[4, 4, 4]", ""),
    ("global_avg_pool()", "[512, 7, 7]", "[512, 1, 1]", ""),
    ("global_avg_pool()", "[5, 12]", "[5, 1]", ""),
    ("upsample(2)", "[4, 3, 5]", "[4, 6, 10]", ""),
    ("upsample(scale_factor = [3, 1], mode = nearest)", "[4, 3, 5]", "[4, 9, 5]", ""),
    ("flatten()", "[512, 7, 7]", "[25088]", ""),
    ("flatten()", "[]", "[1]", ""),
    ("flatten()", "int 5 [2, 3]", "int 5 [6]", ""),
    ("reshape([4, -1])", "[2, 3, 4]", "[4, 6]", ""),
    ("reshape(24)", "[2, 3, 4]", "[24]", ""),
    ("reshape([])", "[1]", "[]", ""),
    ("slice(1, 3, axis = channel)", "[4, 5, 6]", "[2, 5, 6]", ""),
    ("slice(start = -2, axis = -1)", "[4, 5, 6]", "[4, 5, 2]", ""),
    ("slice(1, -1, axis = height, step = 2)", "[4, 6, 6]", "[4, 2, 6]", ""),
    ("slice(end = 2)", "[4]", "[2]", ""),
    ("split(3, axis = -1)", "[4, 6]", "[4, 2]; [4, 2]; [4, 2]", ""),
    ("split([1, 5])", "[6]", "[1]; [5]", ""),
    ("pad(1)", "[3, 4, 5]", "[3, 6, 7]", ""),
    ("pad([1, 2])", "[3, 4, 5]", "[3, 6, 9]", ""),
    ("pad([1, 2, 0, 3], value = -1)", "[3, 4, 5]", "[3, 7, 8]", ""),
    ("pad([0, 64], axis = channel)", "[64, 4, 5]", "[128, 4, 5]", ""),
    ("pad(2)", "[5]", "[9]", ""),
    ("concat(axis = channel)", "[3, 4, 5]; [2, 4, 5]; [1, 4, 5]", "[6, 4, 5]", ""),
    ("concat()", "[3]; fixed [4]", "[7]", ""),
    ("one_hot()", "int 10 []", "[10]", ""),
    ("one_hot(12)", "int 10 [128]", "[128, 12]", ""),
    ("one_hot(axis = channel)", "int 3 [4, 5]", "[3, 4, 5]", ""),
    ("identity()", "int 3 [4, 5]", "int 3 [4, 5]", ""),
    ("detach()", "[4]", "[4]", ""),
    ("relu()", "[3, 4, 5]", "[3, 4, 5]", ""),
    ("leaky_relu(negative_slope = 0.2)", "fixed [3]", "fixed [3]", ""),
    ("gelu(form = tanh)", "[3]", "[3]", ""),
    ("softmax()", "[10]", "[10]", ""),
    ("softmax(axis = channel)", "[10, 4, 4]", "[10, 4, 4]", ""),
    ("log_softmax(axis = -1)", "[10, 4]", "[10, 4]", ""),
    ("batch_norm()", "[8, 4, 4]", "[8, 4, 4]", "weight [8], bias [8], buffer running_mean [8], buffer running_var [8]"),
    ("batch_norm(affine = false)", "[8]", "[8]", "buffer running_mean [8], buffer running_var [8]"),
    ("layer_norm()", "[8]", "[8]", "weight [8], bias [8]"),
    ("layer_norm()", "[5, 8]", "[5, 8]", "weight [8], bias [8]"),
    ("layer_norm(bias = false)", "[5, 8]", "[5, 8]", "weight [8]"),
    ("layer_norm(axis = 0)", "[3, 4, 5]", "[3, 4, 5]", "weight [3, 4, 5], bias [3, 4, 5]"),
    ("layer_norm(axis = width, elementwise_affine = false)", "[3, 4, 5]", "[3, 4, 5]", ""),
    ("attention()", "[5, 8]; [7, 8]; [7, 6]", "[5, 6]", ""),
    ("attention(num_heads = 2, is_causal = true)", "[5, 8]; [5, 8]; [5, 8]", "[5, 8]", ""),
    ("attention()", "[2, 5, 8]; [2, 7, 8]; [2, 7, 6]", "[2, 5, 6]", ""),
    (
        "multi_head_attention(heads = 4)",
        "[5, 8]",
        "[5, 8]",
        "in_proj_weight [24, 8], in_proj_bias [24], out_proj.weight [8, 8], out_proj.bias [8]",
    ),
    (
        "multi_head_attention(heads = 2, bias = false)",
        "[5, 8]; [7, 8]",
        "[5, 8]",
        "in_proj_weight [24, 8], out_proj.weight [8, 8]",
    ),
    ("standardize()", "[30]", "[30]", "buffer mean [30], buffer deviation [30]"),
    ("standardize()", "[3, 4, 4]", "[3, 4, 4]", "buffer mean [3], buffer deviation [3]"),
    ("dropout(0.5)", "[9]", "[9]", ""),
    ("dropout(p = 0)", "[9]", "[9]", ""),
    ("add()", "[3, 4, 5]; [3, 1, 1]", "[3, 4, 5]", ""),
    ("sub()", "[3, 1]; [1, 4]", "[3, 4]", ""),
    ("mul()", "[3, 4]; fixed []", "[3, 4]", ""),
    ("div()", "fixed [3, 4]; fixed [4]", "fixed [3, 4]", ""),
    ("mul()", "fixed [3, 4]; []", "[3, 4]", ""),
    ("pow(2)", "fixed [3]", "fixed [3]", ""),
    ("sum()", "[3, 4]", "[]", ""),
    ("sum(batch = true)", "[3, 4]", "fixed []", ""),
    ("sum(batch = true)", "fixed [3, 4]", "fixed []", ""),
    ("sum(axis = batch, batch = true)", "[3, 4]", "fixed [3, 4]", ""),
    ("mean(axis = [width, height])", "[3, 4, 5]", "[3]", ""),
    ("mean(axis = -1, batch = true)", "[3, 4]", "[3]", ""),
    ("max(axis = 0, keep = true)", "[3, 4]", "[1, 4]", ""),
    ("mse()", "[3]; [3]", "fixed []", ""),
    ("mae()", "[3, 4]; fixed [3, 4]", "fixed []", ""),
    ("binary_cross_entropy()", "[1]; [1]", "fixed []", ""),
    ("binary_cross_entropy_with_logits()", "[1]; [1]", "fixed []", ""),
    ("cross_entropy()", "[10]; int 10 []", "fixed []", ""),
    ("cross_entropy()", "[3, 8, 9]; int 2 [8, 9]", "fixed []", ""),
    ("cross_entropy_of()", "[3]; [3]", "fixed []", ""),
    ("nll()", "[3]; int 3 []", "fixed []", ""),
    ("metric accuracy()", "[10]; int 10 []", "fixed []", ""),
    ("metric accuracy()", "[2, 8, 8]; int 2 [8, 8]", "fixed []", ""),
    ("metric accuracy()", "[1]; [1]", "fixed []", ""),
    ("metric accuracy()", "[1]; int 2 []", "fixed []", ""),
    ("metric accuracy()", "[5]; [5]", "fixed []", ""),
    ("metric binary_accuracy(threshold = 0.3)", "[3]; [3]", "fixed []", ""),
    ("metric mse()", "[3]; [3]", "fixed []", ""),
    ("metric mae()", "[3]; [3]", "fixed []", ""),
];

#[test]
fn results_and_parameters_have_pytorchs_shapes() {
    for &(call, inputs, results, params) in ROWS {
        let operator = operator(call).unwrap_or_else(|problems| panic!("{call}: {problems:?}"));
        let signature =
            operator.infer(&types(inputs)).unwrap_or_else(|problem| panic!("{call} on {inputs}: {problem:?}"));
        assert_eq!(signature.outputs, types(results), "{call} on {inputs}");
        let shown: Vec<String> = signature
            .params
            .iter()
            .map(|param| {
                let kind = match param.kind {
                    ParamKind::Trainable => "",
                    ParamKind::Frozen => "frozen ",
                    ParamKind::Buffer => "buffer ",
                };
                format!("{kind}{} {:?}", param.name, param.shape)
            })
            .collect();
        assert_eq!(shown.join(", "), params, "{call} on {inputs}");
    }
}

#[test]
fn metrics_know_what_a_sample_counts() {
    for (name, inputs, count) in [
        ("accuracy", "[10]; int 10 []", 1),
        ("accuracy", "[2, 8, 9]; int 2 [8, 9]", 72),
        ("accuracy", "[1]; [1]", 1),
        ("accuracy", "[5, 4]; [5, 4]", 4),
        ("binary_accuracy", "[3]; [3]", 3),
        ("mse", "[3, 2]; [3, 2]", 6),
        ("mae", "[1]; [1]", 1),
    ] {
        let metric = netc_compiler::ops::metric::lookup(name).expect("a metric");
        assert_eq!((metric.count_per_sample)(&types(inputs)), count, "{name} of {inputs}");
    }
}

#[test]
fn arguments_are_shown_as_they_are_written() {
    for (call, shown) in [
        (
            "conv2d(8, kernel = [3, 3], pad = [1, 1, 2, 2])",
            "channels = 8, kernel = 3, stride = 1, pad = [1, 2], dilation = 1, groups = 1, bias = true, init = none, weight = none, trainable = true",
        ),
        ("max_pool(2)", "kernel = 2, stride = none, pad = 0, dilation = 1, ceil = false"),
        ("softmax(axis = channel)", "axis = channel"),
        (
            "dense(1, weight = [[3, -2]], bias = [1])",
            "features = 1, bias = given, init = none, weight = given, trainable = true",
        ),
        ("gelu(approximate = tanh)", "form = tanh"),
    ] {
        let operator = operator(call).expect("legal arguments");
        let arguments: Vec<String> =
            operator.arguments().iter().map(|(name, value)| format!("{name} = {value}")).collect();
        assert_eq!(arguments.join(", "), shown, "{call}");
    }
}
