//! Documents agree with the tree: code map, error pages, licences of data.

use super::{Finding, files, read, shown};
use std::fs;
use std::path::Path;

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "NOTICE",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "docs/language.md",
];

/// Endings of data files.
const DATA: &[&str] = &["csv", "gz", "idx", "jpg", "npy", "npz", "png", "txt", "wav"];

pub fn check(root: &Path, findings: &mut Vec<Finding>) {
    for name in DOCUMENTS {
        if read(&root.join(name)).trim().is_empty() {
            findings.push(format!("{name}: missing or empty"));
        }
    }
    code_map(root, findings);
    licences(root, findings);
    links(root, findings);
}

/// Every folder at the top has its line in ARCHITECTURE.md.
fn code_map(root: &Path, findings: &mut Vec<Finding>) {
    let map = read(&root.join("ARCHITECTURE.md"));
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let passed_over = name.starts_with('.') || name == "target" || name == "runs";
        if entry.path().is_dir() && !passed_over && !map.contains(&format!("{name}/")) {
            findings.push(format!("ARCHITECTURE.md: the code map misses `{name}/`"));
        }
    }
}

/// Every data file of the examples and of the crates has a line in the list of licences.
fn licences(root: &Path, findings: &mut Vec<Finding>) {
    let list = read(&root.join("examples/data/LICENSES.md"));
    for folder in ["examples", "train/data"] {
        for path in DATA.iter().flat_map(|extension| files(&root.join(folder), extension)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !list.contains(&name) {
                findings.push(format!("examples/data/LICENSES.md: no line for {}", shown(root, &path)));
            }
        }
    }
}

/// Relative links of the documents lead to files.
fn links(root: &Path, findings: &mut Vec<Finding>) {
    for path in files(root, "md") {
        let text = read(&path);
        let folder = path.parent().unwrap_or(root);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let is_elsewhere =
                file.is_empty() || file.contains("://") || file.contains(' ') || file.starts_with("mailto:");
            if !is_elsewhere && !folder.join(file).exists() {
                findings.push(format!("{}: link to `{file}`, which is not there", shown(root, &path)));
            }
        }
    }
}
