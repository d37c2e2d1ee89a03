//! Checks the networks of a call with the compiler; diagnostics become compile errors at the right token.

use crate::call::{Call, Declaration, Origin};
use crate::files::{Beside, unreadable};
use crate::problem::Problem;
use crate::weights;
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::rust::type_name;
use netc_compiler::summarize::{MemoryPlan, Summary, backward, summarize};
use netc_grammar::ast::{Ast, ItemKind};
use netc_grammar::{Diagnostic, Loader, Severity, Source, Sources, parse};
use proc_macro2::{Ident, Span};
use std::path::Path;

/// A network and its type.
pub struct Network<'c> {
    /// The type's name.
    pub name: Ident,
    /// The network's name.
    pub network: String,
    /// What Rust says of it.
    pub declaration: &'c Declaration,
    /// Its doc comment.
    pub docs: String,
    /// Its text, as the compiler read it.
    pub source: String,
    /// The checked network with its figures; `None` if it has errors.
    pub checked: Option<(Model, Summary)>,
}

/// All networks of a call, and what is wrong with them.
pub struct Checked<'c> {
    /// In the order of the source.
    pub networks: Vec<Network<'c>>,
    /// Each problem once.
    pub problems: Vec<Problem>,
    /// The files that were read, relative to the crate's folder.
    pub files: Vec<String>,
}

/// Checks every network that the call declares.
pub fn check(call: &Call) -> Checked<'_> {
    let mut checked = Checked { networks: vec![], problems: call.problems.clone(), files: vec![] };
    let (name, text) = match &call.origin {
        Origin::Tokens(text) if text.text.is_empty() => {
            checked.networks.extend(call.declarations.iter().map(|declaration| unread(declaration, "")));
            return checked;
        }
        Origin::Tokens(text) => ("network!", text.text.clone()),
        Origin::File { written, path, span } => match std::fs::read_to_string(path) {
            Ok(text) => (written.as_str(), text),
            Err(error) => {
                if checked.problems.is_empty() {
                    checked.problems.push(Problem::new(*span, unreadable(written, path, &error)));
                }
                checked.networks.extend(call.declarations.iter().map(|declaration| unread(declaration, written)));
                return checked;
            }
        },
    };
    if let Origin::File { written, .. } = &call.origin {
        checked.files.push(written.clone());
    }
    let loader = Beside::new(name);
    let mut sources = Sources::new();
    let file = sources.add(name, text);
    let source = sources.get(file).map(readable).unwrap_or_default();
    let ast = sources.get(file).map(|source| parse(source).ast).unwrap_or_default();
    let mut seen = Vec::new();
    let chosen = chosen(call, &ast, &mut checked.problems);
    let nothing = chosen.is_empty() && checked.problems.is_empty();
    for (network, docs, declaration) in chosen {
        let settings: Vec<(String, String)> = declaration
            .settings
            .iter()
            .map(|setting| (setting.name.to_string(), setting.value.text.trim().to_string()))
            .collect();
        let found =
            elaborated(&sources, Some(&network), &settings, &loader, &Choices { numerics: declaration.numerics });
        let mut model = report(found, call, declaration, &mut seen, &mut checked.problems);
        if let (Some((written, span)), Some((network, _))) = (&declaration.weights, &model) {
            match weights::check(written, network) {
                Ok(()) => checked.files.push(written.clone()),
                Err(message) => {
                    checked.problems.push(Problem::new(*span, message));
                    model = None;
                }
            }
        }
        let name = declaration.name.clone().unwrap_or_else(|| named(&network, declaration));
        if let Some(other) = checked.networks.iter().find(|other| other.name == name) {
            let message = format!("the network `{network}` becomes the type `{name}`, as `{}` does", other.network);
            checked.problems.push(Problem::new(name.span(), message + "\nhelp: give one of them another name"));
            continue;
        }
        checked.networks.push(Network { name, network, declaration, docs, source: source.clone(), checked: model });
    }
    if nothing {
        // Text that defines no network is checked all the same, for its errors.
        let found = elaborated(&sources, None, &[], &loader, &Choices::default());
        report(found, call, &Declaration::default(), &mut seen, &mut checked.problems);
    }
    checked.files.extend(loader.read());
    checked
}

fn is_no_letter(character: char) -> bool {
    !character.is_ascii_alphanumeric()
}

/// The type's name after the network's, at its place.
fn named(network: &str, declaration: &Declaration) -> Ident {
    let span = declaration.network.as_ref().map_or_else(Span::call_site, |&(_, span)| span);
    Ident::new(&type_name(network), span)
}

/// The stand-in for a network whose file cannot be read.
fn unread<'c>(declaration: &'c Declaration, written: &str) -> Network<'c> {
    let stem = Path::new(written).file_stem().map(|stem| stem.to_string_lossy().replace(is_no_letter, "_"));
    let stem = stem.unwrap_or_default();
    let name = declaration.name.clone().unwrap_or_else(|| named(&stem, declaration));
    Network { name, network: stem, declaration, docs: String::new(), source: String::new(), checked: None }
}

