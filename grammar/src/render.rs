//! Diagnostics to text for a terminal or a log.
//!
//! Only the lines with labels are shown, whatever lies between them; everything that comes from
//! the user is escaped.

mod escape;
mod excerpt;

pub use escape::escape_terminal;

use crate::diagnostic::arrange;
use crate::{Diagnostic, Severity, Sources, limits};
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::term::termcolor::Ansi;
use codespan_reporting::term::{self, Config, Styles, StylesWriter};
use excerpt::Excerpts;

/// Renders diagnostics in the order of the text, each fault once, at most
/// [`limits::PRINTED_DIAGNOSTICS`] of them, and a line that counts them. Empty for none.
///
/// With `color` the text holds ANSI colours; without, it holds no control character but line
/// feeds, whatever the sources hold.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let diagnostics = arrange(diagnostics.to_vec());
    let mut text = String::new();
    for diagnostic in diagnostics.iter().take(limits::PRINTED_DIAGNOSTICS) {
        text.push_str(&render_one(diagnostic, sources, color));
    }
    if let Some(summary) = summary(&diagnostics) {
        text.push_str(&summary);
        text.push('\n');
    }
    text
}

/// `2 errors, 1 warning`, and how many are not shown.
fn summary(diagnostics: &[Diagnostic]) -> Option<String> {
    let count = |severity, word: &str| {
        let number = diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        match number {
            0 => None,
            1 => Some(format!("1 {word}")),
            _ => Some(format!("{number} {word}s")),
        }
    };
    let counts: Vec<_> =
        [count(Severity::Error, "error"), count(Severity::Warning, "warning")].into_iter().flatten().collect();
    let first = diagnostics.first()?;
    let hidden = diagnostics.len().saturating_sub(limits::PRINTED_DIAGNOSTICS);
    let shown = if hidden > 0 { format!(" (the last {hidden} are not shown)") } else { String::new() };
    Some(format!("{}{shown}; `netc explain {}` tells more", counts.join(", "), first.code))
}

fn render_one(diagnostic: &Diagnostic, sources: &Sources, color: bool) -> String {
    let mut excerpts = Excerpts::of(diagnostic, sources);
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    let notes = [("why", &diagnostic.why), ("help", &diagnostic.help)];
    let notes = notes.into_iter().filter_map(|(word, note)| Some(format!("{word}: {}", escaped_lines(note.as_ref()?))));
    let report = codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code)
        .with_message(escape_terminal(&diagnostic.message))
        .with_labels(excerpts.take_labels())
        .with_notes(notes.collect());
    let config = Config::default();
    let mut bytes = Vec::new();
    let outcome = if color {
        let styles = Styles::default();
        let mut writer = StylesWriter::new(Ansi::new(&mut bytes), &styles);
        term::emit_to_write_style(&mut writer, &config, &excerpts, &report)
    } else {
        term::emit_to_io_write(&mut bytes, &config, &excerpts, &report)
    };
    match (outcome, String::from_utf8(bytes)) {
        (Ok(()), Ok(text)) => without_trailing_blanks(&text),
        _ => format!("{}: {}\n", diagnostic.code, escape_terminal(&diagnostic.message)),
    }
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(escape_terminal).collect::<Vec<_>>().join("\n")
}

fn without_trailing_blanks(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for line in text.lines() {
        clean.push_str(line.trim_end());
        clean.push('\n');
    }
    clean
}
