//! Repository chores, one each: `cargo xtask docs`, `cargo xtask tidy`, `cargo xtask mutants`.

#![forbid(unsafe_code)]

mod docs;
mod mutants;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A chore: its name, what it does, and the function; arguments are those after the name.
struct Chore {
    name: &'static str,
    about: &'static str,
    run: fn(&Path, &[String]) -> Result<(), String>,
}

const CHORES: &[Chore] = &[
    Chore { name: "docs", about: "write docs/operators.md from the declarations", run: docs::run },
    Chore { name: "tidy", about: "check the repository's invariants", run: tidy::run },
    Chore { name: "mutants", about: "see that the gradient suite notices every change of a rule", run: mutants::run },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(chore) = arguments.first().and_then(|name| CHORES.iter().find(|chore| chore.name == name)) else {
        eprintln!("usage: cargo xtask <chore>\n");
        for chore in CHORES {
            eprintln!("  {:<10} {}", chore.name, chore.about);
        }
        return ExitCode::from(2);
    };
    match (chore.run)(&root(), &arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
