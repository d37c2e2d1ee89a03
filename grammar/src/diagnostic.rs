//! What the compiler tells people: a [`Diagnostic`] has a code with its own page, a message,
//! labelled places, the reason and a way out.
use crate::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input is rejected.
    Error,
    /// The input is accepted, but something in it is unused, dead or suspicious.
    Warning,
}

/// A place with what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A phrase, in lower case and without a full stop; may be empty.
    pub text: String,
    /// Whether this is where the fault is; other labels show what it conflicts with.
    pub primary: bool,
}

/// One message to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code (`E0301`, `W0203`); each has a line in [`crate::CODES`].
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, in one phrase in lower case without a full stop.
    pub message: String,
    /// Places, the primary one first; empty only where there is no text to point at.
    pub labels: Vec<Label>,
    /// The chain of reasons with the numbers in.
    pub why: Option<String>,
    /// A concrete way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without places yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without places yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { code, severity, message: message.into(), labels: Vec::new(), why: None, help: None }
    }

    /// Adds the place of the fault.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        let first_secondary = self.labels.iter().position(|label| !label.primary).unwrap_or(self.labels.len());
        self.labels.insert(first_secondary, Label { span, text: text.into(), primary: true });
        self
    }

    /// Adds a place that explains: the other producer, the earlier definition.
    #[must_use]
    pub fn note(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// Gives the reason.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Gives the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Gives the way out if there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into).or(self.help);
        self
    }

    /// Where the fault is.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether this rejects the input.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Diagnostics in the order of the text, each fault once: of several with the same code and place
/// the first stays.
pub fn arrange(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |diagnostic: &Diagnostic| {
        let span = diagnostic.span();
        (span.map(|span| (span.file, span.start)), diagnostic.code, span.map(|span| span.end))
    };
    diagnostics.sort_by_key(key);
    diagnostics.dedup_by(|later, earlier| key(later) == key(earlier));
    diagnostics
}

/// The candidate that the writer of `word` most likely meant, for "did you mean `…`?".
///
/// Case, `_` and `-` are ignored; otherwise the Damerau–Levenshtein distance may be a third of the
/// longer word's length. The first of equally near candidates wins, so the answer is deterministic
/// for a fixed order.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "");
    if word.len() > LONGEST {
        return None;
    }
    let wanted = plain(word);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == word || candidate.len() > LONGEST {
            continue;
        }
        let other = plain(candidate);
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        let allowed = wanted.len().max(other.len()) / 3;
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions_follow_spelling() {
        let names = ["conv2d", "conv_transpose2d", "dense", "dropout", "relu", "leaky_relu", "same"];
        for (word, expected) in [
            ("conv2", Some("conv2d")),
            ("Conv2D", Some("conv2d")),
            ("dens", Some("dense")),
            ("drop_out", Some("dropout")),
            ("ReLU", Some("relu")),
            ("leakyrelu", Some("leaky_relu")),
            ("transformer", None),
            ("x", None),
        ] {
            assert_eq!(did_you_mean(word, names), expected, "{word}");
        }
    }
}
