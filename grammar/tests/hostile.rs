//! Input that is broken, huge or malicious: always an answer, in time that grows with the text.
use netc_grammar::{CODES, FileId, Parsed, Source, format, limits, parse, render};
use std::time::Instant;

fn parsed(text: &str) -> Parsed {
    parse(&Source::main("test.net", text))
}

fn codes(text: &str) -> Vec<&'static str> {
    parsed(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

/// Checks the codes of a text, and that its messages are safe to print and say where.
fn check(text: &str, expected: &[&str]) {
    assert_eq!(codes(text), expected, "{:.200}", text);
    let source = Source::main("test.net", text);
    let parsed = parse(&source);
    let shown = render(&parsed.diagnostics, &source.into(), false);
    assert!(shown.chars().all(|letter| letter == '\n' || !letter.is_control()), "{shown}");
    assert!(!shown.contains(['\u{202E}', '\u{200B}']), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() < 400), "{shown}");
    for diagnostic in &parsed.diagnostics {
        assert!(CODES.iter().any(|(code, ..)| *code == diagnostic.code), "{} has no page", diagnostic.code);
        assert!(diagnostic.help.is_some(), "{diagnostic:?}");
    }
    if !expected.is_empty() {
        assert!(shown.contains("test.net:"), "{shown}");
    }
}

fn statement(text: &str) -> String {
    format!("network n {{ input x: [3]; {text} }}")
}

#[test]
fn texts_of_all_kinds_are_answered() {
    let long_name = "a".repeat(1 << 20);
    for (text, expected) in [
        (String::new(), &[][..]),
        ("// nothing\n/* here */".into(), &[]),
        ("   \n\t\r\n".into(), &[]),
        ("\u{FEFF}network n { input x: [3]; }".into(), &[]),
        ("network n {\r\n    input x: [3];\r\n}\r\n".into(), &[]),
        (statement("let a\0 = 3;"), &["E0003"]),
        (statement("let a = \"\0\";"), &["E0003"]),
        (statement("/* \u{1b}[31m */"), &["E0003"]),
        ("network n { }\rnetwork m { }".into(), &["E0003"]),
        (statement("let a\u{202E} = 3;"), &["E0004"]),
        (statement("let a = \"\u{2066}\";"), &["E0004"]),
        (statement("let a\u{200B} = 3;"), &["E0005"]),
        (statement("\u{FEFF}"), &["E0005"]),
        ("network n { input x: [3];".into(), &["E0006"]),
        (statement("let a = (3 + 4;"), &["E0006"]),
        (statement("let a = [3;"), &["E0006"]),
        (statement("let a = (3];"), &["E0006", "E0007"]),
        ("network n { } }".into(), &["E0007"]),
        (statement("let a = f(1; 2);"), &["E0007"]),
        (statement("let a = \"b;"), &["E0008"]),
        ("network n { /* input x: [3]; }".into(), &["E0009"]),
        ("/* /* */ network n { }".into(), &["E0009"]),
        (statement(&format!("let a = {}1{};", "(".repeat(10_000), ")".repeat(10_000))), &["E0010"]),
        (statement(&format!("let a = {}", "(".repeat(10_000))), &["E0010"]),
        (statement(&format!("let a = {};", "[".repeat(300) + &"]".repeat(300))), &["E0010"]),
        (statement(&format!("let a = {}1;", "-".repeat(1_000_000))), &[]),
        (statement(&format!("let a = 1{};", " + 1".repeat(200_000))), &[]),
        (statement(&format!("let a = 2{};", "^2".repeat(200_000))), &[]),
        (statement(&format!("let a = 2{};", "^-2".repeat(3))), &["E0114", "E0114"]),
        (statement(&format!("let a = 3; {}", "if a == 3 { let b = 4; } else ".repeat(3000) + "{ let c = 5; }")), &[]),
        (statement(&format!("let {long_name} = 3;")), &["E0011"]),
        (statement("let a = 18446744073709551616;"), &["E0110"]),
        (statement(&format!("let a = {};", "9".repeat(1 << 20))), &["E0110"]),
        (statement("let a = 1e999;"), &["E0110"]),
        (statement("let network = 3;"), &["E0104"]),
        (statement("let type = 3; let match = 4; let self = 5;"), &[]),
        (statement("let a = ; let b = ;"), &["E0102", "E0102"]),
        ("\0".repeat(5000), &["E0003"]),
        ("\0 ".repeat(5000), &["E0003"; 1000]),
    ] {
        check(&text, expected);
    }
}

