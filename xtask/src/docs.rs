//! `docs`: the operators' reference page from their declarations; `docs --check` only compares.

use netc_compiler::elaborate::reference;
use netc_compiler::op::declare::{Arity, Declaration, Declare};
use netc_compiler::{op, ops, optimizer};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/operators.md";

const INTRODUCTION: &str = "\
# Operators, losses, metrics, initialisers, and what a recipe is made of

<!-- Written by `cargo xtask docs` from the declarations in `compiler/src`; edit those. -->

`x -> relu` is `relu(x)`: `->` fills the first tensor. Arguments follow the tensors, by position or by name; those
without a default must be given. Shapes are written without the batch. Numbers are `f32`. [Padding](language.md#padding)
and [axes](language.md#axes) are explained with the language.
";

/// Writes the page, or with `--check` fails if it is out of date.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let path = root.join(PAGE);
    let page = page();
    if arguments.iter().any(|argument| argument == "--check") {
        return match fs::read_to_string(&path) {
            Ok(found) if found == page => Ok(()),
            _ => Err(format!("{PAGE} is out of date: run `cargo xtask docs`")),
        };
    }
    fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))
}

fn page() -> String {
    let mut page = INTRODUCTION.to_string();
    for family in ops::FAMILIES {
        section(&mut page, family.title, family.entries.iter().map(|entry| (entry.declaration)()));
    }
    let metrics = ops::metric::all().iter().map(|metric| (metric.entry.declaration)());
    section(&mut page, "Metrics", metrics);
    section(&mut page, "Initialisers", op::initialiser::declarations());
    section(&mut page, "Optimisers", optimizer::all().iter().map(|entry| (entry.declaration)()));
    describe(&mut page, &optimizer::Shared::declaration());
    section(&mut page, "Schedules", reference::schedules());
    section(&mut page, "Stopping", reference::stops());
    sources(&mut page);
    page
}

fn sources(page: &mut String) {
    page.push_str("\n## Data sources\n");
    for source in reference::SOURCES {
        let _ = writeln!(page, "\n### `{}`\n\n{}", source.call, source.docs);
    }
    let _ = writeln!(page, "\n{}", reference::HELD_OUT);
}

fn section(page: &mut String, title: &str, declarations: impl IntoIterator<Item = Declaration>) {
    let _ = writeln!(page, "\n## {title}");
    for declaration in declarations {
        describe(page, &declaration);
    }
}

fn describe(page: &mut String, declaration: &Declaration) {
    let tensors: Vec<String> = match declaration.arity {
        Arity::Named(names) => names.iter().map(|name| name.to_string()).collect(),
        Arity::Any(name) => vec![format!("{name}1"), format!("{name}2"), "…".to_string()],
    };
    let arguments = declaration.arguments.iter().map(|argument| match &argument.default {
        None => argument.name.to_string(),
        Some(default) => format!("{} = {default}", argument.name),
    });
    let call: Vec<String> = tensors.into_iter().chain(arguments).collect();
    let _ = writeln!(page, "\n### `{}({})`\n\n{}", declaration.name, call.join(", "), declaration.docs);
    if declaration.arguments.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n| argument | value | default | meaning |\n|---|---|---|---|");
    for argument in &declaration.arguments {
        let names: Vec<String> =
            std::iter::once(&argument.name).chain(argument.aliases).map(|name| format!("`{name}`")).collect();
        let default = argument.default.as_ref().map_or("required".to_string(), |default| format!("`{default}`"));
        let (expected, docs) = (cell(argument.expected), cell(&argument.docs));
        let _ = writeln!(page, "| {} | {expected} | {default} | {docs} |", names.join(", "));
    }
}

/// Text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_is_up_to_date() {
        if let Err(message) = super::run(&crate::root(), &["--check".to_string()]) {
            panic!("{message}");
        }
    }
}
