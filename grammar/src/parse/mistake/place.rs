//! What stands where only something else may stand.
use super::habit::FOREIGN_STARTS;
use super::{Mistake, shorten};
use crate::Diagnostic;
use crate::diagnostic::did_you_mean;

/// Words that start an item.
pub(in crate::parse) const ITEM_KEYWORDS: [&str; 5] = ["network", "block", "train", "check", "import"];

/// Words that start a statement.
const STATEMENT_KEYWORDS: [&str; 9] = ["input", "output", "let", "layer", "param", "return", "target", "if", "for"];

impl Mistake<'_> {
    pub(super) fn empty(&self) -> Option<Diagnostic> {
        (self.end <= 1 && self.found_is(";")).then(|| {
            Diagnostic::error("E0107", "nothing stands before this `;`")
                .at(self.found_span(), "not needed")
                .help("remove it")
        })
    }

    pub(super) fn item(&self) -> Option<Diagnostic> {
        if !self.item || self.scene.first.is_some() {
            return None;
        }
        let found = self.scene.found?;
        let word = shorten(found.text);
        let diagnostic = Diagnostic::error("E0108", "expected `network`, `block`, `train`, `check` or `import`")
            .at(self.span(&found), "");
        let help = if STATEMENT_KEYWORDS.contains(&found.text) {
            format!("`{word}` belongs into the braces of a network or block; is a `}}` too early?")
        } else if found.text == "#" {
            "comments start with `//`; `#[allow(…)]` stands before an item".to_owned()
        } else if let Some((_, meant)) = FOREIGN_STARTS.iter().find(|(foreign, _)| *foreign == found.text) {
            format!("did you mean `{meant}`?")
        } else if let Some(meant) = did_you_mean(found.text, ITEM_KEYWORDS) {
            format!("did you mean `{meant}`?")
        } else {
            "a file holds networks, blocks, training recipes, checks and imports".into()
        };
        Some(diagnostic.help(help))
    }

    pub(super) fn nested_item(&self) -> Option<Diagnostic> {
        let found =
            self.scene.found.filter(|found| self.scene.first.is_none() && super::is_item_keyword(found.text))?;
        let message = format!("`{}` cannot stand inside braces", found.text);
        Some(
            Diagnostic::error("E0109", message)
                .at(self.span(&found), "not here")
                .help("it belongs at the top level of the file; is a `}` missing before it?"),
        )
    }
}
