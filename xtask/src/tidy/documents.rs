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

/// Every data file has a line in the list of licences.
fn licences(root: &Path, findings: &mut Vec<Finding>) {
    let folder = root.join("examples/data");
    let list = read(&folder.join("LICENSES.md"));
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_file() && name != "LICENSES.md" && name != ".gitignore" && !list.contains(&name) {
            findings.push(format!("examples/data/LICENSES.md: no line for {name}"));
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
