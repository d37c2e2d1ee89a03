//! The text itself: bytes, brackets, sizes, names.

use super::{assert_answers, assert_passes, case, network};

#[test]
fn texts_are_answered_whatever_they_hold() {
    assert_answers(vec![
        case("empty file", "", &[("E0207", 1)]),
        case("only comments", "// nothing\n/* here */\n", &[("E0207", 1)]),
        case("NUL", network("input x: [3];\noutput y = x\0 -> dense(2);"), &[("E0003", 3)]),
        case("control character", network("input x: [3];\nlet a\u{7} = x;\noutput y = a;"), &[("E0003", 3)]),
        case("unclosed brace", "network model {\n    input x: [3];\n", &[("E0006", 1)]),
        case("unclosed string", "import \"blocks.net;\n", &[("E0008", 1)]),
        case("unclosed comment", "/* a\n/* b */\nnetwork model {", &[("E0009", 1)]),
        case("bidirectional override", network("input x: [3];\noutput y\u{202e} = x -> dense(2);"), &[("E0004", 3)]),
        case("integer beyond 64 bits", network("input x: [99999999999999999999];\noutput y = x;"), &[("E0110", 2)]),
        case("float beyond f64", network("input x: [3];\noutput y = x * 1e999;"), &[("E0110", 3)]),
        case("keyword as a name", network("input x: [3];\nlet if = x;\noutput y = x -> dense(2);"), &[("E0104", 3)]),
        case(
            "two errors",
            network("input x: [3];\nlet a = x -> dens(2);\nlet b = x -> dense(two);\noutput y = a + b;"),
            &[("E0202", 3), ("E0201", 4)],
        ),
        case(
            "a default without a type",
            "network model(width = 3) {\ninput x: [3];\noutput y = x -> dense(width);\n}\n",
            &[("E0119", 1)],
        ),
        case(
            "misspelt argument",
            network("input x: [1, 8, 8];\noutput y = x -> conv2d(4, kernel = 3, stide = 1);"),
            &[("E0401", 3)],
        ),
    ]);
}

/// What nests too deep is left out of the tree; nothing is said about the rest, before it, around it or elsewhere.
#[test]
fn brackets_too_deep_are_the_only_error() {
    let deep = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(300), close.repeat(300));
    let number = deep("(", "1", ")");
    let recipe = format!(
        "{}train {{ target t: [3]; loss = mse(y, {}); optimizer = sgd({number}); batch = {number}; }}",
        network("input x: [3];\noutput y = x -> dense(3);"),
        deep("(", "t", ")")
    );
    assert_answers(vec![
        case("too deep", network(&format!("input x: [3];\noutput y = {};", deep("(", "x", ")"))), &[("E0010", 3)]),
        case(
            "too deep",
            network(&format!("input x: [3];\noutput y = {};", deep("(\n", "x", "\n)"))).replace("(\n", "("),
            &[("E0010", 3)],
        ),
        case(
            "too deep",
            network(&format!("let a = {number}; let b = {number};\ninput x: [3]; output y = x -> dense(a + b);")),
            &[("E0010", 2)],
        ),
        case("too deep", network(&format!("input x: [3];\n{}", deep("{", "x", "}"))), &[("E0010", 3)]),
        case("too deep", network(&format!("input x: [3];\noutput y = {};", deep("{", "x", "}"))), &[("E0010", 3)]),
        case("too deep", network(&format!("input x: [3];\noutput y = {};", deep("relu(", "x", ")"))), &[("E0010", 3)]),
        case(
            "too deep",
            network(&format!("input x: [3];\nlet a = {};\noutput y = x -> dense(a);", deep("max(1, ", "1", ")"))),
            &[("E0010", 3)],
        ),
        case(
            "too deep",
            network(&format!("input x: [3];\noutput y = x -> {};", deep("relu -> {", "relu", "}"))),
            &[("E0010", 3)],
        ),
        case("too deep", recipe, &[("E0010", 5)]),
    ]);
}

#[test]
fn large_texts_are_answered_soon() {
    let nested = "(".repeat(10_000);
    let names = "a".repeat(1 << 20);
    assert_answers(vec![
        case("nested parentheses", network(&format!("input x: [3];\noutput y = {nested};")), &[("E0010", 3)]),
        case(
            "a name of a megabyte",
            network(&format!("input x: [3];\nlet {names} = x;\noutput y = x -> dense(2);")),
            &[("E0011", 3)],
        ),
    ]);
    let signs = "-".repeat(1_000_000);
    let text = network(&format!("input x: [3];\nlet n = {signs}4;\noutput y = x -> dense(n);"));
    assert_eq!(assert_passes("a million signs", &text).outputs[0].1.dims(), [4]);
    let text = network(&format!("input x: [3];\noutput y = {signs}x;"));
    assert_eq!(assert_passes("a million signs of a tensor", &text).layers.len(), 0);
    let sum = " + x".repeat(100_000);
    assert_eq!(
        assert_passes("a long sum", &network(&format!("input x: [3];\noutput y = x{sum};"))).layers.len(),
        100_000
    );
}

#[test]
fn text_of_other_systems_is_read() {
    let text = network("input x: [3];\noutput y = x -> dense(2);");
    assert_passes("line ends of Windows", &text.replace('\n', "\r\n"));
    assert_passes(
        "names that Rust reserves",
        &network("input fn: [3];\nlet impl = fn -> match: dense(2);\noutput self_ = impl;"),
    );
}
