//! What people write by habit: words and operators of other languages, `:` for `=`.
use super::super::scene::{KEYWORDS, Token, TokenKind};
use super::{Mistake, Rule, shorten};
use crate::Diagnostic;
use crate::diagnostic::did_you_mean;

/// What other languages write, and what netc writes.
pub(super) const HABITS: [(&str, &str); 19] = [
    ("%", "`%` is only the unit in `10%`; the remainder is `mod(a, b)`"),
    ("**", "a power is written `a^b`"),
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("&", "write `&&`"),
    ("|", "write `||`, or `->` to lead a value on"),
    ("|>", "write `->`"),
    (">>", "write `->`"),
    ("=>", "write `->`"),
    ("'", "strings stand in double quotes"),
    ("..=", "`a..b` excludes `b`; write `a..b + 1`"),
    ("::", "write `.`"),
    ("+=", "values do not change; give the new one a name with `let`"),
    ("-=", "values do not change; give the new one a name with `let`"),
    ("*=", "values do not change; give the new one a name with `let`"),
    ("/=", "values do not change; give the new one a name with `let`"),
    ("?", "write `if a { x } else { y }`"),
    ("@", "a matrix product is `matmul(a, b)`"),
];

/// Words that start a statement of a recipe.
const SETTING_KEYWORDS: [&str; 2] = ["target", "let"];

/// Words that start something in other languages.
pub(super) const FOREIGN_STARTS: [(&str, &str); 13] = [
    ("var", "let"),
    ("const", "let"),
    ("val", "let"),
    ("def", "block"),
    ("fn", "block"),
    ("function", "block"),
    ("class", "network"),
    ("model", "network"),
    ("net", "network"),
    ("module", "network"),
    ("use", "import"),
    ("include", "import"),
    ("assert", "check"),
];

