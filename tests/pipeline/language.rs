//! Every example in the language reference and on the pages of errors is checked as its first line says: ```` ```net ````
//! and ```` ```net,passes ```` are right, ```` ```net,fails ```` has the page's error and no other.

use netc_grammar::{Diagnostic, NoFiles};
use netc_tests::models;
use std::collections::BTreeSet;

/// A fenced block: the words behind the fence, the line of its text, the text.
struct Example {
    words: String,
    line: usize,
    text: String,
}

fn examples(page: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut open: Option<Example> = None;
    for (index, line) in models::text(page).lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(words)) => {
                open = Some(Example { words: words.trim().to_string(), line: index + 2, text: String::new() });
            }
            (None, None) => {}
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(example), None) => {
                example.text.push_str(line);
                example.text.push('\n');
            }
        }
    }
    assert!(open.is_none(), "{page}: a block is not closed");
    found.retain(|example| example.words.split(',').next() == Some("net"));
    found
}

fn codes(diagnostics: &[Diagnostic]) -> BTreeSet<String> {
    diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect()
}

#[test]
fn examples_of_the_reference_are_right() {
    let page = "docs/language.md";
    let all = examples(page);
    assert!(all.len() >= 20, "{page} has only {} examples", all.len());
    for example in all {
        let place = format!("{page}:{}", example.line);
        let checked = models::check(&place, &example.text, &[], &NoFiles);
        match example.words.split(',').nth(1) {
            None | Some("passes") => assert!(checked.is_ok(), "{place}:\n{}", checked.err().expect("errors").1),
            Some("fails") => assert!(checked.is_err(), "{place} passes"),
            Some(other) => panic!("{place}: what is `{other}`?"),
        }
    }
}

#[test]
fn pages_of_errors_show_their_error_and_its_cure() {
    let pages = models::files("docs/errors", "md");
    let mut failing = 0;
    for page in &pages {
        let code = page.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).expect("a page's name");
        let all = examples(page);
        assert!(all.iter().any(|example| example.words == "net,passes"), "{page} shows nothing that passes");
        for example in all {
            let place = format!("{page}:{}", example.line);
            let checked = models::check(&place, &example.text, &[], &NoFiles);
            if example.words == "net,passes" {
                assert!(checked.is_ok(), "{place}:\n{}", checked.err().expect("errors").1);
                continue;
            }
            assert_eq!(example.words, "net,fails", "{place}");
            let (diagnostics, report) = checked.err().unwrap_or_else(|| panic!("{place} passes"));
            let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
            assert_eq!(codes(&errors), BTreeSet::from([code.to_string()]), "{place}:\n{report}");
            failing += 1;
        }
    }
    assert!(failing >= 20, "only {failing} failing examples");
}
