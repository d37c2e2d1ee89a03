//! Names, resolved once per definition and also where nothing is evaluated: unknown, doubled, too early, unused.

mod sections;
mod table;
mod walk;

use super::report::Reports;
use super::{Program, call, function};
use crate::op::foreign::{foreign_operator, signal_operator};
use crate::ops;
use netc_grammar::ast::{Definition, Ident, ItemKind};
use netc_grammar::{Diagnostic, FileId, Sources, did_you_mean};
use std::collections::{BTreeMap, BTreeSet};
use table::{Kind, Table, Unknown};

/// Reports everything that is wrong with names in all files.
pub fn resolve(program: &Program<'_>, sources: &Sources, reports: &mut Reports) {
    let mut names = Names { program, reports, table: Table::default(), called: BTreeSet::new() };
    let mut networks: BTreeMap<&str, Table<'_>> = BTreeMap::new();
    for block in program.blocks.values() {
        names.redefinition(&block.name);
        names.definition(block);
        let table = std::mem::take(&mut names.table);
        names.finish(table);
    }
    for network in &program.networks {
        names.redefinition(&network.name);
        names.definition(network);
        networks.insert(&network.name.text, std::mem::take(&mut names.table));
    }
    let main = program.files.first().into_iter().flat_map(|ast| &ast.items);
    for item in main {
        let (wanted, is_train) = match &item.kind {
            ItemKind::Train(train) => (&train.network, true),
            ItemKind::Check(check) => (&check.network, false),
            _ => continue,
        };
        let table = match wanted {
            Some(name) => networks.get_mut(name.text.as_str()),
            None if networks.len() == 1 => networks.values_mut().next(),
            None => None,
        };
        let Some(table) = table else {
            names.unknown_network(wanted.as_ref(), item.span, is_train);
            continue;
        };
        names.table = std::mem::take(table);
        match &item.kind {
            ItemKind::Train(train) => names.train(train),
            ItemKind::Check(check) => names.check(check),
            _ => {}
        }
        *table = std::mem::take(&mut names.table);
    }
    for (_, table) in networks {
        names.finish(table);
    }
    names.unused_blocks(sources);
}

/// The pass over all definitions.
struct Names<'p, 'a, 'r> {
    program: &'p Program<'a>,
    reports: &'r mut Reports,
    table: Table<'a>,
    /// Blocks that are called somewhere.
    called: BTreeSet<&'a str>,
}

impl<'a> Names<'_, 'a, '_> {
    /// Callables share one namespace, and operators are in it.
    fn redefinition(&mut self, name: &Ident) {
        let text = name.text.as_str();
        let what = if ops::lookup(text).is_some() {
            "an operator"
        } else if function::is_function(text) {
            "a function"
        } else if call::DESCRIPTIONS.contains(&text) {
            "a rule for starting values"
        } else {
            return;
        };
        self.reports.add(
            Diagnostic::error("E0205", format!("`{text}` is {what} of the language"))
                .at(name.span, "it cannot be defined again")
                .help(format!("choose another name, such as `my_{text}`")),
        );
    }

    fn unknown_network(&mut self, wanted: Option<&Ident>, item: netc_grammar::Span, is_train: bool) {
        let section = if is_train { "train" } else { "check" };
        let names = || self.program.networks.iter().map(|network| network.name.text.as_str());
        if self.program.networks.is_empty() {
            return;
        }
        let list = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let diagnostic = match wanted {
            Some(name) => Diagnostic::error("E0207", format!("there is no network `{}` in this file", name.text))
                .at(name.span, "")
                .help(match did_you_mean(&name.text, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the file has {list}"),
                }),
            None => Diagnostic::error("E0207", format!("this `{section}` does not say which network it is about"))
                .at(netc_grammar::Span { end: item.start + 5, ..item }, "")
                .help(format!("name one of {list}: `{section} {} {{ … }}`", names().next().unwrap_or("name"))),
        };
        self.reports.add(diagnostic);
    }

    /// Unknown names and unused ones of one definition.
    fn finish(&mut self, table: Table<'a>) {
        for unknown in &table.unknown {
            self.reports.add(self.unknown(&table, unknown));
        }
        for (name, code, message, help) in table.unused() {
            self.reports.add(Diagnostic::warning(code, message).at(name.span, "").help(help));
        }
    }

    fn unknown(&self, table: &Table<'a>, &Unknown { name, kind, words }: &Unknown<'a>) -> Diagnostic {
        let text = name.text.as_str();
        if let Some(later) = table.declared(text) {
            return Diagnostic::error("E0204", format!("`{text}` is used where it does not exist"))
                .at(name.span, "")
                .note(later, "it is defined here, and lives until the brace that closes around it")
                .help("move its definition before its use");
        }
        let suggest = self.reports.len() < 200;
        if kind == Kind::Callable {
            let functions = function::FUNCTIONS.iter().map(|(name, _)| *name);
            let operators = ops::all().iter().map(|entry| entry.name).chain(functions);
            let blocks = self.program.blocks.keys().copied();
            let candidates = table.callables().chain(blocks).chain(operators);
            let help = if let Some(ours) = foreign_operator(text) {
                format!("netc says `{ours}`")
            } else if let Some(ours) = signal_operator(text) {
                format!("`{ours}` does it on maps of height 1: `reshape([channels, 1, length])`, kernels `[1, size]`")
            } else if self.program.networks.iter().any(|network| network.name.text == text) {
                "a network cannot be called; make it a block".to_string()
            } else if let Some(near) = suggest.then(|| did_you_mean(text, candidates)).flatten() {
                format!("did you mean `{near}`?")
            } else {
                "define it with `block`, or look at the list of operators in the reference".to_string()
            };
            return Diagnostic::error("E0202", format!("there is no operator or block `{text}`"))
                .at(name.span, "")
                .help(help);
        }
        let near = suggest.then(|| did_you_mean(text, words.iter().copied().chain(table.values()))).flatten();
        let help = if let Some(near) = near {
            format!("did you mean `{near}`?")
        } else if table.is_label(text) {
            format!("`{text}` is a label, which names a layer and its parameters; name its value with `let`")
        } else if ops::lookup(text).is_some() {
            format!("`{text}` is an operator: lead a value into it with `->`")
        } else {
            "names are defined with `let`, `input` or as an argument before they are used".to_string()
        };
        Diagnostic::error("E0201", format!("there is no value `{text}` here")).at(name.span, "").help(help)
    }

    fn unused_blocks(&mut self, sources: &Sources) {
        let main = sources.iter().next().map_or(FileId::default(), |source| source.file());
        for (name, block) in &self.program.blocks {
            if block.name.span.file == main && !self.called.contains(name) && !self.program.networks.is_empty() {
                self.reports.add(
                    Diagnostic::warning("W0203", format!("the block `{name}` is never called"))
                        .at(block.name.span, "")
                        .help("call it or remove it"),
                );
            }
        }
    }

    fn definition(&mut self, definition: &'a Definition) {
        self.table.open();
        for parameter in &definition.parameters {
            if let Some(default) = &parameter.default {
                self.expression(default, &[]);
            }
            self.declare(&parameter.name, Kind::Parameter);
        }
        self.body(&definition.body);
    }

    /// Binds a name; two of one name in one definition are an error unless one's braces are closed.
    fn declare(&mut self, name: &'a Ident, kind: Kind) {
        if let Some(first) = self.table.declare(name, kind) {
            self.reports.add(
                Diagnostic::error("E0203", format!("`{}` is defined twice", name.text))
                    .at(name.span, "defined again here")
                    .note(first, "first defined here")
                    .help("give one of them another name"),
            );
        }
    }
}
