//! From the tokens of a macro call to the text that they stand for, with a table from byte offsets back to tokens.
//!
//! Stable Rust gives no text of a call and cannot join spans; the language depends on no blanks, so the text is
//! rebuilt with one blank between tokens.

use proc_macro2::{Delimiter, Literal, Spacing, Span, TokenStream, TokenTree};
use std::ops::Range;

/// Text and the token behind each part of it.
pub struct Text {
    /// The text to parse.
    pub text: String,
    /// First byte of each token, ascending, and its span.
    tokens: Vec<(usize, Span)>,
}

impl Text {
    /// The text that tokens stand for.
    pub fn new(tokens: TokenStream) -> Text {
        let mut text = Text { text: String::new(), tokens: Vec::new() };
        text.stream(tokens);
        text
    }

    /// The first and the last token of a range of the text; an empty range has the token before it.
    pub fn tokens_at(&self, range: Range<usize>) -> (Span, Span) {
        let first = self.token_at(range.start);
        if range.is_empty() { (first, first) } else { (first, self.token_at(range.end - 1)) }
    }

    /// The last token.
    pub fn last(&self) -> Span {
        self.tokens.last().map_or_else(Span::call_site, |&(_, span)| span)
    }

    /// The token that covers a byte of the text, or the last one before it.
    fn token_at(&self, offset: usize) -> Span {
        let after = self.tokens.partition_point(|&(start, _)| start <= offset);
        match after.checked_sub(1).and_then(|index| self.tokens.get(index)) {
            Some(&(_, span)) => span,
            None => Span::call_site(),
        }
    }

    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if let TokenTree::Punct(punct) = &token
                && punct.as_char() == '#'
                && let Some(TokenTree::Group(group)) = tokens.peek()
                && let Some(docs) = docs(group.stream())
            {
                let lines: String = docs.lines().map(|line| format!("///{line}\n")).collect();
                self.push(punct.span(), &lines);
                tokens.next();
                continue;
            }
            self.token(token);
        }
    }

    fn token(&mut self, token: TokenTree) {
        let span = token.span();
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                    Delimiter::None => ("", ""),
                };
                self.push(group.span_open(), open);
                self.stream(group.stream());
                self.push(group.span_close(), close);
            }
            TokenTree::Punct(punct) => {
                self.push(span, &punct.as_char().to_string());
                if punct.spacing() == Spacing::Alone {
                    self.text.push(' ');
                }
            }
            TokenTree::Ident(ident) => self.push(span, &format!("{ident} ")),
            TokenTree::Literal(literal) => self.push(span, &format!("{literal} ")),
        }
    }

    fn push(&mut self, span: Span, text: &str) {
        if !text.is_empty() {
            self.tokens.push((self.text.len(), span));
            self.text.push_str(text);
        }
    }
}

/// The text of `doc = "…"`, which is what `/// …` becomes on its way into a macro.
fn docs(attribute: TokenStream) -> Option<String> {
    let mut tokens = attribute.into_iter();
    match (tokens.next()?, tokens.next()?, tokens.next()?) {
        (TokenTree::Ident(name), TokenTree::Punct(equals), TokenTree::Literal(text))
            if name == "doc" && equals.as_char() == '=' =>
        {
            string(&text).map(|text| if text.is_empty() { "\n".to_string() } else { text })
        }
        _ => None,
    }
}

/// The value of a string literal.
pub fn string(literal: &Literal) -> Option<String> {
    syn::parse_str::<syn::LitStr>(&literal.to_string()).ok().map(|text| text.value())
}

#[cfg(test)]
mod tests {
    use super::Text;
    use std::str::FromStr;

    #[test]
    fn tokens_become_text_that_lexes_to_the_same_tokens() {
        for source in [
            "network a { input x: [1, 28]; output y = x -> fc: dense(10) -> softmax(axis = channel); }",
            "check a { params <= 5M; memory.train(batch = 64) <= 64 MiB; 0..10; 1e-3; -2.5; (y - t)^2; 10% }",
        ] {
            let tokens = proc_macro2::TokenStream::from_str(source).expect("lexes");
            let text = Text::new(tokens.clone()).text;
            let again = proc_macro2::TokenStream::from_str(&text).expect("lexes");
            assert_eq!(tokens.to_string(), again.to_string());
        }
    }

    #[test]
    fn docs_come_back_as_comments() {
        for (source, text) in [
            ("/// A line.\nnetwork a { }", "/// A line.\nnetwork"),
            ("/// A line.\n///\n/// Another.\nnetwork a { }", "/// A line.\n///\n/// Another.\nnetwork"),
            ("/** Two\nlines. */ network a { }", "/// Two\n///lines. \nnetwork"),
        ] {
            let tokens = proc_macro2::TokenStream::from_str(source).expect("lexes");
            let found = Text::new(tokens).text;
            assert!(found.starts_with(text), "{found}");
        }
    }
}
