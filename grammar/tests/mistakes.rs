//! Syntax errors: code, place, message and help of each, and recovery after several.
use netc_grammar::{Source, parse};

/// Checks that the text has exactly these errors: `line:column code message`.
fn check(text: &str, expected: &[&str]) {
    let source = Source::main("test.net", text);
    let parsed = parse(&source);
    let found: Vec<String> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let at = source.position(diagnostic.span().expect("an error has a place").start);
            assert!(diagnostic.help.is_some(), "no help: {diagnostic:?}");
            assert!(source.text().len() >= diagnostic.span().expect("a place").end as usize, "{diagnostic:?}");
            format!("{}:{} {} {}", at.line, at.column, diagnostic.code, diagnostic.message)
        })
        .collect();
    assert_eq!(found, expected, "{text}");
}

/// Checks one statement of a network; the column counts from the statement's start.
fn statement(text: &str, code: &str, column: usize, message: &str) {
    let whole = format!("network n {{\n{text}\n}}");
    check(&whole, &[&format!("2:{column} {code} {message}")]);
}

#[test]
fn every_mistake_is_named_at_its_place() {
    for (text, code, column, message) in [
        ("input x: [3]", "E0101", 13, "expected `;` after this declaration"),
        ("let x = y -> relu", "E0101", 18, "expected `;` after this layer"),
        ("let x = 3", "E0101", 10, "expected `;` after this value"),
        ("layer enc = dense(64)", "E0101", 22, "expected `;` after this layer"),
        ("let x = ;", "E0102", 9, "expected a value after `=`"),
        ("let x = 1 + ;", "E0102", 13, "expected a value after `+`"),
        ("let x = f(a,, b);", "E0102", 13, "expected a value after `,`"),
        ("-> relu;", "E0102", 1, "a chain starts with a value"),
        ("let 3x = 4;", "E0103", 5, "expected a name after `let`"),
        ("let \"x\" = 4;", "E0103", 5, "expected a name after `let`"),
        ("let let = 4;", "E0104", 5, "`let` is a keyword and cannot be a name"),
        ("input output: [3];", "E0104", 7, "`output` is a keyword and cannot be a name"),
        ("let x = 3 + layer;", "E0104", 13, "`layer` is a keyword and cannot be a name"),
        ("let x = y -> 3;", "E0105", 14, "expected a layer after `->`"),
        ("let x = y -> ;", "E0105", 14, "expected a layer after `->`"),
        ("let x = y -> a: ;", "E0105", 17, "expected a layer after `:`"),
        ("let x = y -> { };", "E0105", 16, "expected a layer after `{`"),
        ("let x = f(a b);", "E0106", 12, "expected `,` or `)` after `a`"),
        ("let x = [1 2];", "E0106", 11, "expected `,` or `]` after `1`"),
        ("let x = f(3 kernel = 3);", "E0106", 12, "expected `,` or `)` after `3`"),
        ("lett x = 3;", "E0107", 1, "`lett` does not start a statement"),
        ("var x = 3;", "E0107", 1, "`var` does not start a statement"),
        (";", "E0107", 1, "nothing stands before this `;`"),
        ("return 3;", "E0109", 1, "a `return` cannot stand in a network"),
        ("target x: [3];", "E0109", 1, "a `target` cannot stand in a network"),
        ("for i in 0..3 { i } let x = 3;", "E0109", 1, "a `for` alone does nothing"),
        ("x = 3;", "E0109", 1, "`x = …` is no statement here"),
        ("x -> relu", "E0109", 1, "a network does not end in a value"),
        ("let x = 9223372036854775808;", "E0110", 9, "the number 9223372036854775808 is too large"),
        ("let x = 9223372036854775807k;", "E0110", 9, "this number is too large"),
        ("let x = 1e999;", "E0110", 9, "the number 1e999 is too large"),
        ("let x = 5 Mb;", "E0111", 11, "`Mb` is not a unit"),
        ("let x = 3epochs;", "E0111", 9, "`epochs` needs a blank before it"),
        ("let x = 0x1F;", "E0111", 10, "`x1F` is not a unit"),
        ("let x = \"a\\qb\";", "E0112", 11, "unknown escape `\\q` in a string"),
        ("let x = \"\\u{110000}\";", "E0112", 10, "unknown escape `\\u` in a string"),
        ("let x = y -> relu + 3;", "E0113", 19, "`+` cannot follow a layer"),
        ("let x = y -> relu[0];", "E0113", 18, "`[` cannot follow a layer"),
        ("let x = a < b < c;", "E0114", 15, "comparisons cannot be chained"),
        ("let x = 0..3..4;", "E0114", 13, "a range has two ends"),
        ("let x = 2^-1^2;", "E0114", 12, "a sign between two `^` can be read in two ways"),
        ("let x = f(a)(b);", "E0115", 9, "only a name can be called"),
        ("let x = l: y;", "E0115", 12, "the label `l` names no layer"),
        ("let x = f(a = 1, 2);", "E0116", 18, "a positional argument after a named one"),
        ("let x = f(a = 1, a = 2);", "E0117", 18, "the argument `a` is given twice"),
        ("input x: int;", "E0118", 10, "an `int` needs the range of its values"),
        ("input x: [3] in 0..4;", "E0118", 10, "only an `int` has a range"),
        ("input x: int in 4;", "E0118", 17, "expected a range after `in`"),
        ("input x: flot[3];", "E0118", 10, "there is no element type `flot`"),
        ("#[deny(W0203)] let x = 3;", "E0120", 3, "there is no attribute `deny`"),
        ("#[allow] let x = 3;", "E0120", 1, "`allow` names no warning"),
        ("let x = 10 % 3;", "E0121", 12, "`%` is not an operator"),
        ("let x = y % 3;", "E0121", 11, "`%` is not an operator here"),
        ("let x = a and b;", "E0121", 11, "`and` is not an operator here"),
        ("let x = a ** b;", "E0121", 11, "`**` is not an operator here"),
        ("let x = not a;", "E0121", 9, "`not` is not an operator here"),
        ("let x = a |> b;", "E0121", 11, "`|>` is not an operator here"),
        ("let x = 0..=3;", "E0121", 10, "`..=` is not an operator here"),
        ("let x = 'a';", "E0121", 9, "`'` is not an operator here"),
        ("let x = if a > 3;", "E0122", 17, "expected `{` after `3`"),
        ("let x 3;", "E0123", 7, "expected `=` after `x`"),
        ("let x: int = 3;", "E0123", 6, "expected `=` after `x`"),
        ("input x [3];", "E0123", 9, "expected `:` and a type after `x`"),
        ("image: [3];", "E0123", 1, "`image:` declares nothing"),
        ("let x = f(kernel: 3);", "E0123", 17, "an argument is given with `=`"),
        ("let x = größe;", "E0005", 9, "`größe` has letters outside ASCII"),
        ("let x = 3 − 4;", "E0005", 11, "`−` (U+2212) is not part of the language"),
    ] {
        statement(text, code, column, message);
    }
}

