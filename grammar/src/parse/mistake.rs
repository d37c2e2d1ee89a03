//! What to say about a syntax error: from the place where pest gave up to a message in the user's
//! language. pest's rule names never leave this file.
use super::Rule;
use super::item::shorten;
use super::recover::Failure;
use super::scene::{KEYWORDS, Scene, Token, TokenKind, survey};
use crate::diagnostic::did_you_mean;
use crate::{Diagnostic, Source, Span};

/// What other languages write, and what netc writes.
const HABITS: [(&str, &str); 20] = [
    ("%", "`%` is only the unit in `10%`; the remainder is `mod(a, b)`"),
    ("**", "a power is written `a^b`"),
    ("//", "a rounded quotient is `floor_div(a, b)`"),
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

/// Words that start something in other languages.
const FOREIGN_STARTS: [(&str, &str); 13] = [
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

const ITEM_KEYWORDS: [&str; 5] = ["network", "block", "train", "check", "import"];
const STATEMENT_KEYWORDS: [&str; 9] = ["input", "output", "let", "layer", "param", "return", "target", "if", "for"];

/// Whether a word starts an item.
pub(super) fn is_item_keyword(word: &str) -> bool {
    ITEM_KEYWORDS.contains(&word)
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

    fn empty(&self) -> Option<Diagnostic> {
        (self.end <= 1 && self.found_is(";")).then(|| {
            Diagnostic::error("E0107", "nothing stands before this `;`")
                .at(self.found_span(), "not needed")
                .help("remove it")
        })
    }

    fn item(&self) -> Option<Diagnostic> {
        if !self.item || self.scene.first.is_some() {
            return None;
        }
        let found = self.scene.found?;
        let word = shorten(found.text);
        let diagnostic = Diagnostic::error("E0108", "expected `network`, `block`, `train`, `check` or `import`")
            .at(self.span(&found), "");
        let help = if STATEMENT_KEYWORDS.contains(&found.text) {
            format!("`{word}` belongs into the braces of a network or block; is a `}}` too early?")
        } else if let Some((_, meant)) = FOREIGN_STARTS.iter().find(|(foreign, _)| *foreign == found.text) {
            format!("did you mean `{meant}`?")
        } else if let Some(meant) = did_you_mean(found.text, ITEM_KEYWORDS) {
            format!("did you mean `{meant}`?")
        } else {
            "a file holds networks, blocks, training recipes, checks and imports".into()
        };
        Some(diagnostic.help(help))
    }

    fn nested_item(&self) -> Option<Diagnostic> {
        let found = self.scene.found.filter(|found| self.scene.first.is_none() && is_item_keyword(found.text))?;
        let message = format!("`{}` cannot stand inside braces", found.text);
        Some(
            Diagnostic::error("E0109", message)
                .at(self.span(&found), "not here")
                .help("it belongs at the top level of the file; is a `}` missing before it?"),
        )
    }

    fn unit(&self) -> Option<Diagnostic> {
        let (last, found) = (self.scene.last?, self.scene.found?);
        let before = self.scene.second_last;
        if found.text == "="
            && last.kind == TokenKind::Word
            && before.is_some_and(|token| token.kind == TokenKind::Number)
        {
            // `batch = 64` without `;` before `epochs = 12`: the next key was read as a unit.
            let number = before?;
            let end = self.source.span(self.base + number.end, self.base + number.end);
            let message = format!("expected `;` after `{}`", shorten(number.text));
            return Some(Diagnostic::error("E0101", message).at(end, "expected `;` here").help("add `;`"));
        }
        if last.kind != TokenKind::Number || !found.is_name() || self.scene.on_next_line || !self.expects_operator() {
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

    fn foreign_operator(&self) -> Option<Diagnostic> {
        let found = self.scene.found?;
        if let Some(percent) = self.scene.last.filter(|last| last.text == "%" && self.expects_operator()) {
            let (_, help) = HABITS[0];
            let diagnostic =
                Diagnostic::error("E0121", "`%` is not an operator").at(self.span(&percent), "a unit here");
            return Some(diagnostic.help(help));
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
    fn start(&self) -> Option<Diagnostic> {
        if self.item {
            return None;
        }
        if self.found_is("->") && self.scene.last.is_none() {
            let diagnostic = Diagnostic::error("E0102", "a chain starts with a value")
                .at(self.found_span(), "nothing is led on here");
            return Some(diagnostic.help("write `x -> …`; is a `;` too early?"));
        }
        let first = self.scene.first.filter(|first| first.is_name() && Some(*first) == self.scene.last)?;
        let found = self.scene.found?;
        if found.is_name() && !self.scene.on_next_line {
            let known = KEYWORDS.iter().copied();
            let foreign = FOREIGN_STARTS.iter().find(|(foreign, _)| *foreign == first.text).map(|(_, meant)| *meant);
            let meant = foreign.or_else(|| did_you_mean(first.text, known));
            let help = match meant {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "statements start with input, let, layer, param, output, return or if".into(),
            };
            let message = format!("`{}` does not start a statement", shorten(first.text));
            return Some(Diagnostic::error("E0107", message).at(self.span(&first), "unknown").help(help));
        }
        None
    }

    /// `kernel: 3` for `kernel = 3`, and `image: [3]` without `input`.
    fn named_by_colon(&self) -> Option<Diagnostic> {
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

    fn after_stage(&self) -> Option<Diagnostic> {
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

    fn stage(&self) -> Option<Diagnostic> {
        let labelled = self.last_is(":") && self.scene.chained;
        let in_fragment = self.last_is("{") && self.expects(&[Rule::stage, Rule::call, Rule::fragment]);
        if !(self.last_is("->") || labelled || in_fragment) {
            return None;
        }
        let help = match self.scene.found {
            Some(found) if matches!(found.kind, TokenKind::Number | TokenKind::String) || found.text == "(" => {
                "a stage is an operator, block or layer; arithmetic stands before the chain or in a `let`"
            }
            Some(found) if found.text == "}" => "braces after an arrow hold at least one stage",
            _ => "a stage is an operator, block or layer, `if`, `for` or stages in braces",
        };
        let message = format!("expected a layer{}", self.after_last());
        Some(Diagnostic::error("E0105", message).at(self.found_span(), self.found_label()).help(help))
    }

    fn expects_name(&self) -> bool {
        self.expects(&[Rule::name, Rule::pattern, Rule::parameter]) && !self.expects_value()
    }

    fn keyword(&self) -> Option<Diagnostic> {
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

    fn name(&self) -> Option<Diagnostic> {
        if !self.expects_name() || self.expects(&[Rule::body]) {
            return None;
        }
        let help = match self.scene.found {
            Some(found) if found.kind == TokenKind::Number => "names start with a letter or `_`",
            Some(found) if found.kind == TokenKind::String => "names stand without quotes",
            _ => "names are ASCII letters, digits and `_`",
        };
        let message = format!("expected a name{}", self.after_last());
        Some(Diagnostic::error("E0103", message).at(self.found_span(), self.found_label()).help(help))
    }

    /// What stands between a name and its value or type.
    fn binding(&self) -> Option<Diagnostic> {
        if self.expects_operator() {
            return None;
        }
        let first = self.first_text();
        let (message, help) = if self.expects(&[Rule::assign]) && matches!(first, "let" | "layer" | "output") {
            let help = match self.scene.found {
                Some(found) if found.text == ":" => format!("`{first}` takes no type; write `{first} name = …;`"),
                Some(found) if found.is_name() && self.last_is("mut") => "values do not change; leave `mut` out".into(),
                Some(found) if found.text == "," => "several names stand in parentheses: `let (a, b) = …;`".into(),
                _ => format!("write `{first} name = …;`"),
            };
            (format!("expected `=`{}", self.after_last()), help)
        } else if self.expects(&[Rule::colon]) && matches!(first, "input" | "target" | "param") {
            (format!("expected `:` and a type{}", self.after_last()), format!("write `{first} name: [1, 28, 28];`"))
        } else if self.expects(&[Rule::tensor_type, Rule::extents, Rule::element]) && self.last_is(":") {
            ("expected a type after `:`".into(), "types are `[1, 28, 28]`, `float`, `bool`, `int in 0..10`".into())
        } else if self.expects(&[Rule::word]) && self.last_is(":") {
            ("expected a type after `:`".into(), "types of arguments are int, float, bool, string and list".into())
        } else if self.expects(&[Rule::kw_in]) && self.scene.second_last.is_some_and(|token| token.text == "for") {
            (format!("expected `in`{}", self.after_last()), "write `for i in 0..3 { … }`".into())
        } else {
            return None;
        };
        Some(Diagnostic::error("E0123", message).at(self.found_span(), self.found_label()).help(help))
    }

    fn value(&self) -> Option<Diagnostic> {
        if !self.expects_value() || self.expects(&[Rule::body, Rule::semicolon]) {
            return None;
        }
        let help = match (self.scene.found.map(|found| found.text), self.first_text()) {
            (Some(";"), "return") => "a block returns a value: `return x;`",
            (Some(")" | "]"), _) if self.last_is(",") => "remove the second `,`",
            (Some(","), _) => "an argument is missing before the `,`, or there is one `,` too many",
            (Some("else"), _) => "`else` follows the `}` of an `if`",
            (Some("="), _) if self.last_is("=") => "one `=` gives a value, `==` compares",
            _ => "a value is a number, a string, a name, a list, a call or a chain",
        };
        let message = format!("expected a value{}", self.after_last());
        Some(Diagnostic::error("E0102", message).at(self.found_span(), self.found_label()).help(help))
    }

    fn separator(&self) -> Option<Diagnostic> {
        let (bracket, is_call) = self.scene.bracket.filter(|(bracket, _)| bracket.text != "{")?;
        let (close, what) = match (bracket.text, is_call) {
            ("[", _) => ("]", "items"),
            (_, true) => (")", "arguments"),
            _ => (")", "values"),
        };
        let help = match self.scene.found {
            Some(found) if found.text == "=" => {
                "a named argument is one word, `=` and a value; `==` compares".to_owned()
            }
            Some(found) if found.text == ":" => "an argument is given with `=`".to_owned(),
            _ => format!("separate {what} with `,`"),
        };
        let message = format!("expected `,` or `{close}`{}", self.after_last());
        let place = if self.found_is("=") || self.found_is(":") { self.found_span() } else { self.gap() };
        Some(
            Diagnostic::error("E0106", message)
                .at(place, "expected here")
                .note(self.span(&bracket), "the bracket opens here")
                .help(help),
        )
    }

    fn semicolon(&self) -> Option<Diagnostic> {
        if !self.expects(&[Rule::semicolon]) {
            return None;
        }
        if self.found_is("=") {
            let diagnostic = Diagnostic::error("E0121", "`=` cannot stand here")
                .at(self.found_span(), "`=` gives a value to a name");
            return Some(diagnostic.help("to compare write `==`"));
        }
        let what = match self.first_text() {
            _ if self.scene.chained => "layer",
            "input" | "target" | "param" => "declaration",
            "import" => "import",
            "layer" => "layer",
            "return" => "`return`",
            _ if self.is_setting => "setting",
            _ => "value",
        };
        let message = format!("expected `;` after this {what}").replace("this `return`", "`return`");
        Some(Diagnostic::error("E0101", message).at(self.gap(), "expected `;` here").help("add `;`"))
    }

    fn body(&self) -> Option<Diagnostic> {
        let wanted = [Rule::body, Rule::train_body, Rule::fragment, Rule::parameters];
        let open = self.expects(&wanted) || self.found_is("{") || self.expects_operator() && !self.item;
        if !open || !(self.item || matches!(self.first_text(), "if" | "for") || self.expects(&wanted)) {
            return None;
        }
        let help = match self.scene.found {
            Some(found) if found.text == ":" => "the body stands in braces: `{ … }`",
            Some(found) if found.text == ";" => "a body in braces is missing before the `;`",
            _ => "add `{ … }`",
        };
        let message = format!("expected `{{`{}", self.after_last());
        Some(Diagnostic::error("E0122", message).at(self.found_span(), self.found_label()).help(help))
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