impl Mistake<'_> {
    pub(super) fn unit(&self) -> Option<Diagnostic> {
        let (last, found) = (self.scene.last?, self.scene.found?);
        let names_argument = self.scene.bracket.is_some() && self.scene.next.is_some_and(|next| next.text == "=");
        if names_argument
            || last.kind != TokenKind::Number
            || !found.is_name()
            || self.scene.on_next_line
            || !self.expects_operator()
        {
            return None;
        }
        let spellings = crate::ast::Unit::SPELLINGS.iter().map(|(spelling, _)| *spelling);
        let help = match (found.text, did_you_mean(found.text, spellings)) {
            ("K", _) => "did you mean `k`?".to_owned(),
            ("m" | "mio", _) => "did you mean `M`?".to_owned(),
            (text, _) if last.text == "0" && text.starts_with(['x', 'b', 'o']) => {
                "write the number in decimal".to_owned()
            }
            (_, Some(meant)) => format!("did you mean `{meant}`?"),
            _ => "units are %, k, M, G, T, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, epochs and steps".to_owned(),
        };
        let message = format!("`{}` is not a unit", shorten(found.text));
        Some(Diagnostic::error("E0111", message).at(self.span(&found), "unknown unit").help(help))
    }

    pub(super) fn foreign_operator(&self) -> Option<Diagnostic> {
        let found = self.scene.found?;
        if let Some(percent) = self.scene.last.filter(|last| last.text == "%" && self.expects_operator()) {
            let (_, help) = HABITS[0];
            let diagnostic =
                Diagnostic::error("E0121", "`%` is not an operator").at(self.span(&percent), "a unit here");
            return Some(diagnostic.help(help));
        }
        if let Some(not) = self.scene.last.filter(|last| last.text == "not" && found.kind != TokenKind::Mark) {
            let diagnostic = Diagnostic::error("E0121", "`not` is not an operator here").at(self.span(&not), "");
            return Some(diagnostic.help("write `!`"));
        }
        let doubled = self.scene.last.filter(|last| last.end == found.start);
        let joined = doubled.map(|last| format!("{}{}", last.text, found.text));
        let known = |text: &str| HABITS.iter().find(|(habit, _)| *habit == text);
        let is_word = found.kind == TokenKind::Word;
        let (token, (habit, help)) = match joined.as_deref().and_then(known).filter(|_| !is_word) {
            Some(entry) => (Token { start: doubled?.start, ..found }, entry),
            None => (found, known(found.text).filter(|_| !is_word || self.expects_operator() || found.text == "not")?),
        };
        if *habit == "%" && self.scene.last.is_none() {
            return None;
        }
        let message = format!("`{habit}` is not an operator here");
        Some(Diagnostic::error("E0121", message).at(self.span(&token), "").help(*help))
    }

    /// A statement that starts with no keyword and is no value.
    pub(super) fn start(&self) -> Option<Diagnostic> {
        if self.item {
            return None;
        }
        if self.found_is("->") && self.scene.last.is_none() {
            let diagnostic = Diagnostic::error("E0102", "a chain starts with a value")
                .at(self.found_span(), "nothing is led on here");
            return Some(diagnostic.help("write `x -> …`; is a `;` too early?"));
        }
        let operators = ["+", "*", "/", "^", "==", "!=", "<", ">", "<=", ">=", "&&", "||", ".."];
        if let Some(found) =
            self.scene.found.filter(|found| self.scene.last.is_none() && operators.contains(&found.text))
        {
            let message = format!("a statement cannot start with `{}`", found.text);
            let diagnostic = Diagnostic::error("E0102", message).at(self.span(&found), "no value stands before it");
            return Some(
                diagnostic.help("after an `if` statement put the `if` in parentheses: `(if a { x } else { y }) + z`"),
            );
        }
        let first = self.scene.first.filter(|first| first.is_name() && Some(*first) == self.scene.last)?;
        let found = self.scene.found?;
        if found.is_name() && !self.scene.on_next_line {
            let known = if self.is_setting { &SETTING_KEYWORDS[..] } else { &KEYWORDS[..] };
            let foreign = FOREIGN_STARTS.iter().find(|(foreign, _)| *foreign == first.text).map(|(_, meant)| *meant);
            let foreign = foreign.filter(|meant| known.contains(meant));
            let meant = foreign.or_else(|| did_you_mean(first.text, known.iter().copied()));
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if self.is_setting => {
                    "a recipe holds `target name: type;`, `let name = value;` and settings like `batch = 64;`".into()
                }
                None => "statements start with input, let, layer, param, output, return or if".into(),
            };
            let message = format!("`{}` does not start a statement", shorten(first.text));
            return Some(Diagnostic::error("E0107", message).at(self.span(&first), "unknown").help(help));
        }
        None
    }

    /// `kernel: 3` for `kernel = 3`, and `image: [3]` without `input`.
    pub(super) fn named_by_colon(&self) -> Option<Diagnostic> {
        let name = self.scene.second_last.filter(|name| name.kind == TokenKind::Word && self.last_is(":"))?;
        let shown = shorten(name.text);
        match self.scene.bracket {
            Some((_, true)) => Some(
                Diagnostic::error("E0123", "an argument is given with `=`")
                    .at(self.span(&self.scene.last?), "`:` names a layer")
                    .help(format!("write `{shown} = …`")),
            ),
            None if Some(name) == self.scene.first && !name.is_keyword() && !self.scene.chained => Some(
                Diagnostic::error("E0123", format!("`{shown}:` declares nothing"))
                    .at(self.span(&name), "missing its keyword")
                    .help(format!("write `input {shown}: …;`, or `let {shown} = …;` for a value")),
            ),
            _ => None,
        }
    }

    pub(super) fn after_stage(&self) -> Option<Diagnostic> {
        let found = self.scene.found?;
        let operators = ["+", "-", "*", "/", "^", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "..", "[", "."];
        if !self.scene.chained || !operators.contains(&found.text) || !self.expects(&[Rule::arrow, Rule::arguments]) {
            return None;
        }
        Some(
            Diagnostic::error("E0113", format!("`{}` cannot follow a layer", found.text))
                .at(self.span(&found), "`->` binds loosest")
                .help("put the chain in parentheses, `(x -> relu) + y`, or name it with `let`"),
        )
    }

    pub(super) fn keyword(&self) -> Option<Diagnostic> {
        let found = self.scene.found.filter(Token::is_keyword)?;
        let as_value = self.expects_value() && !self.scene.on_next_line && self.scene.last.is_some();
        if !(self.expects_name() || as_value)
            || matches!(found.text, "if" | "for" | "else" | "in") && !self.expects_name()
        {
            return None;
        }
        let message = format!("`{}` is a keyword and cannot be a name", found.text);
        let help = format!("choose another name, for instance `{}_`", found.text);
        Some(Diagnostic::error("E0104", message).at(self.span(&found), "a keyword").help(help))
    }
}
