//! Every example of the language reference and of the pages of errors is checked: the right ones pass, those marked
//! `fails` have the page's code and no other.

use netc_compiler::elaborate::{Options, elaborate};
use netc_grammar::ast::ItemKind;
use netc_grammar::{CODES, Diagnostic, Source, Sources, examples, explain, parse};
use netc_tests::models;
use std::collections::{BTreeMap, BTreeSet};

/// Files of a page that its examples import.
type Files = BTreeMap<String, String>;

/// Checks every network of a text; all diagnostics, and what the user would see of them.
fn check(name: &str, text: &str, files: &Files) -> (Vec<Diagnostic>, String) {
    let mut sources = Sources::new();
    sources.add(name, text);
    let ast = parse(&Source::main(name, text)).ast;
    let networks = ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Network(definition) => Some(definition.name.text.as_str()),
        _ => None,
    });
    let networks: Vec<Option<&str>> = networks.map(Some).collect();
    let networks = if networks.is_empty() { vec![None] } else { networks };
    let (mut found, mut report) = (Vec::new(), String::new());
    for network in networks {
        let options = Options { network, settings: &[], loader: files, deny_warnings: false };
        let diagnostics = match elaborate(&mut sources, &options) {
            Ok(checked) => checked.warnings,
            Err(diagnostics) => diagnostics,
        };
        report.push_str(&netc_grammar::render(&diagnostics, &sources, false));
        found.extend(diagnostics);
    }
    (found, report)
}

fn codes(diagnostics: &[Diagnostic]) -> BTreeSet<&str> {
    diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

fn imported(page: &str) -> Files {
    examples(page).into_iter().filter_map(|example| Some((example.file?, example.text))).collect()
}

#[test]
fn examples_of_the_reference_are_right() {
    let page = models::text("docs/language.md");
    let files = imported(&page);
    let mut n_checked = 0;
    let mut wrong = Vec::new();
    for example in examples(&page).into_iter().filter(|example| example.file.is_none()) {
        let place = format!("docs/language.md:{}", example.line);
        let (diagnostics, report) = check(&place, &example.text, &files);
        if diagnostics.iter().any(Diagnostic::is_error) != example.fails {
            wrong.push(format!("{place}:\n{report}"));
        }
        n_checked += 1;
    }
    assert!(n_checked >= 12, "only {n_checked} examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_of_codes_show_their_mistake_and_its_cure() {
    let (mut n_failing, mut wrong) = (0, Vec::new());
    for &(code, _, page) in CODES {
        let files = imported(page);
        for example in examples(page).into_iter().filter(|example| example.file.is_none()) {
            let place = format!("docs/errors/{code}.md:{}", example.line);
            let (mut diagnostics, report) = check(&place, &example.text, &files);
            if !code.starts_with('W') {
                diagnostics.retain(Diagnostic::is_error);
            }
            let expected = if example.fails { BTreeSet::from([code]) } else { BTreeSet::new() };
            if codes(&diagnostics) != expected {
                let what = if example.fails { format!("has {:?}", codes(&diagnostics)) } else { "fails".to_string() };
                wrong.push(format!("{place} {what}:\n{report}"));
            }
            n_failing += usize::from(example.fails);
        }
    }
    assert!(n_failing >= 20, "only {n_failing} failing examples");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Codes are written in the compiler as string literals; each must have its page.
#[test]
fn every_code_that_the_compiler_reports_has_a_page() {
    let files = ["compiler/src", "grammar/src"].iter().flat_map(|folder| models::files(folder, "rs"));
    let mut missing = BTreeMap::new();
    for file in files {
        let text = models::text(&file);
        for literal in text.split('"').filter(|part| is_code(part)) {
            if explain(literal).is_none() {
                missing.insert(literal.to_string(), file.clone());
            }
        }
    }
    assert!(missing.is_empty(), "codes without a page, and where they are reported: {missing:#?}");
}

fn is_code(text: &str) -> bool {
    text.len() == 5 && text.starts_with(['E', 'W']) && text[1..].bytes().all(|byte| byte.is_ascii_digit())
}
