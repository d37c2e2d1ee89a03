//! One model with seven different mistakes, two of them of syntax: seven errors, each at its line with a hint.

use super::{assert_answers, case, check};

const MODEL: &str = r#"/// A classifier with seven mistakes.
network classifier(classes: int = 10) {
    input image: [1, 28, 28];
    let features = image -> conv2d(32, kernel = 3, pad = 1) -> relu -> max_pool(2)
    let deep = image -> conv2d(16, kernel = 3) -> relu -> linear(4);
    let small = image -> conv2d(8, kernel = 3, stride = 0);
    let left = image -> max_pool(2);
    let right = image -> max_pool(4);
    let both = concat(left, right, axis = channel);
    let hidden = imagee -> flatten -> dense(64) -> relu;
    let twice = ;
    output logits = image -> dense(classes);
}
"#;

#[test]
fn seven_mistakes_are_seven_errors() {
    let expected =
        &[("E0101", 4), ("E0202", 5), ("E0402", 6), ("E0301", 9), ("E0201", 10), ("E0102", 11), ("E0302", 12)];
    assert_answers(vec![case("seven mistakes", MODEL, expected)]);
}

#[test]
fn hints_say_what_to_write() {
    let (_, result) = check(MODEL);
    let errors = result.err().unwrap_or_default();
    let hints = [
        ("E0202", "netc says `dense`"),
        ("E0402", "positive integer"),
        ("E0201", "did you mean `image`?"),
        ("E0302", "write `flatten` before it, which gives [784]"),
    ];
    for (code, words) in hints {
        let help = errors.iter().find(|error| error.code == code).and_then(|error| error.help.clone());
        assert!(help.as_ref().is_some_and(|help| help.contains(words)), "{code}: {help:?}");
    }
    let concat = errors.iter().find(|error| error.code == "E0301").unwrap();
    assert_eq!(concat.labels.len(), 3, "the call and both producers");
    assert!(concat.labels.iter().any(|label| label.text.contains("[1, 14, 14]")));
    assert!(concat.labels.iter().any(|label| label.text.contains("[1, 7, 7]")));
}

#[test]
fn a_missing_semicolon_hides_nothing_else() {
    let text = "network model {\n    input x: [3, 8, 8]\n    let a = x -> conv2d(4, kernal = 3)\n    output y = x -> dense(2)\n}\n\
        train {\n    target t: [2]\n    loss = mse(y, u)\n    optimizer = sgd(rate = 0)\n}\n";
    let expected = &[
        ("E0101", 2),
        ("E0401", 3),
        ("E0101", 3),
        ("E0302", 4),
        ("E0101", 4),
        ("E0101", 7),
        ("E0201", 8),
        ("E0101", 8),
        ("E0402", 9),
        ("E0101", 9),
    ];
    assert_answers(vec![case("no semicolon anywhere", text, expected)]);
}

/// Nobody knows which words the arguments of an unknown operator have; a block's have none, also where it is broken.
#[test]
fn words_of_unknown_operators_are_not_judged() {
    let text = "network m {\n    input x: [3, 8, 8];\n\
        output y = x -> conv1d(4, kernel = 3, pad = same) -> relu(lost) -> conv1d(here, pad = same, stride = 1 + gone);\n}\n";
    let expected = &[("E0202", 3), ("E0201", 3), ("E0202", 3), ("E0201", 3), ("E0201", 3)];
    let broken = "block b(x width: int) {\n    return x;\n}\n\
        network m {\n    input x: [4];\n    output y = x -> b(width = wide);\n}\n";
    let of_broken = &[("E0106", 1), ("E0201", 6)];
    assert_answers(vec![case("unknown operator", text, expected), case("broken block", broken, of_broken)]);
}

