//! `--set` values: parsed as expressions of the language, each in a small file of its own.

use super::Program;
use super::report::Reports;
use netc_grammar::ast::{Ast, Expr, Ident, ItemKind, Pattern, StatementKind};
use netc_grammar::{Diagnostic, Sources, Span, did_you_mean};

/// Which of the files hold settings.
#[derive(Debug, Default)]
pub struct Settings {
    entries: Vec<Setting>,
    first_file: Option<usize>,
}

#[derive(Debug)]
struct Setting {
    key: String,
    of_recipe: bool,
    file: usize,
    span: Span,
}

/// Parses `("classes", "5")` and `("train.batch", "32")`.
pub fn parse(
    pairs: &[(String, String)],
    sources: &mut Sources,
    files: &mut Vec<Ast>,
    reports: &mut Reports,
) -> Settings {
    let mut settings = Settings { entries: Vec::new(), first_file: Some(files.len()) };
    for (key, text) in pairs {
        let (of_recipe, name) = match key.strip_prefix("train.") {
            Some(name) => (true, name),
            None => (false, key.as_str()),
        };
        let before = format!("network settings {{ let {name} = ");
        let id = sources.add(format!("--set {key}"), format!("{before}{text}; }}"));
        let Some(source) = sources.get(id) else { continue };
        let parsed = netc_grammar::parse(source);
        let span = source.span(before.len(), before.len() + text.len());
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let ast = parsed.ast;
        if !is_name {
            let recipe = key.split_once('.').filter(|(section, _)| did_you_mean(section, ["train"]).is_some());
            let help = match recipe {
                Some((_, name)) => format!("did you mean `train.{name}`?"),
                None => "names are those of arguments, such as `classes`, or of the recipe, such as `train.batch`"
                    .to_string(),
            };
            let diagnostic = Diagnostic::error("E0214", format!("`{key}` cannot be the name of a setting"));
            reports.add(diagnostic.at(span, "").help(help));
        } else if !parsed.diagnostics.is_empty() || value(&ast).is_none() {
            let why = parsed.diagnostics.first().map(|problem| problem.message.clone());
            let mut diagnostic = Diagnostic::error("E0214", format!("the value `{text}` of `{key}` cannot be read"))
                .at(span, "")
                .help("a value is an expression of the language, such as `5`, `0.1` or `true`");
            if let Some(why) = why {
                diagnostic = diagnostic.why(why);
            }
            reports.add(diagnostic);
        }
        if settings.entries.iter().any(|known| known.key == name && known.of_recipe == of_recipe) {
            let diagnostic = Diagnostic::error("E0214", format!("`{key}` is set twice"));
            reports.add(diagnostic.at(span, "").help("keep one of the two"));
        }
        settings.entries.push(Setting { key: name.to_string(), of_recipe, file: files.len(), span });
        files.push(ast);
    }
    settings
}

impl Settings {
    /// Whether a file is a setting and not a part of the program.
    pub fn owns(&self, file: usize) -> bool {
        self.first_file.is_some_and(|first| file >= first)
    }

    /// Keys that are arguments of the network.
    pub fn network_keys(&self) -> impl Iterator<Item = (&str, Span)> {
        self.entries.iter().filter(|entry| !entry.of_recipe).map(|entry| (entry.key.as_str(), entry.span))
    }
}

impl<'a> Program<'a> {
    /// The value that `--set` gives to an argument of the network.
    pub fn setting(&self, key: &str) -> Option<&'a Expr> {
        self.setting_of(key, false)
    }

    /// The values that `--set train.…` gives to the recipe.
    pub fn recipe_settings(&self) -> impl Iterator<Item = (&str, Span, &'a Expr)> {
        let entries = self.settings.entries.iter().filter(|entry| entry.of_recipe);
        entries.filter_map(|entry| Some((entry.key.as_str(), entry.span, value(self.files.get(entry.file)?)?)))
    }

    fn setting_of(&self, key: &str, of_recipe: bool) -> Option<&'a Expr> {
        let entry = self.settings.entries.iter().find(|entry| entry.of_recipe == of_recipe && entry.key == key)?;
        value(self.files.get(entry.file)?)
    }
}

/// The expression of `network settings { let key = …; }`, if that is all there is.
fn value(ast: &Ast) -> Option<&Expr> {
    let [item] = ast.items.as_slice() else { return None };
    let ItemKind::Network(definition) = &item.kind else { return None };
    let [statement] = definition.body.statements.as_slice() else { return None };
    let StatementKind::Let(binding) = &statement.kind else { return None };
    matches!(&binding.pattern, Pattern::Name(Ident { .. })).then_some(&binding.value)
}
