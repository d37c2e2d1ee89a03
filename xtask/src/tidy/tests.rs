//! Each rule on a small tree that breaks it, and on one that does not.

use super::{Finding, crates, documents, sources};
use std::fs;
use std::path::Path;

type Check = fn(&Path, &mut Vec<Finding>);

/// What a check finds in a tree of these files.
fn found(check: Check, tree: &[(&str, &str)]) -> Vec<Finding> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in tree {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let mut findings = Vec::new();
    check(folder.path(), &mut findings);
    findings
}

#[test]
fn sources_are_short_named_and_say_what_they_are() {
    let comment = format!("//! What.\n// {}\n", "é".repeat(117));
    let fits = [("a/src/a.rs", comment.as_str()), ("a/src/b.rs", "//! What.\n"), ("target/c.rs", "TODO")];
    assert_eq!(found(sources::check, &fits), [""; 0]);

    let wide = format!("//! What.\n    /// {}\n", "é".repeat(113));
    let long = format!("//! What.\n{}", "\n".repeat(400));
    let cases = [
        ("a.rs", "use std::fs;\n", "a.rs:1: must open with `//!`: what it is, from what to what"),
        ("a.rs", &wide, "a.rs:2: a comment of more than 120 columns"),
        ("a.rs", &long, "a.rs:401: longer than 400 lines"),
        ("a/utils.rs", "//! What.\n", "a/utils.rs:1: `utils` names nothing"),
        ("a.rs", "//! What.\n\nfn f() { todo!() }\n", "a.rs:3: `todo!(` left behind"),
        ("a.rs", "//! What.\n// FIXME\n", "a.rs:2: `FIXME` left behind"),
    ];
    for (name, text, finding) in cases {
        assert_eq!(found(sources::check, &[(name, text)]), [finding]);
    }
}

#[test]
fn crates_point_one_way_and_hold_unsafe_code_where_they_may() {
    const LINTS: &str = "[lints]\nworkspace = true\n";
    let of = |folder: &str, manifest: &str, entry: &str| {
        let tree = [(format!("{folder}/Cargo.toml"), manifest), (format!("{folder}/src/lib.rs"), entry)];
        let tree = tree.each_ref().map(|(name, text)| (name.as_str(), *text));
        let findings = found(crates::check, &tree);
        findings.into_iter().filter(|finding| finding.starts_with(folder)).collect::<Vec<_>>()
    };
    let forbids = "#![forbid(unsafe_code)]\n";
    let fits = format!("{LINTS}[dependencies]\nnetc-plan.workspace = true\n[dev-dependencies]\nnetc-train = \"1\"\n");
    assert_eq!(of("compiler", &fits, forbids), [""; 0]);
    assert_eq!(of("runtime", LINTS, ""), [""; 0]);

    let points_back = format!("{LINTS}[dependencies]\nnetc-train.workspace = true\n");
    assert_eq!(of("compiler", &points_back, forbids), ["compiler/Cargo.toml: must not depend on train"]);
    let borrows = format!("{LINTS}[dependencies]\ncranelift-codegen = \"1\"\n");
    assert_eq!(of("compiler", &borrows, forbids), ["compiler/Cargo.toml: only jit may depend on cranelift-codegen"]);
    assert_eq!(of("compiler", LINTS, ""), ["compiler: must forbid unsafe code"]);
    assert_eq!(of("compiler", "", forbids), ["compiler/Cargo.toml: must take the workspace's lints"]);
}

#[test]
fn documents_agree_with_the_tree() {
    let of = |tree: &[(&str, &str)]| {
        let findings = found(documents::check, tree);
        findings.into_iter().filter(|finding| !finding.contains("missing or empty")).collect::<Vec<_>>()
    };
    let fits = [
        ("ARCHITECTURE.md", "`examples/`, `docs/`, [a](docs/a.md), [b](https://example.org/b), [c](#c)"),
        ("docs/a.md", "[up](../ARCHITECTURE.md#c)"),
        ("examples/data/LICENSES.md", "x.csv"),
        ("examples/data/x.csv", "1"),
    ];
    assert_eq!(of(&fits), [""; 0]);

    assert_eq!(found(documents::check, &[("README.md", " \n")])[0], "README.md: missing or empty");
    assert_eq!(of(&[("docs/a.md", "")]), ["ARCHITECTURE.md: the code map misses `docs/`"]);
    let unlisted = [("ARCHITECTURE.md", "examples/"), ("examples/x.csv", "1")];
    assert_eq!(of(&unlisted), ["examples/data/LICENSES.md: no line for examples/x.csv"]);
    assert_eq!(of(&[("a.md", "[b](b.md)")]), ["a.md: link to `b.md`, which is not there"]);
}
