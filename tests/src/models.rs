//! From a file of the repository to a checked model.

use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::model::Model;
use netc_grammar::{Diagnostic, FileId, Loader, NoFiles, Sources};
use netc_train::file::FolderLoader;
use std::path::{Path, PathBuf};

/// The repository's folder.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// All files of a folder of the repository and of the folders in it with this extension, in order of their paths,
/// relative to the repository.
pub fn files(folder: &str, extension: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root().join(folder), extension, &mut found);
    let relative = |path: &PathBuf| path.strip_prefix(root()).unwrap_or(path).display().to_string();
    let mut found: Vec<String> = found.iter().map(relative).collect();
    found.sort();
    found
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            walk(&path, extension, found);
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
}

/// `mlp` of `tests/models/mlp.net`.
pub fn stem(file: &str) -> &str {
    Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or(file)
}

/// The text of a file of the repository.
pub fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Checks a text; imports come from `loader`.
///
/// # Errors
/// The diagnostics, and what `netc check` would print.
pub fn check(
    name: &str,
    text: &str,
    settings: &[(String, String)],
    loader: &dyn Loader,
) -> Result<Model, (Vec<Diagnostic>, String)> {
    let mut sources = Sources::new();
    let _: FileId = sources.add(name, text);
    let options = Options { network: None, settings, loader, deny_warnings: false };
    match elaborate(&mut sources, &options) {
        Ok(checked) => Ok(checked.model),
        Err(diagnostics) => {
            let report = netc_grammar::render(&diagnostics, &sources, false);
            Err((diagnostics, report))
        }
    }
}

/// The model of a text that is right.
pub fn model(name: &str, text: &str) -> Model {
    check(name, text, &[], &NoFiles).unwrap_or_else(|(_, report)| panic!("{name}:\n{report}"))
}

/// The model of a file of the repository with `--set` pairs.
pub fn open(file: &str, settings: &[(&str, &str)]) -> Model {
    let settings: Vec<(String, String)> = settings.iter().map(|&(k, v)| (k.to_string(), v.to_string())).collect();
    let loader = FolderLoader::beside(&root().join(file));
    check(file, &text(file), &settings, &loader).unwrap_or_else(|(_, report)| panic!("{file}:\n{report}"))
}
