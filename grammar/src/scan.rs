//! The linear scan before the grammar: text to text in which comments are blanks, brackets balance
//! and strings are closed, with everything that was wrong about them.
//!
//! The clean text has the length of the original (plus closing braces at the end), so offsets in
//! it are offsets in the source.

mod brackets;
mod characters;
mod text;

use crate::comment::Comment;
use crate::{Diagnostic, Source, limits};
use brackets::Brackets;
use std::collections::BTreeSet;

/// Errors that one scan collects; a binary file should not fill the memory with messages.
const MOST_DIAGNOSTICS: usize = 1000;

/// What the scan makes of a source.
pub(crate) struct Scan {
    /// The text for the grammar.
    pub clean: String,
    /// All comments in order.
    pub comments: Vec<Comment>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Where the clean text differs from what was written, in order: syntax errors there are
    /// consequences.
    pub faults: Vec<u32>,
    /// A `{` before which the structure can be trusted, if one is never closed.
    pub open_brace: Option<u32>,
    /// The last `}` that closes nothing.
    pub stray_brace: Option<u32>,
}

/// Whether a string may go on after the end of its line. It may; but where one is never closed,
/// the culprit is found by assuming that it may not.
#[derive(Clone, Copy, PartialEq)]
enum Strings {
    SpanLines,
    EndWithLine,
}

/// Why the text ended early.
enum Ended {
    Normally,
    InString,
    InComment,
}

/// Scans a source that is not longer than [`limits::SOURCE_BYTES`].
pub(crate) fn scan(source: &Source) -> Scan {
    let mut scanner = Scanner::new(source);
    if let Ended::InString = scanner.run(Strings::SpanLines) {
        scanner = Scanner::new(source);
        scanner.run(Strings::EndWithLine);
    }
    scanner.finish()
}

struct Scanner<'a> {
    source: &'a Source,
    bytes: &'a [u8],
    clean: Vec<u8>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    faults: Vec<u32>,
    unclosed_strings: Vec<usize>,
    /// Where the last reported run of invisible or foreign characters ends.
    hidden_end: Option<usize>,
    /// Reported words with letters outside ASCII.
    foreign_words: BTreeSet<String>,
    brackets: Brackets,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a Source) -> Self {
        let bytes = source.text().as_bytes();
        Scanner {
            source,
            bytes,
            clean: bytes.to_vec(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            faults: Vec::new(),
            unclosed_strings: Vec::new(),
            hidden_end: None,
            foreign_words: BTreeSet::new(),
            brackets: Brackets::default(),
        }
    }

    fn run(&mut self, strings: Strings) -> Ended {
        let mut at = 0;
        if self.source.text().starts_with('\u{FEFF}') {
            at = '\u{FEFF}'.len_utf8();
            self.blank(0, at);
        }
        while let Some(&byte) = self.bytes.get(at) {
            at = match byte {
                b'/' if self.bytes.get(at + 1) == Some(&b'/') => self.line_comment(at),
                b'/' if self.bytes.get(at + 1) == Some(&b'*') => match self.block_comment(at) {
                    Some(end) => end,
                    None => {
                        self.close_all(true);
                        return Ended::InComment;
                    }
                },
                b'"' => match self.string(at, strings) {
                    Some(end) => end,
                    None if strings == Strings::SpanLines => return Ended::InString,
                    None => self.unclosed_string(at),
                },
                b'(' | b'[' | b'{' => self.open(at),
                b')' | b']' | b'}' => self.close(at),
                b';' => {
                    let closed = self.brackets.semicolon(at);
                    self.settle(closed);
                    at + 1
                }
                b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => self.word(at),
                b' ' | b'\t' | b'\n' => at + 1,
                b'\r' if self.bytes.get(at + 1) == Some(&b'\n') => at + 1,
                0x21..=0x7e => at + 1,
                _ => self.odd_character(at),
            };
        }
        self.close_all(false);
        Ended::Normally
    }

    fn open(&mut self, at: usize) -> usize {
        if self.brackets.open(at, self.bytes[at]) {
            self.report(
                at,
                Diagnostic::error("E0010", format!("brackets nest more than {} deep", limits::NESTING))
                    .at(self.source.span(at, at + 1), "this one is too deep")
                    .help("name an inner part with `let`, or move it into a block"),
            );
        }
        at + 1
    }

    fn close(&mut self, at: usize) -> usize {
        let aligned = self.indent(at);
        let source = self.source;
        let misplaced = |opener| aligned.is_some_and(|column| column < line_indent(source, opener));
        let closed = self.brackets.close(at, self.bytes[at], misplaced);
        self.settle(closed);
        at + 1
    }

    /// Closes what is still open at the end of the text; quietly if something else explains it.
    fn close_all(&mut self, quietly: bool) {
        let closed = self.brackets.finish(quietly);
        self.settle(closed);
    }

    fn settle(&mut self, closed: brackets::Closed) {
        for (start, end) in closed.blanks {
            self.blank(start, end);
        }
        self.faults.extend(closed.faults.into_iter().map(offset));
        for finding in closed.findings {
            if self.string_explains(&finding) {
                self.faults.push(offset(finding.place()));
                continue;
            }
            let (at, diagnostic) = finding.explain(self.source);
            self.report(at, diagnostic);
        }
    }

    /// Whether the partner of an unclosed bracket was swallowed by an unclosed string.
    fn string_explains(&self, finding: &brackets::Finding) -> bool {
        let brackets::Finding::Unclosed { at, byte, .. } = *finding else { return false };
        let line = self.source.line_index(at);
        let mut strings = self.unclosed_strings.iter();
        strings.any(|&string| byte == b'{' || (at < string && self.source.line_index(string) == line))
    }

    /// The column of a bracket that is first on its line.
    fn indent(&self, at: usize) -> Option<usize> {
        let blanks = self.bytes[..at].iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        (at == blanks || self.bytes[at - blanks - 1] == b'\n').then_some(blanks)
    }

    fn blank(&mut self, start: usize, end: usize) {
        self.replace(start, end, "");
    }

    /// Overwrites a range with `text` and blanks.
    fn replace(&mut self, start: usize, end: usize, text: &str) {
        let target = &mut self.clean[start..end];
        target.fill(b' ');
        if let Some(place) = target.get_mut(..text.len()) {
            place.copy_from_slice(text.as_bytes());
        }
    }

    fn report(&mut self, at: usize, diagnostic: Diagnostic) {
        self.faults.push(offset(at));
        if self.diagnostics.len() < MOST_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    fn finish(mut self) -> Scan {
        self.clean.extend(std::iter::repeat_n(b'}', self.brackets.unclosed_braces));
        self.faults.sort_unstable();
        Scan {
            // Only whole characters were overwritten, by ASCII.
            clean: String::from_utf8(self.clean).unwrap_or_default(),
            comments: self.comments,
            diagnostics: self.diagnostics,
            faults: self.faults,
            open_brace: self.brackets.first_unclosed.map(offset),
            stray_brace: self.brackets.last_stray.map(offset),
        }
    }
}

/// The indentation of the line that holds `at`.
fn line_indent(source: &Source, at: usize) -> usize {
    let line = source.line_range(source.line_index(at)).map_or(0, |range| range.start);
    source.text().as_bytes()[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
