//! The tree of each construct, as its outline.
use netc_grammar::{Source, parse};

/// Checks the outline of a value.
fn value(text: &str, expected: &[&str]) {
    let source = Source::main("test.net", format!("block b(x) {{ return {text}; }}"));
    let parsed = parse(&source);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let outline = parsed.ast.outline();
    let lines: Vec<_> = outline.lines().skip(3).map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn operators_bind_as_in_mathematics() {
    value("a + b * c", &["sequence", "  name a", "  +", "    sequence", "      name b", "      *", "        name c"]);
    value("-a^2", &["prefix -", "  sequence", "    name a", "    ^", "      int 2"]);
    value("2^-a", &["sequence", "  int 2", "  ^", "    prefix -", "      name a"]);
    value("-a * b", &["sequence", "  prefix -", "    name a", "  *", "    name b"]);
    value("a - b + c", &["sequence", "  name a", "  -", "    name b", "  +", "    name c"]);
    value("0..n + 1", &["sequence", "  int 0", "  ..", "    sequence", "      name n", "      +", "        int 1"]);
    value(
        "a || b && c == d",
        &[
            "sequence",
            "  name a",
            "  ||",
            "    sequence",
            "      name b",
            "      &&",
            "        sequence",
            "          name c",
            "          ==",
            "            name d",
        ],
    );
    value("a + b -> relu", &["chain", "  sequence", "    name a", "    +", "      name b", "  stage", "    call relu"]);
}

#[test]
fn numbers_keep_their_units() {
    value("5M", &["int 5 million"]);
    value("10 %", &["int 10 percent"]);
    value("1.5k", &["float 1.5 thousand"]);
    value("64 MiB", &["int 64 times 1048576 bytes"]);
    value("3 epochs", &["int 3 epochs"]);
    value("500_000", &["int 500000"]);
    value("5e-4", &["float 0.0005"]);
    value("1.", &["float 1.0"]);
}

#[test]
fn names_lead_on() {
    value("x.shape[0]", &["access", "  name x", "  member shape", "  index", "    int 0"]);
    value("layer1.0.1.weight", &["access", "  name layer1", "  member 0", "  member 1", "  member weight"]);
    value("memory.train(batch = 64)", &["call memory.train", "  batch =", "    int 64"]);
    value("f(x).y", &["access", "  call f", "    name x", "  member y"]);
    value("(a,)", &["tuple", "  name a"]);
    value("(a)", &["parentheses", "  name a"]);
    value("{}", &["map"]);
    value("\"a\\n\\x41\\u{e9}\"", &["\"a\\nAé\""]);
}

#[test]
fn braces_after_an_arrow_hold_stages_and_elsewhere_statements() {
    value(
        "x -> l: { f -> g }",
        &[
            "chain",
            "  name x",
            "  stage l",
            "    fragment",
            "      stage",
            "        call f",
            "      stage",
            "        call g",
        ],
    );
    value(
        "x -> for (i, j) in a { f }",
        &[
            "chain",
            "  name x",
            "  stage",
            "    for (i j)",
            "      in",
            "        name a",
            "      stage",
            "        call f",
        ],
    );
    value("for i in a { i }", &["for i", "  in", "    name a", "  result", "    name i"]);
    value("{ let y = 3; y }", &["body", "  let y", "    int 3", "  result", "    name y"]);
    value(
        "x -> if a { f } else if b { g }",
        &[
            "chain",
            "  name x",
            "  stage",
            "    if",
            "      name a",
            "    then",
            "      stage",
            "        call f",
            "    if",
            "      name b",
            "    then",
            "      stage",
            "        call g",
        ],
    );
}

#[test]
fn a_last_if_with_values_is_the_result() {
    let outline = |text: &str| parse(&Source::main("test.net", text)).ast.outline();
    let with_result = outline("block b(x) { if true { x } else { x } }");
    assert!(with_result.contains("result\n    if\n"), "{with_result}");
    let statement = outline("block b(x) { if true { return x; } x }");
    assert!(statement.contains("  if\n    bool") || statement.contains("  if\n    true"), "{statement}");
}
