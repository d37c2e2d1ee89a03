//! What people see: diagnostics with their lines.
use netc_grammar::{Diagnostic, FileId, Source, Sources, Span, escape_terminal, parse, render};

const UNET: &str = "\
// An excerpt of a U-Net.
block level(x, channels: int, depth: int) {
    // One level of it.
    //
    //
    //
    //
    let here = x -> double_conv(channels);
    // The level below comes here.
    return concat(here, below, axis = channel) -> double_conv(channels);
}
";

fn place(text: &str, part: &str) -> Span {
    let start = text.find(part).expect("the part");
    let offset = |at: usize| u32::try_from(at).expect("small");
    Span::new(FileId(0), offset(start), offset(start + part.len()))
}

fn shape_error() -> Diagnostic {
    Diagnostic::error("E0301", "these two maps have different sizes")
        .at(place(UNET, "concat(here, below, axis = channel)"), "height 179 and 178 must agree")
        .note(place(UNET, "double_conv(channels)"), "[128, 179, 179] at depth = 1")
        .why("input 358 → max_pool(2) → 179")
        .help("give an input whose height and width are divisible by 4")
}

#[test]
fn only_labelled_lines_are_shown() {
    let shown = render(&[shape_error()], &Source::main("unet.net", UNET).into(), false);
    let expected = "\
error[E0301]: these two maps have different sizes
   ┌─ unet.net:10:12
   │
 8 │     let here = x -> double_conv(channels);
   │                     --------------------- [128, 179, 179] at depth = 1
10 │     return concat(here, below, axis = channel) -> double_conv(channels);
   │            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ height 179 and 178 must agree
   │
   = why: input 358 → max_pool(2) → 179
   = help: give an input whose height and width are divisible by 4

1 error; `netc explain E0301` tells more
";
    assert_eq!(shown, expected);
}

#[test]
fn colours_are_only_on_request() {
    let sources: Sources = Source::main("unet.net", UNET).into();
    assert!(!render(&[shape_error()], &sources, false).contains('\u{1b}'));
    assert!(render(&[shape_error()], &sources, true).contains('\u{1b}'));
}

#[test]
fn each_fault_is_shown_once_in_the_order_of_the_text() {
    let sources: Sources = Source::main("a.net", "one two three").into();
    let at = |word: &str, code| Diagnostic::error(code, format!("about {word}")).at(place("one two three", word), "");
    let warning = Diagnostic::warning("W0201", "about two").at(place("one two three", "two"), "");
    let shown = render(&[at("three", "E0201"), warning, at("one", "E0201"), at("one", "E0201")], &sources, false);
    let messages: Vec<_> = shown.lines().filter(|line| line.contains("]: ")).collect();
    assert_eq!(messages, ["error[E0201]: about one", "warning[W0201]: about two", "error[E0201]: about three"]);
    assert!(shown.ends_with("2 errors, 1 warning; `netc explain E0201` tells more\n"), "{shown}");
}

#[test]
fn a_hundred_are_printed_and_the_rest_is_counted() {
    let text = format!("network n {{ {} }}", "let a = ; ".repeat(150));
    let source = Source::main("a.net", text);
    let shown = render(&parse(&source).diagnostics, &source.into(), false);
    assert_eq!(shown.matches("error[E0102]").count(), 100);
    assert!(shown.contains("150 errors (the last 50 are not shown)"), "{shown}");
}

#[test]
fn text_of_users_is_escaped() {
    assert_eq!(escape_terminal("a\u{1b}[2Jb\u{202E}\n\u{7f}→é"), "a\\u{1b}[2Jb\\u{202e}\\n\\u{7f}→é");
    let source = Source::main("evil\u{1b}[2J.net", "network n { let a\t= 3 \u{9b}; }");
    let diagnostics = parse(&source).diagnostics;
    let shown = render(&diagnostics, &source.into(), false);
    assert!(shown.contains("evil\\u{1b}[2J.net:1:23"), "{shown}");
    assert!(shown.contains("let a    = 3 \\u{9b};"), "{shown}");
    assert!(shown.chars().all(|letter| letter == '\n' || !letter.is_control()), "{shown}");
}

#[test]
fn a_place_in_another_file_shows_that_file() {
    let mut sources = Sources::new();
    sources.add("main.net", "import \"blocks.net\";\n");
    let blocks = sources.add("blocks.net", "block b(x) { x }\n");
    let diagnostic = Diagnostic::error("E0203", "`b` is defined twice")
        .at(place("import \"blocks.net\";", "\"blocks.net\""), "taken from here")
        .note(Span::new(blocks, 6, 7), "defined here");
    let shown = render(&[diagnostic], &sources, false);
    assert!(shown.contains("┌─ main.net:1:8") && shown.contains("┌─ blocks.net:1:7"), "{shown}");
}

#[test]
fn a_place_that_does_not_exist_is_no_panic() {
    let sources: Sources = Source::main("a.net", "äöü").into();
    for (start, end) in [(1, 2), (0, 100), (50, 60), (3, 3), (6, 6)] {
        let diagnostic = Diagnostic::error("E0201", "odd").at(Span::new(FileId(0), start, end), "here");
        assert!(render(&[diagnostic], &sources, false).contains("odd"), "{start}..{end}");
    }
    let elsewhere = Diagnostic::error("E0201", "odd").at(Span::new(FileId(7), 0, 1), "here");
    assert!(render(&[elsewhere], &sources, true).contains("odd"));
}
