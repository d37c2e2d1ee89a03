//! Comments, strings and words: where they end, and what is wrong when they do not.
use super::{Scanner, Strings};
use crate::comment::{Comment, CommentKind};
use crate::{Diagnostic, limits};

impl Scanner<'_> {
    pub(super) fn line_comment(&mut self, start: usize) -> usize {
        let end = self.line_end(start);
        let kind = CommentKind::of_line(&self.source.text()[start..end]);
        self.comment(start, end, kind);
        end
    }

    /// The end of the comment, or `None` if it is never closed, which is then reported.
    pub(super) fn block_comment(&mut self, start: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = start;
        while at < self.bytes.len() {
            match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    at += 2;
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        self.comment(start, at, CommentKind::Block);
                        return Some(at);
                    }
                }
                _ => at += 1,
            }
        }
        let mut diagnostic = Diagnostic::error("E0009", "this comment is never closed")
            .at(self.source.span(start, start + 2), "it runs to the end of the file")
            .help("close it with `*/`, or use `//` for one line");
        if depth > 1 {
            diagnostic = diagnostic.why(format!("comments nest, and {depth} `/*` have no `*/`"));
        }
        self.report(start, diagnostic);
        self.comment(start, self.bytes.len(), CommentKind::Block);
        None
    }

    pub(super) fn comment(&mut self, start: usize, end: usize, kind: CommentKind) {
        self.check_text(start, end, "comment");
        self.comments.push(Comment { span: self.source.span(start, end), kind });
        self.blank(start, end);
    }

    /// The end of the string that opens at `start`, or `None` if it has none.
    pub(super) fn string(&mut self, start: usize, strings: Strings) -> Option<usize> {
        let mut at = start + 1;
        loop {
            match self.bytes.get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                b'\n' if strings == Strings::EndWithLine => return None,
                _ => at += 1,
            }
        }
        self.check_text(start, at, "string");
        Some(at + 1)
    }

    pub(super) fn unclosed_string(&mut self, start: usize) -> usize {
        let end = self.line_end(start);
        self.unclosed_strings.push(start);
        self.report(
            start,
            Diagnostic::error("E0008", "this string is never closed")
                .at(self.source.span(start, start + 1), "it opens here")
                .help("close it with `\"` on the same line; a quote inside a string is written `\\\"`"),
        );
        self.blank(start, end);
        end
    }

    pub(super) fn word(&mut self, start: usize) -> usize {
        let length = self.bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
        let end = start + length.count();
        if end - start > limits::NAME_BYTES && !self.bytes[start].is_ascii_digit() {
            let shown = &self.source.text()[start..start + 16];
            let message = format!("the name `{shown}…` has {} bytes", end - start);
            self.report(
                start,
                Diagnostic::error("E0011", message)
                    .at(self.source.span(start, end), format!("at most {} are allowed", limits::NAME_BYTES))
                    .help("give it a shorter name"),
            );
            self.blank(start + limits::NAME_BYTES, end);
        }
        end
    }

    /// The end of the line, before its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let length = self.bytes[at..].iter().position(|&byte| byte == b'\n').unwrap_or(self.bytes.len() - at);
        let end = at + length;
        if end > at && self.bytes[end - 1] == b'\r' && end < self.bytes.len() { end - 1 } else { end }
    }
}
