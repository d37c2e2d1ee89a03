//! What a text means: names, recursion, loops, outputs, recipes.

use super::{assert_answers, assert_passes, case, check, network};

#[test]
fn names_are_answered() {
    assert_answers(vec![
        case("duplicate", network("input x: [3];\nlet x = 4;\noutput y = x -> dense(2);"), &[("E0203", 3)]),
        case("unknown", network("input x: [3];\noutput y = z -> dense(2);"), &[("E0201", 3)]),
        case("too early", network("input x: [3];\noutput y = z;\nlet z = x -> dense(2);"), &[("E0204", 3)]),
        case(
            "gone with its braces",
            network("input x: [3];\nlet a = if true { let b = x; b } else { x };\noutput y = b + a;"),
            &[("E0204", 4)],
        ),
        case(
            "a label is no value",
            network("input x: [3];\nlet a = x -> fc: dense(2);\noutput y = a + fc;"),
            &[("E0201", 4)],
        ),
        case(
            "an operator again",
            format!("block relu(x) {{ return x; }}\n{}", network("input x: [3];\noutput y = x -> relu;")),
            &[("E0205", 1)],
        ),
        case("no output", network("input x: [3];"), &[("E0208", 1)]),
        case("two networks", format!("{0}{0}", network("input x: [3];\noutput y = x;")), &[("E0203", 5)]),
        case(
            "a network called",
            format!(
                "{}network b {{\ninput x: [3];\noutput y = x -> model;\n}}",
                network("input x: [3];\noutput y = x -> dense(2);")
            ),
            &[("E0207", 5), ("E0202", 7)],
        ),
        case(
            "not taken, but checked",
            network("input x: [3];\noutput y = if true { x } else { nothing };"),
            &[("E0201", 3)],
        ),
        case(
            "not called, but checked",
            format!("block b(x) {{ return q; }}\n{}", network("input x: [3];\noutput y = x -> dense(2);")),
            &[("E0201", 1)],
        ),
        case(
            "import without files",
            "import \"../../etc/passwd\";\nnetwork m { input x: [3]; output y = x -> dense(2); }",
            &[("E0209", 1)],
        ),
        case(
            "unknown parameter",
            network("input x: [3];\nlet a = x -> fc: dense(3);\noutput y = a * fc.wieght;"),
            &[("E0213", 4)],
        ),
        case(
            "a path twice",
            network("input x: [3];\noutput y = x -> fc: dense(3) -> relu -> fc: dense(3);"),
            &[("E0206", 3)],
        ),
    ]);
}

#[test]
fn an_unused_input_is_a_warning() {
    let (sources, result) = check(&network("input x: [3];\ninput z: [3];\noutput y = x -> dense(2);"));
    let warnings = result.ok().map(|checked| checked.warnings).unwrap_or_default();
    let [unused] = warnings.as_slice() else { panic!("{}", netc_grammar::render(&warnings, &sources, false)) };
    let place = unused.span().and_then(|span| Some(sources.get(span.file)?.position(span.start).line));
    assert_eq!((unused.code, place), ("W0202", Some(3)));
    assert!(unused.help.is_some());
}

