//! Messages on standard error: diagnostics, failures, and errors in netc itself.

use crate::console::Console;
use crate::exit::{Failure, Message};
use netc_grammar::{Diagnostic, Sources, escape_terminal, render};
use std::io::Write;
use std::panic::PanicHookInfo;

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const PLAIN: &str = "\u{1b}[0m";

/// Prints diagnostics with their lines of source.
pub fn diagnostics(console: &mut Console, diagnostics: &[Diagnostic], sources: &Sources) {
    let text = render(diagnostics, sources, console.color());
    console.tell(&text);
}

/// Prints why a command stopped.
pub fn failure(failure: &Failure, color: bool) {
    let text = match &failure.message {
        Message::Error(message) => format!("{} {}\n", heading("error:", RED, color), message.trim_end()),
        Message::Diagnostics(diagnostics, sources) => render(diagnostics, sources, color),
        Message::Silent => return,
    };
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Prints a warning that belongs to no line of a source.
pub fn warning(console: &mut Console, message: &str) {
    let heading = heading("warning:", YELLOW, console.color());
    console.tell(&format!("{heading} {message}\n"));
}

fn heading(word: &str, style: &str, color: bool) -> String {
    if color { format!("{style}{word}{PLAIN}") } else { word.to_string() }
}

/// The panic hook: says what is needed for a report, whatever thread it is.
pub fn internal_error(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let what = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    let text = format!(
        "internal error: {}{place}\n  = help: this is a bug in netc {}, please report it with the file and the command\n",
        escape_terminal(what.unwrap_or("a panic without a message")),
        env!("CARGO_PKG_VERSION"),
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
}
