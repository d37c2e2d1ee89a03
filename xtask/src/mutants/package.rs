//! The package under `target/mutants`: a copy of the compiler's source, and a program that runs the suite on it.

use std::fmt::Write;
use std::path::Path;

/// Copies a folder of Rust source; files that have not changed keep their time stamps.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    std::fs::create_dir_all(to).map_err(fail)?;
    for entry in std::fs::read_dir(from).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            let bytes = std::fs::read(&path).map_err(fail)?;
            if std::fs::read(&target).ok().as_ref() != Some(&bytes) {
                std::fs::write(&target, bytes).map_err(fail)?;
            }
        }
    }
    Ok(())
}

/// Writes a file unless it holds this text already.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Adds the manifest, the switch and the program to the copied and changed source.
pub fn complete(root: &Path, folder: &Path, mutants: &[String]) -> Result<(), String> {
    let library = folder.join("src/lib.rs");
    let text = std::fs::read_to_string(root.join("compiler/src/lib.rs")).map_err(|error| error.to_string())?;
    write(&library, &format!("{text}\npub mod mutant;\n"))?;
    write(&folder.join("src/mutant.rs"), SWITCH)?;
    write(&folder.join("main.rs"), &program(root, mutants))?;
    write(&folder.join("Cargo.toml"), &manifest(root)?)?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    if !folder.join("Cargo.lock").exists() {
        write(&folder.join("Cargo.lock"), &lock)?;
    }
    Ok(())
}

/// The compiler's manifest with what it inherits from the workspace written out.
fn manifest(root: &Path) -> Result<String, String> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    let (own, shared) = (read("compiler/Cargo.toml")?, read("Cargo.toml")?);
    let section = |text: &str, name: &str| -> Vec<String> {
        let lines = text.lines().skip_while(move |line| line.trim() != name).skip(1);
        lines.take_while(|line| !line.starts_with('[')).map(str::to_string).collect()
    };
    let versions = section(&shared, "[workspace.dependencies]");
    let mut text = String::from(
        "[package]\nname = \"netc-compiler\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[[bin]]\nname = \"mutants\"\n\
         path = \"main.rs\"\n\n[workspace]\n\n[profile.dev]\nopt-level = 1\ndebug = false\noverflow-checks = true\n\n\
         [dependencies]\n",
    );
    for line in section(&own, "[dependencies]") {
        match line.strip_suffix(".workspace = true") {
            Some(name) => {
                let version = versions.iter().find(|known| known.split('=').next().is_some_and(|k| k.trim() == name));
                let version = version.ok_or_else(|| format!("`{name}` is not in the workspace's dependencies"))?;
                let absolute = format!("path = \"{}/", root.display());
                writeln!(text, "{}", version.replace("path = \"", &absolute)).map_err(|error| error.to_string())?;
            }
            None => writeln!(text, "{line}").map_err(|error| error.to_string())?,
        }
    }
    Ok(text)
}

/// Which mutant is chosen, and what the changed source asks.
const SWITCH: &str = r#"//! Which mutant is chosen.
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use std::sync::atomic::{AtomicUsize, Ordering};
static CHOSEN: AtomicUsize = AtomicUsize::new(usize::MAX);
pub fn choose(number: usize) { CHOSEN.store(number, Ordering::Relaxed); }
pub fn is(number: usize) -> bool { CHOSEN.load(Ordering::Relaxed) == number }
pub fn among(first: usize, count: usize) -> usize {
    let chosen = CHOSEN.load(Ordering::Relaxed).wrapping_sub(first);
    if chosen < count { chosen + 1 } else { 0 }
}
pub fn number(first: usize, value: f64) -> f64 {
    match among(first, 2) { 1 => value + 1.0, 2 => if value == 0.0 { -1.0 } else { -value }, _ => value }
}
pub fn count(first: usize, value: usize) -> usize { if is(first) { value + 1 } else { value } }
impl Builder {
    pub fn emitted(&mut self, first: usize, value: ValueId) -> ValueId {
        match among(first, 2) { 1 => self.scale(value, -1.0), 2 => self.scale(value, 2.0), _ => value }
    }
}
"#;

fn program(root: &Path, mutants: &[String]) -> String {
    let tests = root.join("compiler/tests/gradients");
    let module = |name: &str| format!("#[path = {:?}]\nmod {name};\n", tests.join(file_of(name)).display().to_string());
    format!(
        "{}{}{}const MUTANTS: &[&str] = &{mutants:?};\n{MAIN}",
        module("operators"),
        module("primitives"),
        module("suite")
    )
}

fn file_of(module: &str) -> String {
    if module == "primitives" { format!("{module}/mod.rs") } else { format!("{module}.rs") }
}

/// Tries the cases on each mutant until one notices it. The case that noticed the last one goes first: neighbouring
/// mutants fall to the same cases.
const MAIN: &str = r#"
use std::panic::{AssertUnwindSafe, catch_unwind};
fn main() {
    let mut cases = primitives::all();
    for case in &cases {
        if let Err(message) = suite::check(case) {
            eprintln!("without any mutant the suite fails: {message}");
            std::process::exit(1);
        }
    }
    std::panic::set_hook(Box::new(|_| ()));
    let mut survivors = Vec::new();
    for (number, mutant) in MUTANTS.iter().enumerate() {
        netc_compiler::mutant::choose(number);
        let notices = |case: &suite::Case| !matches!(catch_unwind(AssertUnwindSafe(|| suite::check(case))), Ok(Ok(())));
        match cases.iter().position(notices) {
            Some(place) => cases[..=place].rotate_right(1),
            None => survivors.push(format!("{number}: {mutant}")),
        }
    }
    println!("{} mutants of the gradient rules, {} survivors", MUTANTS.len(), survivors.len());
    for survivor in &survivors {
        println!("  {survivor}");
    }
    std::process::exit(i32::from(!survivors.is_empty()));
}
"#;