#[test]
fn nothing_runs_away() {
    let model =
        |block: &str, call: &str| format!("{block}\n{}", network(&format!("input x: [4];\noutput y = x -> {call};")));
    assert_answers(vec![
        case("recursion without end", model("block b(x) { return x -> relu -> b; }", "b"), &[("E0211", 1)]),
        case(
            "recursion in two blocks",
            model("block a(x) { return x -> b; } block b(x) { return x -> a; }", "a"),
            &[("E0211", 1)],
        ),
        case(
            "doubling blocks",
            model("block b(x, n: int) { if n == 0 { return x; } return x -> relu -> b(n - 1) -> b(n - 1); }", "b(40)"),
            &[("E0212", 1)],
        ),
        case(
            "doubling blocks without layers",
            model("block b(x, n: int) { if n == 0 { return x; } return b(b(x, n - 1), n - 1); }", "b(60)"),
            &[("E0212", 1)],
        ),
        case(
            "a long loop",
            network("input x: [4];\noutput y = x -> for i in 0..1_000_000_000_000 { relu };"),
            &[("E0212", 3)],
        ),
        case(
            "a long empty loop",
            network("input x: [4];\nlet n = for i in 0..9_000_000_000 { i };\noutput y = x -> dense(len(n));"),
            &[("E0212", 3)],
        ),
        case(
            "doubling lists",
            network(&format!(
                "input x: [4];\nlet l0 = [1, 2];\n{}\noutput y = x -> dense(len(l40));",
                (1..=40).map(|i| format!("let l{i} = [l{0}, l{0}];", i - 1)).collect::<Vec<_>>().join(" ")
            )),
            &[("E0406", 4)],
        ),
        case(
            "a condition that failed ends no recursion",
            model("block b(x, n: int) { if n == missing { return x; } return x -> b(n - 1); }", "b(4)"),
            &[("E0201", 1)],
        ),
        case(
            "integers overflow",
            network(
                "input x: [4];\nlet n = 9_000_000_000_000_000_000 + 9_000_000_000_000_000_000;\noutput y = x -> dense(n);",
            ),
            &[("E0406", 3)],
        ),
        case("inexact division", network("input x: [5];\noutput y = x -> dense(x.channels / 2);"), &[("E0406", 3)]),
    ]);
    let deep = "block b(x, n: int) { if n == 0 { return x; } return x -> relu -> dense(4) -> b(n - 1); }";
    assert_eq!(assert_passes("the deepest recursion", &model(deep, "b(120)")).layers.len(), 240);
    let nested = format!("{}x{}", "(x + ".repeat(200), ")".repeat(200));
    assert_passes("nested brackets", &network(&format!("input x: [4];\noutput y = {nested};")));
    let call = format!(
        "block b(x, n: int) {{ if n == 0 {{ return x; }} return {}b(x, n - 1){}; }}",
        "(x + ".repeat(100),
        ")".repeat(100)
    );
    assert_answers(vec![case("deep calls in deep brackets", model(&call, "b(100)"), &[("E0211", 1)])]);
}

#[test]
fn recipes_are_answered() {
    let recipe = |lines: &str| {
        format!("{}train model {{\n{lines}\n}}\n", network("input x: [3];\noutput y = x -> fc: dense(1);"))
    };
    assert_answers(vec![
        case("no loss", recipe("optimizer = sgd(rate = 0.1);"), &[("E0502", 5)]),
        case("the loss is no tensor", recipe("loss = 3;\noptimizer = sgd(rate = 0.1);"), &[("E0504", 6)]),
        case(
            "the loss is not one number",
            recipe("target t: [1];\nloss = y - t;\noptimizer = sgd(rate = 0.1);"),
            &[("E0504", 7)],
        ),
        case(
            "a loss on values of the wrong kind",
            recipe("target t: int in 0..2;\nloss = mse(y, t);\noptimizer = sgd(rate = 0.1);"),
            &[("E0301", 7)],
        ),
        case(
            "learning rate 0",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgd(rate = 0);"),
            &[("E0402", 8)],
        ),
        case(
            "learning rate −1",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = adam(rate = -1);"),
            &[("E0402", 8)],
        ),
        case(
            "learning rate NaN",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgd(rate = nan);"),
            &[("E0402", 8)],
        ),
        case(
            "unknown optimiser",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgdd(rate = 1);"),
            &[("E0506", 8)],
        ),
        case(
            "nothing learns from detached values",
            recipe("target t: [1];\nloss = mse(detach(y), t);\noptimizer = sgd(rate = 0.1);"),
            &[("E0505", 3)],
        ),
        case(
            "an assertion on nothing",
            format!("{}check {{ parms == 4; }}", network("input x: [3];\noutput y = x -> dense(1);")),
            &[("E0507", 5)],
        ),
        case(
            "batch 0",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgd(rate = 0.1);\nbatch = 0;"),
            &[("E0506", 9)],
        ),
        case(
            "a rate of 0, and nothing to watch",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgd(rate = 0);\nstop = early(watch = val_loss);"),
            &[("E0402", 8), ("E0402", 9)],
        ),
        case(
            "validate all",
            recipe("target t: [1];\nloss = mse(y, t);\noptimizer = sgd(rate = 0.1);\nvalidate = 100%;"),
            &[("E0506", 9)],
        ),
    ]);
}