#[test]
fn items_have_their_own_mistakes() {
    check("netwrk n { }", &["1:1 E0108 expected `network`, `block`, `train`, `check` or `import`"]);
    check("let x = 3;", &["1:1 E0108 expected `network`, `block`, `train`, `check` or `import`"]);
    check("network 3d { }", &["1:9 E0103 expected a name after `network`"]);
    check("network n;", &["1:10 E0122 expected `{` after `n`"]);
    check("network n(x) { }", &["1:11 E0119 the argument `x` of a network needs a type"]);
    check("block b(x = 3) { x }", &["1:13 E0119 `x` has a default but no type"]);
    check("block b(x: integer) { x }", &["1:12 E0118 there is no argument type `integer`"]);
    check("block b(x) { input y: [3]; x }", &["1:14 E0109 an `input` cannot stand in a block"]);
    check("import blocks;", &["1:8 E0102 expected a path in quotes after `import`"]);
    check("import \"a.net\" network n { }", &["1:15 E0101 expected `;` after this import"]);
    check("train { layer x = relu; }", &["1:9 E0109 a `layer` cannot stand in a `train`"]);
    check("check { params = 3; }", &["1:9 E0109 `params = …` cannot stand in a `check`"]);
    check("train { batch = 64 epochs = 3; }", &["1:19 E0101 expected `;` after this setting"]);
    check("train {\n    batch = 64\n    seed = 3;\n}", &["2:15 E0101 expected `;` after this setting"]);
    check("check { params < 3 macs < 4; }", &["1:20 E0111 `macs` is not a unit"]);
}

#[test]
fn helps_fit_the_place() {
    let recipe = "a recipe holds `target name: type;`, `let name = value;` and settings like `batch = 64;`";
    for (text, code, words) in [
        ("network n { minimize loss(y, t); }", "E0107", "statements start with input, let, layer"),
        ("train { minimize loss(y, t); }", "E0107", recipe),
        ("train { targte t: [1]; }", "E0107", "did you mean `target`?"),
        ("train { var t; }", "E0107", "did you mean `let`?"),
        ("train { fn t; }", "E0107", recipe),
        ("check { 1 < params < 3; }", "E0114", "in a `check`, two assertions: `a < b; b < c;`"),
    ] {
        let found = parse(&Source::main("test.net", text)).diagnostics;
        let [only] = found.as_slice() else { panic!("{text}: {found:?}") };
        assert_eq!(only.code, code, "{text}");
        assert!(only.help.as_ref().is_some_and(|help| help.contains(words)), "{text}: {:?}", only.help);
    }
}

#[test]
fn all_errors_are_found_in_one_run() {
    let text = "\
network n(classes: int = 10) {
    input image: [1, 28, 28]
    let a = image -> conv2d(32, kernel = 3 -> relu;
    let b = a -> dense(10) + 3;
    let (c, d) = b -> split(2;
    output y = c d;
    if classes == 3 { let e = ; let f = 4 }
}
train n {
    batch = 64
    momentum = ;
    seed = 7;
}
nonsense
check n { params <= 5 Mio; }
";
    check(
        text,
        &[
            "2:29 E0101 expected `;` after this declaration",
            "3:28 E0006 this `(` is never closed",
            "4:28 E0113 `+` cannot follow a layer",
            "5:28 E0006 this `(` is never closed",
            "6:17 E0101 expected `;` after this value",
            "7:31 E0102 expected a value after `=`",
            "7:42 E0101 expected `;` after this value",
            "10:15 E0101 expected `;` after this setting",
            "11:16 E0102 expected a value after `=`",
            "14:1 E0108 expected `network`, `block`, `train`, `check` or `import`",
            "15:23 E0111 `Mio` is not a unit",
        ],
    );
}

#[test]
fn broken_statements_keep_the_names_that_they_define() {
    let text = "network n { let (a, b) = ; input x [3]; output y = 3 4 5; } block { } train { seed = ; }";
    let outline = parse(&Source::main("test.net", text)).ast.outline();
    let expected = "network n\n  bad a b\n  bad x\n  bad y\nbad\ntrain\n  bad seed\n";
    assert_eq!(outline, expected);
}
