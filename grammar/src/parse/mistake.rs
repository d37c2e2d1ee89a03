//! What to say about a syntax error: from the place where pest gave up to a message in the user's
//! language. pest's rule names never leave this file.
mod habit;
mod missing;
mod place;

use super::Rule;
use super::item::shorten;
use super::recover::Failure;
use super::scene::{Scene, Token, survey};
use crate::{Diagnostic, Source, Span};

/// Whether a word starts an item.
pub(super) fn is_item_keyword(word: &str) -> bool {
    place::ITEM_KEYWORDS.contains(&word)
}

/// Explains bad text that starts at `base` in the source.
pub(super) fn explain(
    source: &Source,
    base: usize,
    text: &str,
    failure: &Failure,
    rule: Rule,
    is_setting: bool,
) -> Diagnostic {
    let mistake = Mistake {
        source,
        base,
        at: failure.at.min(text.len()),
        end: text.trim_end().len(),
        expected: &failure.expected,
        item: rule == Rule::only_item,
        is_setting,
        scene: survey(text, failure.at),
    };
    mistake.diagnose()
}

struct Mistake<'a> {
    source: &'a Source,
    /// Offset of the text in the source.
    base: usize,
    /// Where pest gave up, in the text.
    at: usize,
    /// Where the text ends, in the text.
    end: usize,
    expected: &'a [Rule],
    item: bool,
    is_setting: bool,
    scene: Scene<'a>,
}

impl Mistake<'_> {
    /// The first explanation that fits, the specific ones before the general.
    fn diagnose(&self) -> Diagnostic {
        self.empty()
            .or_else(|| self.item())
            .or_else(|| self.nested_item())
            .or_else(|| self.unit())
            .or_else(|| self.foreign_operator())
            .or_else(|| self.start())
            .or_else(|| self.named_by_colon())
            .or_else(|| self.after_stage())
            .or_else(|| self.stage())
            .or_else(|| self.keyword())
            .or_else(|| self.name())
            .or_else(|| self.binding())
            .or_else(|| self.value())
            .or_else(|| self.separator())
            .or_else(|| self.semicolon())
            .or_else(|| self.body())
            .unwrap_or_else(|| self.unexpected())
    }

    fn expects(&self, rules: &[Rule]) -> bool {
        self.expected.iter().any(|rule| rules.contains(rule))
    }

    fn expects_operator(&self) -> bool {
        self.expects(&[Rule::infix])
    }

    fn expects_value(&self) -> bool {
        !self.expects_operator()
            && self.expects(&[
                Rule::operation,
                Rule::expression,
                Rule::argument,
                Rule::prefix,
                Rule::number,
                Rule::string,
                Rule::labelled,
                Rule::value,
                Rule::extent,
            ])
    }

    fn span(&self, token: &Token<'_>) -> Span {
        self.source.span(self.base + token.start, self.base + token.end)
    }

    /// The found token, or the place just after the last one.
    fn found_span(&self) -> Span {
        match &self.scene.found {
            Some(token) => self.span(token),
            None => self.gap(),
        }
    }

    /// The place just after the last token.
    fn gap(&self) -> Span {
        let end = self.scene.last.map_or(self.at.min(self.end), |token| token.end);
        self.source.span(self.base + end, self.base + end)
    }

    fn found_is(&self, text: &str) -> bool {
        self.scene.found.is_some_and(|found| found.text == text)
    }

    fn last_is(&self, text: &str) -> bool {
        self.scene.last.is_some_and(|last| last.text == text)
    }

    fn first_text(&self) -> &str {
        self.scene.first.map_or("", |first| first.text)
    }

    /// `after `x``, for messages about what is missing.
    fn after_last(&self) -> String {
        match &self.scene.last {
            Some(last) => format!(" after `{}`", shorten(last.text)),
            None => String::new(),
        }
    }

    fn found_label(&self) -> String {
        match &self.scene.found {
            Some(found) => format!("found `{}`", shorten(found.text)),
            None => "the text ends here".into(),
        }
    }

    fn unexpected(&self) -> Diagnostic {
        let message = match self.scene.found {
            Some(found) => format!("`{}` is unexpected{}", shorten(found.text), self.after_last()),
            None => format!("something is missing{}", self.after_last()),
        };
        Diagnostic::error("E0107", message)
            .at(self.found_span(), "not expected here")
            .help("see the page of the language for the form of statements")
    }
}
