//! Hostile and mistaken texts: each is answered with its code at its line and a hint, soon and without much memory.

mod assertions;
mod meaning;
mod mistakes;
mod shapes;
mod text;

use netc_compiler::elaborate::{Checked, Options, elaborate};
use netc_compiler::summarize::{backward, no_memory, summarize};
use netc_grammar::{Diagnostic, NoFiles, Sources};
use std::time::{Duration, Instant};

/// What a text must be answered with: a code, and the line of its first place.
struct Case {
    name: &'static str,
    text: String,
    expected: &'static [(&'static str, usize)],
}

fn case(name: &'static str, text: impl Into<String>, expected: &'static [(&'static str, usize)]) -> Case {
    Case { name, text: text.into(), expected }
}

/// A network whose body is `body`; its first line is line 2.
fn network(body: &str) -> String {
    format!("network model {{\n{body}\n}}\n")
}

fn check(text: &str) -> (Sources, Result<Checked, Vec<Diagnostic>>) {
    let mut sources = Sources::new();
    sources.add("model.net", text);
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    let result = elaborate(&mut sources, &options);
    (sources, result)
}

/// Far more than any case needs also where tests share a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

fn assert_answers(cases: Vec<Case>) {
    for Case { name, text, expected } in cases {
        let start = Instant::now();
        let (sources, result) = check(&text);
        let diagnostics = match &result {
            Ok(_) => &[][..],
            Err(diagnostics) => diagnostics,
        };
        let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).collect();
        let line = |diagnostic: &Diagnostic| {
            let span = diagnostic.span()?;
            Some(sources.get(span.file)?.position(span.start).line)
        };
        let found: Vec<(&str, usize)> =
            errors.iter().map(|diagnostic| (diagnostic.code, line(diagnostic).unwrap_or(0))).collect();
        let report = netc_grammar::render(diagnostics, &sources, false);
        let shown: String = report.chars().take(4000).collect();
        assert_eq!(found, expected, "{name}:\n{shown}");
        for error in errors {
            assert!(error.help.as_ref().is_some_and(|help| !help.is_empty()), "{name}: no hint for {}", error.code);
            assert!(error.message.len() < 1000, "{name}: a long message");
        }
        assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    }
}

/// A text that passes, and can be summed up.
fn assert_passes(name: &str, text: &str) -> netc_compiler::summarize::Summary {
    let (sources, result) = check(text);
    match result {
        Ok(checked) => summarize(&checked.model, 1, &no_memory, &backward),
        Err(diagnostics) => panic!("{name}:\n{}", netc_grammar::render(&diagnostics, &sources, false)),
    }
}
