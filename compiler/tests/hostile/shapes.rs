//! Shapes and arguments of operators.

use super::{assert_answers, assert_passes, case, network};

/// A stage on an image of 3×8×8 in line 3.
fn on_image(stage: &str) -> String {
    network(&format!("input x: [3, 8, 8];\noutput y = x -> {stage};"))
}

#[test]
fn shapes_are_answered() {
    assert_answers(vec![
        case(
            "a product beyond 2³⁴",
            network("input x: [1099511627776, 1099511627776];\noutput y = x;"),
            &[("E0304", 2)],
        ),
        case("no elements", network("input x: [0];\noutput y = x;"), &[("E0304", 2)]),
        case("negative", network("input x: [-3];\noutput y = x;"), &[("E0304", 2)]),
        case("rank 9", network("input x: [1, 1, 1, 1, 1, 1, 1, 1, 1];\noutput y = x;"), &[("E0304", 2)]),
        case(
            "a product that wraps to 0",
            network("input x: [2147483647, 2147483647, 2147483647];\noutput y = x;"),
            &[("E0304", 2)],
        ),
        case(
            "a result beyond 2³⁴",
            network("input x: [2147483647];\noutput y = x -> dense(2147483647);"),
            &[("E0302", 3)],
        ),
        case("different shapes", network("input a: [3];\ninput b: [4];\noutput y = a + b;"), &[("E0301", 4)]),
        case(
            "a convolution of a vector",
            network("input x: [8];\noutput y = x -> conv2d(4, kernel = 3);"),
            &[("E0302", 3)],
        ),
        case("a dense layer on a map", on_image("dense(4)"), &[("E0302", 3)]),
        case("several results", on_image("split(3, axis = channel) -> relu"), &[("E0303", 3)]),
        case("reshape to another count", on_image("reshape([5, 5])"), &[("E0402", 3)]),
        case("samples are not mixed", network("input x: [3];\noutput y = mse(x, x);"), &[("E0301", 3)]),
        case(
            "class numbers are no numbers",
            network("input x: int[4] in 0..5;\noutput y = x -> dense(3);"),
            &[("E0302", 3)],
        ),
        case("a map on a sequence", network("input x: [4, 3];\noutput y = x -> max_pool(2);"), &[("E0302", 3)]),
    ]);
}

#[test]
fn arguments_are_answered() {
    assert_answers(vec![
        case("stride 0", on_image("conv2d(4, kernel = 3, stride = 0)"), &[("E0402", 3)]),
        case("dilation 0", on_image("conv2d(4, kernel = 3, dilation = 0)"), &[("E0402", 3)]),
        case("kernel 0", on_image("conv2d(4, kernel = 0)"), &[("E0402", 3)]),
        case("groups 0", on_image("conv2d(4, kernel = 3, groups = 0)"), &[("E0402", 3)]),
        case("units 0", network("input x: [3];\noutput y = x -> dense(0);"), &[("E0402", 3)]),
        case("negative padding", on_image("conv2d(4, kernel = 3, pad = -1)"), &[("E0402", 3)]),
        case("a kernel larger than its input", on_image("conv2d(4, kernel = 9)"), &[("E0402", 3)]),
        case("groups that do not divide", on_image("conv2d(4, kernel = 3, groups = 2)"), &[("E0402", 3)]),
        case(
            "heads that do not divide",
            network("input x: [5, 8];\noutput y = x -> multi_head_attention(heads = 3);"),
            &[("E0402", 3)],
        ),
        case("an axis out of range", on_image("softmax(axis = 3)"), &[("E0402", 3)]),
        case(
            "an axis that is not named",
            network("input x: [4];\noutput y = x -> softmax(axis = height);"),
            &[("E0402", 3)],
        ),
        case("dropout 1.5", on_image("dropout(1.5)"), &[("E0402", 3)]),
        case("a word as a number", on_image("conv2d(same, kernel = 3)"), &[("E0201", 3)]),
        case("same with a stride", on_image("conv2d(4, kernel = 3, stride = 2, pad = same)"), &[("E0402", 3)]),
        case("too many arguments", on_image("relu(3)"), &[("E0401", 3)]),
        case(
            "given weights of another shape",
            network("input x: [3];\noutput y = x -> dense(1, weight = [[1, 2]]);"),
            &[("E0402", 3)],
        ),
        case("other frameworks' words", on_image("softmax(dim = 1)"), &[("E0401", 3)]),
        case("two faults of one call", on_image("conv2d(4, kernel = 0, stride = 0)"), &[("E0402", 3), ("E0402", 3)]),
    ]);
}

#[test]
fn many_large_layers_pass_with_their_size() {
    // 64 layers of 2³⁴ parameters each, about 10¹², of which none passes a limit alone.
    let text =
        network("input x: [131072];\noutput y = x -> body: for i in 0..64 { dense(131072, bias = false) -> relu };");
    assert_eq!(assert_passes("10¹² parameters", &text).total.params, 64 << 34);
}
