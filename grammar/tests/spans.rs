//! Every node's span covers its text.
use netc_grammar::ast::{Expr, ExprKind, ItemKind, Statement, StatementKind};
use netc_grammar::{Source, parse};

fn network_statements(source: &Source) -> Vec<Statement> {
    let parsed = parse(source);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    match parsed.ast.items.into_iter().next().expect("an item").kind {
        ItemKind::Network(network) => network.body.statements,
        other => panic!("not a network: {other:?}"),
    }
}

fn value(text: &str) -> (Source, Expr) {
    let source = Source::main("test.net", format!("network n {{ let v = {text} ; }}"));
    match network_statements(&source).into_iter().next().expect("a statement").kind {
        StatementKind::Let(statement) => (source, statement.value),
        other => panic!("not a let: {other:?}"),
    }
}

#[test]
fn expressions_know_where_they_stand() {
    for text in [
        "3",
        "64 MiB",
        "x.shape[0]",
        "f(x, 3)",
        "f( x )",
        "(a + b) * c",
        "-x^2",
        "a + b /* note */ - c",
        "x -> conv1: conv2d(32, kernel = 3) -> relu",
        "x -> { relu -> tanh }",
        "if a { x } else { y }",
        "[ 1, 2 ]",
        "lab: f(x)",
        "\"a\\\"b\"",
        "{ \"a\": 3 }",
    ] {
        let (source, expr) = value(text);
        assert_eq!(source.slice(expr.span), text);
    }
}

#[test]
fn stages_and_operators_know_where_they_stand() {
    let (source, expr) = value("a - b  ->  one: f( 1 )  -> g");
    let ExprKind::Chain(chain) = expr.kind else { panic!("not a chain") };
    let stages: Vec<_> = chain.stages.iter().map(|stage| source.slice(stage.span)).collect();
    assert_eq!(stages, ["one: f( 1 )", "g"]);
    assert_eq!(source.slice(chain.head.span), "a - b");
    let ExprKind::Infixed { rest, .. } = chain.head.kind else { panic!("not a sequence") };
    assert_eq!(source.slice(rest[0].op_span), "-");
}

#[test]
fn statements_end_at_their_semicolon() {
    let source = Source::main("test.net", "network n {\n  /// doc\n  #[allow(W0201)] input x: [3];\n  let y = x;\n}");
    let statements = network_statements(&source);
    let texts: Vec<_> = statements.iter().map(|statement| source.slice(statement.span)).collect();
    assert_eq!(texts, ["input x: [3];", "let y = x;"]);
    assert_eq!(statements[0].docs, ["doc"]);
    assert_eq!(source.slice(statements[0].attributes[0].span), "#[allow(W0201)]");
}

#[test]
fn positions_count_characters() {
    let source = Source::main("test.net", "// größe\nnetwork n { }\n");
    let at = source.text().find("network").expect("the word");
    let position = source.position(u32::try_from(at).expect("small"));
    assert_eq!((position.line, position.column), (2, 1));
    let end = source.position(u32::try_from("// größe".len()).expect("small"));
    assert_eq!((end.line, end.column), (1, 9));
}
