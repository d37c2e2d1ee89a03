//! Rust files: each says first what it is, stays readable in one sitting, and has no words that hide a missing name.

use super::{Finding, files, read, shown};
use std::path::Path;

/// Lines after which a file is two things.
const LONGEST: usize = 400;

/// Columns of a comment; the formatter leaves comments as they are.
const WIDEST: usize = 120;

/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "misc"];

pub fn check(root: &Path, findings: &mut Vec<Finding>) {
    for path in files(root, "rs") {
        let name = shown(root, &path);
        let text = read(&path);
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !text.starts_with("//!") && !name.contains("/ui/") {
            findings.push(format!("{name}:1: must open with `//!`: what it is, from what to what"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            findings.push(format!("{name}:{lines}: longer than {LONGEST} lines"));
        }
        if EMPTY_NAMES.contains(&stem.as_str()) {
            findings.push(format!("{name}:1: `{stem}` names nothing"));
        }
        let is_own = name.starts_with("xtask");
        for (line, number) in text.lines().zip(1..) {
            if line.trim_start().starts_with("//") && line.chars().count() > WIDEST {
                findings.push(format!("{name}:{number}: a comment of more than {WIDEST} columns"));
            }
            for word in ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"].into_iter().filter(|_| !is_own) {
                if line.contains(word) {
                    findings.push(format!("{name}:{number}: `{word}` left behind"));
                }
            }
        }
    }
}
