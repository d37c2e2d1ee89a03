//! Checks the networks of a call with the compiler; errors become compile errors at the right token.

use crate::call::{Call, Origin};
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::summarize::{Summary, no_memory, summarize};
use netc_grammar::ast::{Ast, ItemKind};
use netc_grammar::{Diagnostic, LoadError, Loaded, Loader, Severity, Source, Sources, parse};
use proc_macro2::Span;
use std::path::{Component, Path, PathBuf};

/// What is known of one network.
pub struct Network {
    /// Its name in the source.
    pub name: String,
    /// The doc comment and the layer table, for the type's documentation.
    pub docs: String,
    /// The figures, if it has no errors.
    pub summary: Option<Summary>,
}

/// All networks of a call, and the errors.
pub struct Checked {
    /// In the order of the source.
    pub networks: Vec<Network>,
    /// One per diagnostic.
    pub errors: Vec<syn::Error>,
}

/// Checks every network that the call defines.
pub fn check(call: &Call) -> Checked {
    let (name, text, loader) = match &call.origin {
        Origin::Tokens(text) => ("network!".to_string(), text.text.clone(), Beside(crate_folder())),
        Origin::File { written, path, span } => match std::fs::read_to_string(path) {
            Ok(text) => {
                let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
                (written.clone(), text, Beside(folder))
            }
            Err(error) => {
                let message = format!("cannot read `{written}`, looked for beside Cargo.toml: {error}");
                return Checked { networks: vec![], errors: vec![syn::Error::new(*span, message)] };
            }
        },
    };
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    let defined = sources.get(file).map(|source| defined(&parse(source).ast)).unwrap_or_default();
    let mut checked = Checked { networks: vec![], errors: vec![] };
    // Text that defines no network is checked all the same, for its errors.
    let nameless = defined.is_empty().then_some((None, String::new()));
    for (name, docs) in defined.into_iter().map(|(name, docs)| (Some(name), docs)).chain(nameless) {
        let options = Options { network: name.as_deref(), settings: &[], loader: &loader, deny_warnings: false };
        let mut sources = sources.clone();
        let summary = match elaborate(&mut sources, &options) {
            Ok(found) => Some(summarize(&found.model, 1, &no_memory)),
            Err(diagnostics) => {
                let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
                for diagnostic in errors {
                    let error = compile_error(call, &sources, diagnostic);
                    if !checked.errors.iter().any(|known| known.to_string() == error.to_string()) {
                        checked.errors.push(error);
                    }
                }
                None
            }
        };
        if let Some(name) = name {
            checked.networks.push(Network { name, docs, summary });
        }
    }
    checked
}

/// Names and doc comments of the networks of a file.
fn defined(ast: &Ast) -> Vec<(String, String)> {
    let network = |item: &netc_grammar::ast::Item| match &item.kind {
        ItemKind::Network(definition) => Some((definition.name.text.clone(), item.docs.join("\n"))),
        _ => None,
    };
    ast.items.iter().filter_map(network).collect()
}

/// The diagnostic at its token; for a file, at the literal with the rendered lines in the message.
fn compile_error(call: &Call, sources: &Sources, diagnostic: &Diagnostic) -> syn::Error {
    match &call.origin {
        Origin::File { span, .. } => {
            let report = netc_grammar::render(std::slice::from_ref(diagnostic), sources, false);
            syn::Error::new(*span, report.trim_end())
        }
        Origin::Tokens(text) => {
            let place = diagnostic.labels.first().map(|label| label.span);
            let span = place.map_or_else(Span::call_site, |place| text.token_at(place.start as usize));
            let mut message = format!("{}: {}", diagnostic.code, diagnostic.message);
            if let Some(label) = diagnostic.labels.first().filter(|label| !label.text.is_empty()) {
                message.push_str(&format!(" ({})", label.text));
            }
            for (word, part) in [("why", &diagnostic.why), ("help", &diagnostic.help)] {
                if let Some(part) = part {
                    message.push_str(&format!("\n{word}: {part}"));
                }
            }
            syn::Error::new(span, message)
        }
    }
}

fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

/// Imports from one folder and below.
struct Beside(PathBuf);

impl Loader for Beside {
    fn load(&self, path: &str, from: &Source) -> Result<Loaded, LoadError> {
        let refuse = |message: &str| LoadError { message: message.to_string(), help: None };
        let parent = Path::new(from.name()).parent().unwrap_or(Path::new(""));
        let relative = if self.0.join(parent).join(path).exists() { parent.join(path) } else { PathBuf::from(path) };
        if relative.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(refuse("imports come from the folder of the file and below"));
        }
        let full = self.0.join(&relative);
        match std::fs::symlink_metadata(&full) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(refuse("this is not a plain file")),
            Err(_) => return Err(refuse("no such file")),
        }
        let text = std::fs::read_to_string(&full).map_err(|error| refuse(&error.to_string()))?;
        Ok(Loaded { name: relative.display().to_string(), text })
    }
}