/// What people write who come from PyTorch or Keras, and what they must read.
#[test]
fn habits_of_other_frameworks_are_answered() {
    let layer = |text: &str| format!("network m {{ input x: [1, 8, 8]; let f = x -> flatten; output y = {text}; }}");
    let train = |text: &str| {
        format!(
            "network m {{ input x: [4]; output y = x -> dense(2); }}
            train {{ target t: int in 0..2; loss = cross_entropy(y, t); optimizer = sgd(rate = 0.1); {text} }}"
        )
    };
    for (text, code, words) in [
        (layer("f -> Linear(64, 10)"), "E0202", "netc says `dense`"),
        (layer("x -> Conv1d(4, 3)"), "E0202", "`conv2d` does it on maps of height 1"),
        (layer("x -> max_pool_1d(2)"), "E0202", "`max_pool` does it on maps of height 1"),
        (layer("f -> dense(units = 64)"), "E0401", "netc says `features`"),
        (layer("f -> dense(64, activation = relu)"), "E0401", "an activation is a stage of its own: `-> relu`"),
        (layer("f -> dense(64, activation = \"relu\")"), "E0401", "an activation is a stage of its own: `-> relu`"),
        (layer("f -> dense(64, input_shape = [64])"), "E0401", "it follows from the value"),
        (layer("f -> dense(64, name = \"hidden\")"), "E0401", "`hidden: dense(64)`"),
        (layer("x -> conv2d(4, kernel_size = (3, 3))"), "E0402", "in brackets: `[3, 3]`"),
        (layer("x -> conv2d(4, kernel = 3, pad = sam)"), "E0201", "did you mean `same`?"),
        (layer("x -> conv2d(4, kernel = 3, pad = sam)").replace("let f", "let sum = x; let f"), "E0201", "`same`?"),
        (layer("x.view(64) -> dense(2)"), "E0202", "`x -> reshape(…)`"),
        (layer("x.relu()"), "E0202", "`x -> relu(…)`"),
        (layer("softmax(f, dim = 1)"), "E0401", "netc says `axis`"),
        (layer("x -> dense(10)"), "E0302", "write `flatten` before it"),
        (layer("f -> dense(2)").replace("[1, 8, 8]", "[-1, 1, 8, 8]"), "E0304", "without the batch"),
        (layer("f -> dense(2)").replace("let f", "for i in 0..3 { x } let f"), "E0109", "repeat stages in a chain"),
        (format!("# a comment\n{}", layer("f -> dense(2)")), "E0108", "comments start with `//`"),
        (
            format!("block unit(v, width) {{ return v -> dense(width); }} {}", layer("f -> unit(16)")),
            "E0402",
            "declare `width: int`",
        ),
        (train("metrics = [\"accuracy\"];"), "E0504", "without quotes, with what it compares: `accuracy(y, target)`"),
        (train("").replace("sgd(rate = 0.1)", "\"adam\""), "E0506", "without quotes: `adam(…)`"),
        (train("learning_rate = 0.1;"), "E0501", "the rate belongs to the optimiser"),
        (train("batch_size = 32;"), "E0501", "netc says `batch`"),
        (train("data = \"ok.csv\";"), "E0506", "write `csv(\"ok.csv\", x = …, t = …)`"),
        (train("validate = \"ok.CSV\";"), "E0506", "write `csv(\"ok.CSV\", x = …, t = …)`"),
        (train("data = \"x.npy\";"), "E0506", "write `npy(x = \"x.npy\", t = …)`"),
        (train("data = \"all.npz\";"), "E0506", "`npy(x = \"x.npy\", t = …)`"),
        (train("data = \"train-images-idx3-ubyte.gz\";"), "E0506", "`idx(x = \"train-images-idx3-ubyte.gz\", t = …)`"),
        (train("data = \"digits\";"), "E0506", "without quotes: `digits`"),
        (train("data = \"folder/\";"), "E0506", "`csv(\"table.csv\""),
        (train("schedule = cosine(warmup = 0 steps);"), "E0402", "give a length such as"),
        (train("stop = early(watch = val_loss);"), "E0402", "add `validate = 10%;`, or write `watch = train_loss`"),
        (train("stop = early;"), "E0402", "add `validate = 10%;`, or write `watch = train_loss`"),
        (train("stop = early(patience = 2); validate = 0;"), "E0402", "add `validate = 10%;`"),
        (train("stop = early(watch = lost);"), "E0402", "watch one of train_loss"),
        (train("stop = early(watch = val_los); validate = 10%;"), "E0402", "did you mean `val_loss`?"),
        (
            train("").replace("sgd(rate = 0.1)", "sgd(rate = 0.1, groups = group(d))"),
            "E0402",
            "give `group(label, rate = 1e-2)`, or a list of them",
        ),
    ] {
        let (sources, result) = check(&text);
        let errors = result.err().unwrap_or_default();
        let found = errors
            .iter()
            .find(|error| error.code == code && error.help.as_ref().is_some_and(|help| help.contains(words)));
        assert!(found.is_some(), "{text}\n{}", netc_grammar::render(&errors, &sources, false));
    }
}