#[test]
fn numbers_of_a_recipe_are_named_in_its_words() {
    let head = network("input x: [3];\noutput y = x -> fc: dense(1);");
    let recipe = |setting: &str| {
        format!("{head}train model {{\ntarget t: [1]; loss = mse(y, t); optimizer = sgd(rate = 0.1);\n{setting}\n}}\n")
    };
    for (setting, message) in [
        ("schedule = cosine(warmup = 0 steps);", "`warmup` must be more than 0, but is `0 steps`"),
        ("schedule = step(every = 0 epochs);", "`every` must be more than 0, but is `0 epochs`"),
        ("schedule = step(every = 0);", "`every` must be more than 0, but is `0`"),
        (
            "schedule = cosine(warmup = 1.5);",
            "`warmup` must be a length such as `3 epochs` or `500 steps`, not a number `1.5`",
        ),
        (
            "stop = early(watch = val_loss);",
            "`val_loss` is measured on samples for validation, and this recipe has none",
        ),
    ] {
        let errors = check(&recipe(setting)).1.err().unwrap_or_default();
        assert_eq!(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(), [message], "{setting}");
    }
    for setting in ["stop = early(watch = train_loss);", "stop = early; validate = last(20%);"] {
        assert_passes(setting, &recipe(setting));
    }
}

#[test]
fn groups_starts_and_samples_are_answered() {
    let recipe = |lines: &str| {
        let body = "input x: [3];\noutput y = x -> enc: { dense(4) -> relu } -> head: dense(1);";
        format!("{}train model {{\ntarget t: [1]; loss = mse(y, t);\n{lines}\n}}\n", network(body))
    };
    let sgd = |arguments: &str| recipe(&format!("optimizer = sgd(0.1, {arguments});"));
    let start = |arguments: &str| recipe(&format!("optimizer = sgd(0.1); start = {arguments};"));
    let param = |ty: &str, start: &str| {
        network(&format!("input x: [3];\ninput c: int in 0..4;\nparam p: {ty} = {start};\noutput y = sum(x * p);"))
    };
    assert_answers(vec![
        case("an unknown label", sgd("groups = [group(hed, rate = 1)]"), &[("E0508", 7)]),
        case("a group of nothing", sgd("groups = [group(rate = 1)]"), &[("E0402", 7)]),
        case("a group that changes nothing", sgd("groups = [group(head)]"), &[("E0402", 7)]),
        case("no group", sgd("groups = [head]"), &[("E0402", 7)]),
        case("an unknown argument in a group", sgd("groups = [group(head, rte = 1)]"), &[("E0401", 7)]),
        case("a rate of 0 in a group", sgd("groups = [group(head, rate = 0)]"), &[("E0402", 7)]),
        case("in two groups", sgd("groups = [group(head, rate = 1), group(\"head.bias\", rate = 2)]"), &[("E0508", 7)]),
        case(
            "a frozen group",
            recipe("freeze = [head]; optimizer = sgd(0.1, groups = [group(head, rate = 1)]);"),
            &[("E0508", 7)],
        ),
        case("another kind of decay", sgd("decay = bias"), &[("E0402", 7)]),
        case("a misspelt argument of all", sgd("group = [group(head, rate = 1)]"), &[("E0401", 7)]),
        case("no weights file", start("onnx(\"a\")"), &[("E0506", 7)]),
        case("no path", start("safetensors(into = enc)"), &[("E0506", 7)]),
        case("an unknown part", start("safetensors(\"a\", into = encoder)"), &[("E0508", 7)]),
        case("a map that is none", start("safetensors(\"a\", map = enc)"), &[("E0506", 7)]),
        case("a star on one side", start("safetensors(\"a\", map = { \"a.*\": \"enc\" })"), &[("E0506", 7)]),
        case(
            "a name twice in a map",
            start("safetensors(\"a\", map = { \"a\": \"b\",\n\"a\": \"c\" })"),
            &[("E0506", 8)],
        ),
        case("an unknown argument of start", start("safetensors(\"a\", strict = false)"), &[("E0506", 7)]),
        case("freezing nothing", recipe("optimizer = sgd(0.1); freeze = [encoder];"), &[("E0508", 7)]),
        case("rows of another shape", param("[4, 2]", "sample(data)"), &[("E0402", 4)]),
        case("rows of a named value of another shape", param("[4, 2]", "sample(x)"), &[("E0402", 4)]),
        case("rows of classes", param("[4, 1]", "sample(c)"), &[("E0402", 4)]),
        case("rows of what is unknown", param("[4, 3]", "sample(z)"), &[("E0201", 4)]),
        case("rows of a number", param("[4, 3]", "sample(7)"), &[("E0402", 4)]),
    ]);
}