#[test]
fn openers_are_blamed_for_what_is_unclosed() {
    for (text, column) in [
        ("network n { input x: [3];", 11),
        ("network n { let a = f(3; }", 22),
        ("network n { let a = \"b; }", 21),
        ("network n { /* a }", 13),
    ] {
        let source = Source::main("test.net", text);
        let diagnostics = parse(&source).diagnostics;
        let blamed = diagnostics.iter().any(|diagnostic| diagnostic.span().expect("a place").start + 1 == column);
        assert!(blamed, "{text}: {diagnostics:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let (source, diagnostic) =
        *Source::decode(FileId(0), "test.net", b"network n {\n  \xff }".to_vec()).expect_err("not UTF-8");
    assert_eq!(diagnostic.code, "E0002");
    let at = source.position(diagnostic.span().expect("a place").start);
    assert_eq!((at.line, at.column), (2, 3));
    assert!(diagnostic.labels[0].text.contains("0xff"));
}

#[test]
fn a_source_over_the_limit_is_refused() {
    let text = " ".repeat(limits::SOURCE_BYTES + 1);
    assert_eq!(codes(&text), ["E0001"]);
    assert_eq!(codes(&text[1..]), [""; 0]);
}

#[test]
fn brackets_may_nest_to_the_limit() {
    // One brace is the network's.
    let depth = limits::NESTING - 1;
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("{ let q = ", "1", "; q }"),
        ("if true { ", "1", " } else { 2 }"),
        ("for i in 0..3 { ", "1", " }"),
        ("{ \"a\": ", "1", " }"),
        ("-(", "1", ")"),
    ] {
        let text = statement(&format!("let a = {}{inner}{};", open.repeat(depth), close.repeat(depth)));
        check(&text, &[]);
        let source = Source::main("test.net", text.as_str());
        let formatted = format(&source).expect("formats");
        assert_eq!(parsed(&formatted).ast.outline(), parsed(&text).ast.outline(), "{open}");
        check(
            &statement(&format!("let a = {}{inner}{};", open.repeat(depth + 1), close.repeat(depth + 1))),
            &["E0010"],
        );
    }
    for (open, close) in [("{ ", " }"), ("l: { ", " }"), ("if a { ", " }"), ("for i in a { ", " }")] {
        let stages = format!("let a = x -> {}relu{};", open.repeat(depth), close.repeat(depth));
        check(&statement(&stages), &[]);
    }
    let nested = format!("{}{}", "if true { ".repeat(depth), "}".repeat(depth));
    check(&statement(&nested), &[]);
}

/// Seconds that this thread has run, so that other work on the machine does not count; where the
/// system does not tell, seconds since `start`.
fn clock(start: Instant) -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let running = schedule.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok());
    running.map_or(start.elapsed().as_secs_f64(), |nanoseconds| nanoseconds * 1e-9)
}

/// Seconds that parsing takes, the lesser of two.
fn seconds(text: &str) -> f64 {
    let source = Source::main("test.net", text);
    let start = Instant::now();
    let run = || {
        let before = clock(start);
        let parsed = parse(&source);
        drop(parsed);
        clock(start) - before
    };
    run().min(run())
}

#[test]
fn twice_the_text_takes_twice_the_time() {
    let pieces: [(&str, &str, &str); 10] = [
        ("network n { let a = x", " -> conv2d(32, kernel = 3)", "; }"),
        ("network n {", " let a = b + c;", " }"),
        ("network n {", " let a = ;", " }"),
        ("network n {", " let a = f(3;", " }"),
        ("", "network n { } ", ""),
        ("", "nonsense { ; } ", ""),
        ("", "} ) ] ", ""),
        ("network n { let a = ", "(1 + [2, 3]) * ", "1; }"),
        ("network n { let a = ", "f(\"", ""),
        ("", "/* ", ""),
    ];
    for (start, piece, end) in pieces {
        let text = |count: usize| format!("{start}{}{end}", piece.repeat(count));
        let (small, large) = (text(20_000), text(40_000));
        // The ratio is 2 for linear and 4 for quadratic time; noise is met by trying again. The system counts a
        // thread's time in ticks of up to 10 ms.
        let linear = (0..5).any(|_| seconds(&large) < 3.0 * seconds(&small) + 0.02);
        assert!(linear, "{piece}: {} s, then {} s", seconds(&small), seconds(&large));
    }
}

#[test]
fn a_hundred_thousand_stages_are_parsed_and_dropped() {
    let text = statement(&format!("output y = x{};", " -> conv2d(32, kernel = 3) -> relu".repeat(50_000)));
    let time = seconds(&text);
    println!("{time} s");
    let limit = if cfg!(debug_assertions) { 3.0 } else { 0.5 };
    assert!(time < limit, "{time} s");
    check(&text, &[]);
}
