//! What is missing: a name, a value, a layer, a separator, braces.
use super::super::scene::TokenKind;
use super::{Mistake, Rule};
use crate::Diagnostic;

impl Mistake<'_> {
    pub(super) fn stage(&self) -> Option<Diagnostic> {
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

    pub(super) fn expects_name(&self) -> bool {
        self.expects(&[Rule::name, Rule::pattern, Rule::parameter]) && !self.expects_value()
    }

    pub(super) fn name(&self) -> Option<Diagnostic> {
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
    pub(super) fn binding(&self) -> Option<Diagnostic> {
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

    pub(super) fn value(&self) -> Option<Diagnostic> {
        if !self.expects_value() || self.expects(&[Rule::body, Rule::semicolon]) {
            return None;
        }
        if self.last_is("import") {
            let diagnostic = Diagnostic::error("E0102", "expected a path in quotes after `import`");
            return Some(diagnostic.at(self.found_span(), self.found_label()).help("write `import \"blocks.net\";`"));
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

    pub(super) fn separator(&self) -> Option<Diagnostic> {
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

    pub(super) fn semicolon(&self) -> Option<Diagnostic> {
        if !self.expects(&[Rule::semicolon]) {
            return None;
        }
        if self.found_is("=") {
            let diagnostic = Diagnostic::error("E0121", "`=` cannot stand here")
                .at(self.found_span(), "`=` gives a value to a name");
            return Some(diagnostic.help("to compare write `==`"));
        }
        if let Some(first) = self.scene.first.filter(|first| first.text == "for" && self.last_is("}")) {
            let diagnostic = Diagnostic::error("E0109", "a `for` alone does nothing");
            return Some(diagnostic.at(self.span(&first), "not a statement").help(
                "repeat stages in a chain, `x -> for i in 0..3 { dense(4) -> relu }`, or name the list of its values with `let`",
            ));
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

    pub(super) fn body(&self) -> Option<Diagnostic> {
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
}
