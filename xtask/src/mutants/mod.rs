//! `cargo xtask mutants`: changes every gradient rule in every way of a list and sees that the gradient suite notices.
//!
//! All mutants are compiled at once: [`mutate`] rewrites the rules' source so that each place asks at run time which
//! mutant is chosen, [`package`] builds that copy of the compiler with the suite's tables into one program under
//! `target/mutants`, and the program tries them in turn. A mutant that no case notices survives, and the chore fails.

mod mutate;
mod package;

use std::path::Path;
use std::process::Command;

/// Files with gradient rules, and the function that a rule starts from; `None` takes all functions of the file.
const RULES: &[(&str, Option<&str>)] = &[
    ("differentiate.rs", None),
    ("prim/derivative.rs", None),
    ("prim/map.rs", Some("gradient")),
    ("prim/reduce.rs", Some("gradient")),
    ("prim/contract.rs", Some("gradient")),
    ("prim/conv.rs", Some("gradient")),
    ("prim/attend.rs", Some("gradient")),
    ("prim/window.rs", Some("gradient")),
    ("prim/view.rs", Some("gradient")),
    ("prim/pad.rs", Some("gradient")),
    ("prim/concat.rs", Some("gradient")),
];

/// Builds and runs; `--list` prints the mutants instead.
pub fn run(root: &Path, arguments: &[String]) -> Result<(), String> {
    let folder = root.join("target/mutants");
    let source = root.join("compiler/src");
    package::copy(&source, &folder.join("src"))?;
    let mut mutants = Vec::new();
    for &(file, start) in RULES {
        let path = source.join(file);
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let changed = mutate::mutate(file, &text, start, &mut mutants)?;
        package::write(&folder.join("src").join(file), &changed)?;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        mutants.iter().enumerate().for_each(|(number, mutant)| println!("{number:4} {mutant}"));
        return Ok(());
    }
    package::complete(root, &folder, &mutants)?;
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("RUSTFLAGS", "-Awarnings")
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("mutants: not all were noticed".to_string()) }
}
