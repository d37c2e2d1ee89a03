//! The formatter: what it makes of sloppy text, and that it changes neither tree nor comments and
//! does nothing the second time.
use netc_grammar::{Source, format, parse};

mod generator;

fn formatted(text: &str) -> String {
    format(&Source::main("test.net", text)).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"))
}

/// Checks what a text becomes, and all promises of the formatter on it.
fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected, "{text}");
    keeps_promises(text);
}

fn keeps_promises(text: &str) {
    let once = formatted(text);
    let twice = formatted(&once);
    assert_eq!(twice, once, "not idempotent:\n{text}");
    let source = Source::main("test.net", text);
    let (before, after) = (parse(&source), parse(&Source::main("test.net", once.as_str())));
    assert_eq!(after.ast.outline(), before.ast.outline(), "another tree:\n{text}\n{once}");
    let comments = |text: &str| {
        let source = Source::main("test.net", text);
        let comments = parse(&source).comments;
        comments.iter().map(|comment| source.slice(comment.span).trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(comments(&once), comments(&text.replace("\r\n", "\n")), "other comments:\n{text}\n{once}");
    assert!(once.lines().all(|line| line.trim_end() == line), "blanks at a line's end:\n{once}");
}

/// A statement in a network, and what it becomes.
fn statement(text: &str, expected: &str) {
    let indented: String =
        expected.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("    {line}\n") }).collect();
    check(&format!("network n {{\n{text}\n}}"), &format!("network n {{\n{indented}}}\n"));
}

#[test]
fn blanks_are_set_as_in_the_reference() {
    for (text, expected) in [
        ("let   x=3 ;", "let x = 3;"),
        ("let (a,b)=f( x );", "let (a, b) = f(x);"),
        ("let x = a+b*c^2-  -d;", "let x = a + b * c^2 - -d;"),
        ("let x = 0 .. n+1;", "let x = 0..n + 1;"),
        ("let x = !a&&b||c==d;", "let x = !a && b || c == d;"),
        ("let x = [1,2,3,];", "let x = [1, 2, 3];"),
        ("let x = (a,);", "let x = (a,);"),
        ("let x = {\"a\":\"b\"};", "let x = { \"a\": \"b\" };"),
        ("let x = 64MiB + 10 % + 5 M + 3  epochs;", "let x = 64 MiB + 10% + 5M + 3 epochs;"),
        ("let x = y->relu()->a:conv2d(3,kernel=3);", "let x = y -> relu -> a: conv2d(3, kernel = 3);"),
        ("let x = l : f(y);", "let x = l: f(y);"),
        ("let x = f(y) . z [ 0 ];", "let x = f(y).z[0];"),
        ("let x = if a{b}else{c};", "let x = if a { b } else { c };"),
        ("let x = y -> {relu}->for i in 0..3{f(i)};", "let x = y -> { relu } -> for i in 0..3 { f(i) };"),
        ("input x:int[128]in 0..5000;", "input x: int[128] in 0..5000;"),
        ("input x:[1,time=256];", "input x: [1, time = 256];"),
        ("param p:[1,d]=normal(0,0.02);", "param p: [1, d] = normal(0, 0.02);"),
        ("layer enc=dense(64);", "layer enc = dense(64);"),
        ("#[allow(W0203,W0204,)]let x=3;", "#[allow(W0203, W0204)]\nlet x = 3;"),
        ("let x = { let y=3;y };", "let x = { let y = 3; y };"),
    ] {
        statement(text, expected);
    }
}

#[test]
fn lines_break_where_the_author_breaks_them() {
    statement("let x = y\n-> relu -> tanh\n-> f;", "let x = y\n    -> relu -> tanh\n    -> f;");
    statement("let x = y ->\nrelu;", "let x = y\n    -> relu;");
    statement("let x = a\n+ b - c;", "let x = a\n    + b - c;");
    statement("let x = f(a,\nb, c);", "let x = f(\n    a,\n    b, c,\n);");
    statement("let x = f(w = [[1, 2],\n[3, 4]], b = 3);", "let x = f(w = [\n    [1, 2],\n    [3, 4],\n], b = 3);");
    statement("let x = y -> {\nf -> g };", "let x = y -> {\n    f -> g\n};");
    statement("let x = y -> { f\n-> g };", "let x = y -> {\n    f\n    -> g\n};");
    statement("let x = if a { b }\nelse { c };", "let x = if a { b }\n        else { c };");
    statement("let x = if a {\nb }\nelse { c };", "let x = if a {\n    b\n} else { c };");
    statement("if a { let x = 3;\n}", "if a {\n    let x = 3;\n}");
    statement("let x = 3;\n\n\n\nlet y = 4;", "let x = 3;\n\nlet y = 4;");
}

