//! The surroundings of a syntax error: the tokens before and after it, the bracket it stands in.

/// A token of cleaned text, coarse enough to talk about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub text: &'t str,
    pub kind: TokenKind,
    /// Offset in the text that was searched.
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    String,
    Mark,
}

/// Marks of several characters, longer ones first. Some are not netc's: they are what people write
/// by habit.
const MARKS: [&str; 19] =
    ["..=", "->", "..", "==", "!=", "<=", ">=", "&&", "||", "=>", "|>", ">>", "<<", "**", "::", "+=", "-=", "*=", "/="];

/// Words that no name may be.
pub(super) const KEYWORDS: [&str; 17] = [
    "network", "block", "train", "check", "import", "input", "output", "let", "layer", "param", "return", "target",
    "if", "else", "for", "in", "true",
];

impl Token<'_> {
    pub fn is_keyword(&self) -> bool {
        self.kind == TokenKind::Word && (KEYWORDS.contains(&self.text) || self.text == "false")
    }

    pub fn is_name(&self) -> bool {
        self.kind == TokenKind::Word && !self.is_keyword()
    }
}

/// The token at or after an offset.
pub(super) fn next_token(text: &str, from: usize) -> Option<Token<'_>> {
    let rest = text.get(from..)?;
    let start = from + (rest.len() - rest.trim_start().len());
    let rest = &text[start..];
    let first = rest.chars().next()?;
    let run = |test: fn(char) -> bool| rest.find(|letter: char| !test(letter)).unwrap_or(rest.len());
    let (kind, length) = match first {
        '_' | 'a'..='z' | 'A'..='Z' => (TokenKind::Word, run(|letter| letter.is_ascii_alphanumeric() || letter == '_')),
        '0'..='9' => (TokenKind::Number, number_length(rest)),
        '"' => (TokenKind::String, string_length(rest)),
        _ => {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark));
            (TokenKind::Mark, mark.map_or(first.len_utf8(), |mark| mark.len()))
        }
    };
    Some(Token { text: &rest[..length], kind, start, end: start + length })
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits =
        |from: usize| from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
    let mut end = digits(0);
    let after_point = bytes.get(end + 1).copied().unwrap_or(b' ');
    if bytes.get(end) == Some(&b'.')
        && !(after_point == b'.' || after_point == b'_' || after_point.is_ascii_alphabetic())
    {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    end
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What stands around the place where pest gave up.
pub(super) struct Scene<'t> {
    /// The first token of the bad text.
    pub first: Option<Token<'t>>,
    /// The token before the one before the place.
    pub second_last: Option<Token<'t>>,
    /// The token before the place.
    pub last: Option<Token<'t>>,
    /// The token at the place.
    pub found: Option<Token<'t>>,
    /// The token after that.
    pub next: Option<Token<'t>>,
    /// The innermost open bracket, and whether arguments stand in it.
    pub bracket: Option<(Token<'t>, bool)>,
    /// Whether an arrow stands before the place on the same bracket level and in the same item.
    pub chained: bool,
    /// Whether a line break separates the last token from the found one.
    pub on_next_line: bool,
}

/// Reads the text up to `at`.
pub(super) fn survey(text: &str, at: usize) -> Scene<'_> {
    let mut scene = Scene {
        first: None,
        second_last: None,
        last: None,
        found: None,
        next: None,
        bracket: None,
        chained: false,
        on_next_line: false,
    };
    let mut outer: Vec<(Option<(Token<'_>, bool)>, bool)> = Vec::new();
    let mut position = 0;
    while let Some(token) = next_token(text, position) {
        if token.end > at {
            scene.found = Some(token);
            scene.next = next_token(text, token.end);
            break;
        }
        scene.first = scene.first.or(Some(token));
        match token.text {
            "(" | "[" | "{" => {
                outer.push((scene.bracket, scene.chained));
                let callable = scene.last.is_some_and(|last| last.is_name());
                scene.bracket = Some((token, token.text == "(" && callable));
                scene.chained = false;
            }
            ")" | "]" | "}" => (scene.bracket, scene.chained) = outer.pop().unwrap_or((None, false)),
            "->" => scene.chained = true,
            "," | ";" => scene.chained = false,
            _ => {}
        }
        (scene.second_last, scene.last) = (scene.last, Some(token));
        position = token.end;
    }
    if let (Some(last), Some(found)) = (scene.last, scene.found) {
        scene.on_next_line = text[last.end..found.start].contains('\n');
    }
    scene
}
