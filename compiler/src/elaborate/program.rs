//! All definitions of a program's files: which names they have, and which network is asked for.

use super::report::Reports;
use super::settings::Settings;
use netc_grammar::ast::{Ast, Definition, ItemKind};
use netc_grammar::{Diagnostic, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All definitions of all files.
pub struct Program<'a> {
    /// The main file first.
    pub files: &'a [Ast],
    /// Networks of the main file.
    pub networks: Vec<&'a Definition>,
    /// Blocks of all files, by name.
    pub blocks: BTreeMap<&'a str, &'a Definition>,
    /// Names of items with syntax errors.
    pub broken: BTreeSet<&'a str>,
    /// What the caller sets.
    pub settings: Settings,
}

impl<'a> Program<'a> {
    /// Takes all definitions; two of one name are reported.
    pub fn collect(files: &'a [Ast], settings: Settings, reports: &mut Reports) -> Program<'a> {
        let mut program =
            Program { files, networks: Vec::new(), blocks: BTreeMap::new(), broken: BTreeSet::new(), settings };
        let mut known: HashMap<&str, Span> = HashMap::new();
        for (index, ast) in files.iter().enumerate() {
            for item in &ast.items {
                let definition = match &item.kind {
                    ItemKind::Network(definition) if index == 0 => definition,
                    ItemKind::Bad(name) => {
                        program.broken.extend(name.as_ref().map(|name| name.text.as_str()));
                        continue;
                    }
                    ItemKind::Block(definition) if index == 0 || !program.settings.owns(index) => definition,
                    _ => continue,
                };
                let name = &definition.name;
                if let Some(&first) = known.get(name.text.as_str()) {
                    reports.add(
                        Diagnostic::error("E0203", format!("`{}` is defined twice", name.text))
                            .at(name.span, "defined again here")
                            .note(first, "first defined here")
                            .help("give one of them another name"),
                    );
                    continue;
                }
                known.insert(&name.text, name.span);
                match &item.kind {
                    ItemKind::Network(_) => program.networks.push(definition),
                    _ => drop(program.blocks.insert(&name.text, definition)),
                }
            }
        }
        program
    }

    /// The network that is asked for, or the only one.
    pub fn choose(&self, wanted: Option<&str>, reports: &mut Reports) -> Option<&'a Definition> {
        let names = || self.networks.iter().map(|network| network.name.text.as_str());
        let list = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match (wanted, self.networks.as_slice()) {
            (None, [only]) => Some(only),
            (None, []) if reports.has_errors() => None,
            (_, []) => {
                let end = Span::default();
                reports.add(
                    Diagnostic::error("E0207", "there is no network in this file")
                        .at(end, "")
                        .help("write one: `network name { input x: [4]; output y = x -> dense(2); }`"),
                );
                None
            }
            (Some(name), networks) => {
                let found = networks.iter().find(|network| network.name.text == name).copied();
                if found.is_none() {
                    let near = netc_grammar::did_you_mean(name, names());
                    reports.add(
                        Diagnostic::error("E0207", format!("there is no network `{name}` in this file"))
                            .at(networks[0].name.span, "")
                            .help(
                                near.map_or(format!("the file has {list}"), |near| format!("did you mean `{near}`?")),
                            ),
                    );
                }
                found
            }
            (None, networks) => {
                reports.add(
                    Diagnostic::error("E0207", format!("this file has several networks: {list}"))
                        .at(networks[1].name.span, "")
                        .help("choose one with `--network NAME`"),
                );
                None
            }
        }
    }
}
