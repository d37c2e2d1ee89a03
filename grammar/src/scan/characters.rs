//! Characters that a `.net` text may not hold: control characters and bidirectional overrides
//! anywhere, others than ASCII outside strings and comments.
use super::Scanner;
use crate::Diagnostic;

/// Characters that word processors and formulas put where ASCII is meant.
const LOOKALIKES: &[(char, &str)] = &[
    ('−', "-"),
    ('–', "-"),
    ('—', "-"),
    ('×', "*"),
    ('·', "*"),
    ('÷', "/"),
    ('→', "->"),
    ('≤', "<="),
    ('≥', ">="),
    ('≠', "!="),
    ('“', "\""),
    ('”', "\""),
    ('„', "\""),
    ('‘', "\""),
    ('’', "\""),
    ('²', "^2"),
    ('³', "^3"),
    ('；', ";"),
    ('，', ","),
    ('：', ":"),
    ('（', "("),
    ('）', ")"),
];

/// Whether a character may stand nowhere, not even in a string.
fn is_control(character: char) -> bool {
    character.is_control() && !matches!(character, '\t' | '\n')
}

/// Whether a character reorders what is shown, so that text reads differently than it means.
fn reorders(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn name_of(character: char) -> String {
    match character {
        '\0' => "NUL".into(),
        '\r' => "a carriage return without a line feed".into(),
        '\u{FEFF}' => "a byte order mark (U+FEFF)".into(),
        other => format!("U+{:04X}", u32::from(other)),
    }
}

impl Scanner<'_> {
    /// Reports what may not stand in a comment or string.
    pub(super) fn check_text(&mut self, start: usize, end: usize, place: &str) {
        let text = &self.source.text()[start..end];
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
            return;
        }
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            if character == '\r' && matches!(characters.peek(), Some((_, '\n'))) {
                continue;
            }
            if is_control(character) || reorders(character) {
                self.report_hidden(start + at, character, &format!(" in a {place}"));
            }
        }
    }

    /// Handles a byte outside strings and comments that starts no token; gives where to go on.
    pub(super) fn odd_character(&mut self, at: usize) -> usize {
        let Some(character) = self.source.text()[at..].chars().next() else { return at + 1 };
        let end = at + character.len_utf8();
        if is_control(character) || reorders(character) {
            self.report_hidden(at, character, "");
            self.blank(at, end);
            return end;
        }
        if let Some(&(_, ascii)) = LOOKALIKES.iter().find(|(lookalike, _)| *lookalike == character) {
            let message = format!("`{character}` ({}) is not part of the language", name_of(character));
            self.report(
                at,
                Diagnostic::error("E0005", message)
                    .at(self.source.span(at, end), "not ASCII")
                    .help(format!("write `{ascii}`")),
            );
            let structural = matches!(ascii, "\"" | ";" | "(" | ")");
            self.replace(at, end, if structural { "" } else { ascii });
            return end;
        }
        if character.is_alphanumeric() {
            return self.foreign_word(at);
        }
        self.blank(at, end);
        if self.extends_last(at, end) {
            return end;
        }
        let shown = if character.is_whitespace() { String::new() } else { format!("`{character}` ") };
        let message = format!("the character {shown}({}) is not part of the language", name_of(character));
        self.report(
            at,
            Diagnostic::error("E0005", message)
                .at(self.source.span(at, end), "not ASCII")
                .help("remove it, or move it into a string or a comment"),
        );
        self.hidden_end = Some(end);
        end
    }

    /// A word with letters outside ASCII, reported as a whole and where it first stands.
    fn foreign_word(&mut self, at: usize) -> usize {
        let text = self.source.text();
        let is_ascii_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let start = at - self.bytes[..at].iter().rev().take_while(|byte| is_ascii_part(byte)).count();
        let rest = text[at..].find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
        let end = rest.map_or(text.len(), |length| at + length);
        let shown: String = text[start..end].chars().take(32).collect();
        if self.foreign_words.insert(shown.clone()) {
            self.report(
                at,
                Diagnostic::error("E0005", format!("`{shown}` has letters outside ASCII"))
                    .at(self.source.span(start, end), "names are ASCII letters, digits and `_`")
                    .help("spell the name in ASCII; comments and strings may hold any letters"),
            );
        }
        self.faults.push(super::offset(at));
        for (offset, letter) in text[at..end].char_indices().filter(|(_, letter)| !letter.is_ascii()) {
            let place = at + offset;
            self.replace(place, place + letter.len_utf8(), &"_".repeat(letter.len_utf8()));
        }
        end
    }

    fn report_hidden(&mut self, at: usize, character: char, place: &str) {
        let end = at + character.len_utf8();
        if self.extends_last(at, end) {
            return;
        }
        let span = self.source.span(at, end);
        let name = name_of(character);
        let diagnostic = if reorders(character) {
            Diagnostic::error("E0004", format!("{name} changes the order in which text is shown{place}"))
                .at(span, "invisible here")
                .help("remove it: with it, the text reads differently than it means")
        } else {
            let help = match (character, place.contains("string")) {
                ('\r', _) => "end lines with LF or CR LF".to_owned(),
                (_, true) => format!("remove it, or write it as `\\u{{{:x}}}`", u32::from(character)),
                _ => "remove it".to_owned(),
            };
            Diagnostic::error("E0003", format!("{name} is a control character{place}")).at(span, "here").help(help)
        };
        self.report(at, diagnostic);
        self.hidden_end = Some(end);
    }

    /// Whether the character stands directly after the last reported one, whose message it joins.
    fn extends_last(&mut self, at: usize, end: usize) -> bool {
        if self.hidden_end != Some(at) {
            return false;
        }
        let whole = self.source.span(at, end);
        if let Some(label) = self.diagnostics.last_mut().and_then(|last| last.labels.first_mut()) {
            label.span = label.span.to(whole);
        }
        self.hidden_end = Some(end);
        true
    }
}