#[test]
fn long_lines_are_broken() {
    let stages = " -> conv2d(32, kernel = 3, pad = same) -> relu".repeat(4);
    statement(
        &format!("let x = y{stages};"),
        "let x = y -> conv2d(32, kernel = 3, pad = same) -> relu -> conv2d(32, kernel = 3, pad = same)
    -> relu -> conv2d(32, kernel = 3, pad = same) -> relu -> conv2d(32, kernel = 3, pad = same)
    -> relu;",
    );
    let arguments: Vec<_> = (0..8).map(|index| format!("an_argument_{index} = {index}")).collect();
    let broken: String = arguments.iter().map(|argument| format!("\n    {argument},")).collect();
    statement(&format!("let x = f({});", arguments.join(", ")), &format!("let x = f({broken}\n);"));
    let numbers: Vec<_> = (0..60).map(|number| number.to_string()).collect();
    let text = formatted(&format!("network n {{ let x = [{}]; }}", numbers.join(", ")));
    assert_eq!(text.lines().filter(|line| line.starts_with("        ")).count(), 3, "{text}");
    keeps_promises(&text);
}

#[test]
fn comments_stay_in_place() {
    statement(
        "// one\nlet x = 3; // two\n\n// three\nlet y = 4;\n// four",
        "// one\nlet x = 3; // two\n\n// three\nlet y = 4;\n// four",
    );
    statement(
        "let x = y // head\n-> relu // one\n// between\n-> tanh; // end",
        "let x = y // head\n    -> relu // one\n    // between\n    -> tanh; // end",
    );
    statement("let x = f(a, // first\nb /* second */, c);", "let x = f(\n    a, // first\n    b, /* second */ c,\n);");
    statement("let x = [ // numbers\n1,\n// two\n2 ];", "let x = [\n    // numbers\n    1,\n    // two\n    2,\n];");
    statement(
        "if a { // why\nlet x = 3;\n}\n// else nothing\nlet y = 3;",
        "if a {\n    // why\n    let x = 3;\n}\n// else nothing\nlet y = 3;",
    );
    check("// alone", "// alone\n");
    check("network n { }\n// end", "network n {}\n\n// end\n");
    check("/* a */ network n { /* b */ }", "/* a */\nnetwork n { /* b */ }\n");
    check(
        "//! file\n\n/// doc\nnetwork n(/// width\nw: int) {}",
        "//! file\n\n/// doc\nnetwork n(\n    /// width\n    w: int,\n) {}\n",
    );
}

#[test]
fn items_stand_apart_and_settings_are_aligned() {
    check(
        "import \"a\"; import \"b\"; network n { } block b(x) { x }",
        "import \"a\";\nimport \"b\";\n\nnetwork n {}\n\nblock b(x) { x }\n",
    );
    check(
        "train n {\ntarget y:[1];\nbatch=64;\nseed=7; // seven\n\noptimizer=sgd;\n}",
        "train n {\n    target y: [1];\n    batch = 64;\n    seed  = 7; // seven\n\n    optimizer = sgd;\n}\n",
    );
    check("train { batch = 64; seed = 7; }", "train { batch = 64; seed = 7; }\n");
    check("network n() { }", "network n {}\n");
    check(
        "network n {\r\n  // a\r\n  let x = \"a\r\nb\";\r\n}\r\n",
        "network n {\n    // a\n    let x = \"a\nb\";\n}\n",
    );
    check("", "");
}

#[test]
fn broken_text_is_left_alone() {
    let errors = format(&Source::main("test.net", "network n { let x = ; }")).expect_err("a syntax error");
    assert_eq!(errors.len(), 1);
}

#[test]
fn generated_programs_keep_the_promises() {
    for seed in 0..300 {
        keeps_promises(&generator::program(seed, false));
        keeps_promises(&generator::program(seed, true));
    }
}

#[test]
fn the_examples_keep_the_promises() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    for theme in std::fs::read_dir(examples).expect("examples").map(|entry| entry.expect("an entry").path()) {
        for file in std::fs::read_dir(theme).into_iter().flatten().map(|entry| entry.expect("an entry").path()) {
            if file.extension().is_some_and(|extension| extension == "net") {
                keeps_promises(&std::fs::read_to_string(&file).expect("an example"));
            }
        }
    }
}