/// The networks that the call wants, with their docs.
fn chosen<'c>(call: &'c Call, ast: &Ast, problems: &mut Vec<Problem>) -> Vec<(String, String, &'c Declaration)> {
    let defined: Vec<(String, String)> = ast
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Network(definition) => Some((definition.name.text.clone(), item.docs.join("\n"))),
            _ => None,
        })
        .collect();
    if matches!(call.origin, Origin::Tokens(_)) {
        let docs = |name: &str| defined.iter().find(|(known, _)| known == name).map(|(_, docs)| docs.clone());
        let named = call.declarations.iter().filter_map(|declaration| {
            let (name, _) = declaration.network.as_ref()?;
            Some((name.clone(), docs(name).unwrap_or_default(), declaration))
        });
        // A network that is defined twice is one type; the compiler reports it.
        let mut once: Vec<(String, String, &Declaration)> = Vec::new();
        named.for_each(|network| {
            if once.iter().all(|(name, ..)| *name != network.0) {
                once.push(network);
            }
        });
        return once;
    }
    let Some(declaration) = call.declarations.first() else { return vec![] };
    let Some(name) = &declaration.name else {
        let wanted = |name: &str| declaration.network.as_ref().is_none_or(|(wanted, _)| wanted == name);
        let all: Vec<_> = defined.into_iter().filter(|(name, _)| wanted(name)).collect();
        return match (&declaration.network, all.is_empty()) {
            (Some((missing, _)), true) => vec![(missing.clone(), String::new(), declaration)],
            _ => all.into_iter().map(|(name, docs)| (name, docs, declaration)).collect(),
        };
    };
    let wanted = declaration.network.as_ref().map(|(wanted, _)| wanted.clone());
    let alike = |known: &&(String, String)| *name == type_name(&known.0);
    let found = match (wanted, defined.as_slice()) {
        (Some(wanted), defined) => {
            let docs = defined.iter().find(|(known, _)| *known == wanted).map(|(_, docs)| docs.clone());
            Some((wanted, docs.unwrap_or_default()))
        }
        (None, [only]) => Some(only.clone()),
        (None, []) => None,
        (None, several) => several.iter().find(alike).cloned().or_else(|| {
            let list: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!(
                "the file has several networks: {}\nhelp: choose one with `network = \"{}\"` after the name",
                list.join(", "),
                several[0].0
            );
            problems.push(Problem::new(name.span(), message));
            Some(several[0].clone())
        }),
    };
    let (network, docs) = found.unwrap_or_default();
    vec![(network, docs, declaration)]
}

/// The text as the formatter writes it; as it is where that is not possible.
fn readable(source: &Source) -> String {
    netc_grammar::format(source).unwrap_or_else(|_| source.text().to_string())
}

type Found = (Result<(Model, Summary), Vec<Diagnostic>>, Sources);

/// The model of one network and its figures; promises that do not hold are errors.
fn elaborated(
    sources: &Sources,
    network: Option<&str>,
    settings: &[(String, String)],
    loader: &dyn Loader,
    choices: &Choices,
) -> Found {
    let memory = |model: &Model, mode: Mode, batch: usize| {
        Some(MemoryPlan::of(&pipeline::sizes(model, mode, batch, choices), 1))
    };
    let mut sources = sources.clone();
    let network = network.filter(|name| !name.is_empty());
    let options = Options { network, settings, loader, deny_warnings: false };
    let found = elaborate(&mut sources, &options).and_then(|found| {
        let summary = summarize(&found.model, 1, &memory, &backward);
        let broken: Vec<Diagnostic> = summary
            .assertions
            .iter()
            .filter(|assertion| !assertion.holds)
            .map(|assertion| {
                if let Some(fault) = &assertion.fault {
                    return fault.clone();
                }
                let actual = match &assertion.actual {
                    Some(actual) => format!("it is {actual}"),
                    None => "the figure is not known".to_string(),
                };
                Diagnostic::error("E0509", format!("`{}` does not hold", assertion.text)).at(assertion.span, actual)
            })
            .collect();
        if broken.is_empty() { Ok((found.model, summary)) } else { Err(broken) }
    });
    (found, sources)
}

/// Gives the model, or adds the errors that are not known yet.
fn report(
    (found, sources): Found,
    call: &Call,
    declaration: &Declaration,
    seen: &mut Vec<Diagnostic>,
    problems: &mut Vec<Problem>,
) -> Option<(Model, Summary)> {
    let diagnostics = match found {
        Ok(found) => return Some(found),
        Err(diagnostics) => diagnostics,
    };
    for diagnostic in diagnostics {
        if diagnostic.severity == Severity::Error && !seen.contains(&diagnostic) {
            problems.push(problem(call, declaration, &diagnostic, &sources));
            seen.push(diagnostic);
        }
    }
    None
}

/// The diagnostic at its token: in the text, in a setting, or at the literal that names the file.
fn problem(call: &Call, declaration: &Declaration, diagnostic: &Diagnostic, sources: &Sources) -> Problem {
    let place = diagnostic.span();
    let file = place.and_then(|place| sources.get(place.file));
    let key = file.and_then(|file| file.name().strip_prefix("--set "));
    if let Some(setting) = key.and_then(|key| declaration.settings.iter().find(|setting| setting.name == key)) {
        return Problem::at_tokens((setting.name.span(), setting.value.last()), diagnostic, sources);
    }
    match &call.origin {
        Origin::File { span, .. } => Problem::in_file(*span, diagnostic, sources),
        Origin::Tokens(text) => match place {
            Some(place) if place.file.0 == 0 => Problem::at_tokens(text.tokens_at(place.range()), diagnostic, sources),
            Some(_) => Problem::in_file(Span::call_site(), diagnostic, sources),
            None => Problem::at_tokens((Span::call_site(), Span::call_site()), diagnostic, sources),
        },
    }
}
