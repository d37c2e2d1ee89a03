//! `cargo xtask tidy`: the invariants that ARCHITECTURE.md states, checked on the files as text.

mod crates;
mod documents;
mod sources;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

/// A broken invariant: where, and what.
type Finding = String;

/// Fails with all findings at once.
pub fn run(root: &Path, _arguments: &[String]) -> Result<(), String> {
    let mut findings = Vec::new();
    crates::check(root, &mut findings);
    sources::check(root, &mut findings);
    documents::check(root, &mut findings);
    if findings.is_empty() {
        println!("tidy");
        return Ok(());
    }
    findings.sort();
    Err(format!("{}\n{} findings", findings.join("\n"), findings.len()))
}

/// All files below a folder with this extension, in order; `target` and hidden folders are passed over.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|known| known == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
