//! Numbers and strings: digits to checked values, escapes to characters.
use super::item::shorten;
use super::{Builder, Rule};
use crate::ast::{Number, NumberValue, Unit};
use crate::{Diagnostic, Span};
use pest::iterators::Pair;

impl Builder<'_> {
    /// A `number` pair.
    pub(super) fn number(&mut self, pair: Pair<'_, Rule>) -> Number {
        let whole = self.span(&pair);
        let mut number = Number { value: NumberValue::Int(0), unit: None };
        let mut end = 0;
        for part in pair.into_inner() {
            let span = self.span(&part);
            if part.as_rule() == Rule::numeral {
                number.value = self.numeral(part.as_str(), span);
                end = span.end;
                continue;
            }
            number.unit = Unit::from_spelling(part.as_str());
            let adjacent = span.start == end;
            if adjacent && matches!(number.unit, Some(Unit::Epochs | Unit::Steps)) {
                let unit = part.as_str();
                let diagnostic = Diagnostic::error("E0111", format!("`{unit}` needs a blank before it"))
                    .at(whole, "written as one word")
                    .help(format!("write `{} {unit}`", self.source.slice(Span { end, ..whole })));
                self.report(diagnostic);
            }
        }
        if let (NumberValue::Int(value), Some(factor)) = (number.value, number.unit.and_then(Unit::factor))
            && value.checked_mul(factor).is_none()
        {
            self.report_range(whole, "this number");
            number.value = NumberValue::Int(0);
        }
        number
    }

    fn numeral(&mut self, text: &str, span: Span) -> NumberValue {
        let digits = text.replace('_', "");
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let value = digits.parse();
            if value.is_err() {
                self.report_range(span, &format!("the number {}", shorten(text)));
            }
            return NumberValue::Int(value.unwrap_or(0));
        }
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => NumberValue::Float(value),
            _ => {
                let diagnostic = Diagnostic::error("E0110", format!("the number {} is too large", shorten(text)))
                    .at(span, "not finite")
                    .help("the largest number is about 1.8e308");
                self.report(diagnostic);
                NumberValue::Float(0.0)
            }
        }
    }

    fn report_range(&mut self, span: Span, what: &str) {
        let diagnostic = Diagnostic::error("E0110", format!("{what} is too large"))
            .at(span, "does not fit 64 bits")
            .help(format!("the largest integer is {}; with a point (`1e19`, `2.0`) it is a float", i64::MAX));
        self.report(diagnostic);
    }

    /// The characters of a `string` pair.
    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> String {
        let text = pair.as_str();
        let start = pair.as_span().start();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
        let mut value = String::with_capacity(inner.len());
        let mut at = 0;
        while let Some(character) = inner[at..].chars().next() {
            if character == '\\' {
                let (escaped, length) = self.escape(&inner[at..], start + 1 + at);
                value.extend(escaped);
                at += length;
                continue;
            }
            at += character.len_utf8();
            // As in Rust, a line break is LF whatever the file uses.
            if !(character == '\r' && inner[at..].starts_with('\n')) {
                value.push(character);
            }
        }
        value
    }

    /// The character that an escape stands for, and the escape's length in bytes.
    fn escape(&mut self, text: &str, offset: usize) -> (Option<char>, usize) {
        let Some(letter) = text.chars().nth(1) else { return (None, text.len()) };
        let simple = match letter {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '0' => Some('\0'),
            '\\' | '"' | '\'' => Some(letter),
            _ => None,
        };
        if simple.is_some() {
            return (simple, 2);
        }
        match letter {
            '\n' | '\r' => {
                let rest = &text[1..];
                (None, 1 + rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len())
            }
            'x' => {
                let digits = text.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                match digits.filter(u8::is_ascii) {
                    Some(byte) => (Some(char::from(byte)), 4),
                    None => self.bad_escape(text, offset, 2, "`\\x` takes two digits from 00 to 7f"),
                }
            }
            'u' => match unicode_escape(text) {
                Some((character, length)) => (Some(character), length),
                None => self.bad_escape(text, offset, 2, "write a character as `\\u{2192}`"),
            },
            other => {
                let help = "escapes are \\n \\r \\t \\0 \\\\ \\\" \\' \\x41 \\u{2192}; a backslash is written `\\\\`";
                self.bad_escape(text, offset, 1 + other.len_utf8(), help)
            }
        }
    }

    fn bad_escape(&mut self, text: &str, offset: usize, length: usize, help: &str) -> (Option<char>, usize) {
        let shown = text.get(..length).unwrap_or("\\");
        let diagnostic = Diagnostic::error("E0112", format!("unknown escape `{shown}` in a string"))
            .at(self.source.span(offset, offset + length), "not an escape")
            .help(help);
        self.report(diagnostic);
        (None, length)
    }
}

/// `\u{…}` at the start of a text, with its length.
fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("\\u{")?;
    let length = digits.bytes().take(8).position(|byte| byte == b'}')?;
    let number = u32::from_str_radix(&digits[..length].replace('_', ""), 16).ok()?;
    Some((char::from_u32(number)?, "\\u{}".len() + length))
}
