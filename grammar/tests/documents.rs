//! The examples of the documentation and of the examples folder: they parse, they are formatted,
//! and Rust's lexer reads them.
use netc_grammar::{CODES, Source, examples, explain, format, parse, render};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All `.net` files below a folder, in order.
fn net_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "net") {
                files.push(entry);
            }
        }
    }
    files.sort();
    files
}

fn assert_parses(name: &str, text: &str) {
    let source = Source::main(name, text);
    let diagnostics = parse(&source).diagnostics;
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics, &source.into(), false));
}

/// Rust's lexer reads the text, so that it can stand in `network! { … }`.
fn assert_lexes(name: &str, text: &str) {
    let lexed = text.parse::<proc_macro2::TokenStream>();
    assert!(lexed.is_ok(), "{name} is not made of Rust's tokens: {:?}", lexed.err());
}

#[test]
fn the_language_reference_parses() {
    let page = std::fs::read_to_string(root().join("docs/language.md")).expect("the reference");
    let found = examples(&page);
    assert!(found.len() > 15, "only {} examples", found.len());
    for example in found {
        let name = format!("docs/language.md:{}", example.line);
        if !example.fails {
            assert_parses(&name, &example.text);
            assert_eq!(
                format(&Source::main(&name, &*example.text)),
                Ok(example.text.clone()),
                "{name} is not formatted"
            );
        }
        assert_lexes(&name, &example.text);
    }
}

#[test]
fn every_code_has_a_page_with_examples() {
    let codes: Vec<_> = CODES.iter().map(|(code, ..)| *code).collect();
    assert!(codes.is_sorted(), "codes are in order: {codes:?}");
    // Too large, not UTF-8 and settings of the command cannot be shown in a text, and assertions are judged after the
    // check; other tests have them.
    let unshowable = ["E0001", "E0002", "E0214", "E0509"];
    for &(code, title, page) in CODES {
        assert!(page.starts_with(&format!("# {code}: {title}\n")), "the first line of {code} is its title");
        let found = examples(page);
        assert!(found.iter().any(|example| !example.fails), "{code} has a passing example");
        assert!(
            found.iter().any(|example| example.fails) || unshowable.contains(&code),
            "{code} has a failing example"
        );
        for example in found {
            let name = format!("docs/errors/{code}.md:{}", example.line);
            if !example.fails {
                assert_parses(&name, &example.text);
                continue;
            }
            let reported: Vec<_> =
                parse(&Source::main(&name, &*example.text)).diagnostics.iter().map(|found| found.code).collect();
            let is_syntax = code.starts_with("E00") || code.starts_with("E01");
            let expected = if is_syntax { vec![code] } else { vec![] };
            assert_eq!(reported, expected, "{name}");
        }
    }
}

#[test]
fn pages_are_found_by_code() {
    assert_eq!(explain("e0101"), explain("E0101"));
    assert!(explain("E0101").is_some_and(|(title, page)| page.contains(title)));
    assert_eq!(explain("E9999"), None);
    let folder = std::fs::read_dir(root().join("docs/errors")).expect("the folder of pages");
    let pages = folder.map(|entry| entry.expect("a page").file_name().to_string_lossy().into_owned());
    for page in pages.filter(|name| name.ends_with(".md") && name != "README.md") {
        let code = page.trim_end_matches(".md");
        assert!(explain(code).is_some(), "{page} is not registered in codes.rs");
    }
}

#[test]
fn the_example_networks_parse_and_lex() {
    let files = net_files(&root().join("examples"));
    assert!(files.len() >= 10, "only {} examples", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("an example");
        let name = file.display().to_string();
        assert_parses(&name, &text);
        assert_lexes(&name, &text);
    }
}
