//! Dependencies between the crates point one way, and unsafe code stays where it belongs.

use super::{Finding, read};
use std::path::Path;

/// Each crate's folder, the workspace crates that it may depend on, and whether it may hold unsafe code.
///
/// Of `tests` the library may not; its target `tests/allocation.rs`, which counts allocations, is the one exception.
const CRATES: &[(&str, &[&str], bool)] = &[
    ("grammar", &[], false),
    ("plan", &[], false),
    ("compiler", &["grammar", "plan"], false),
    ("runtime", &["plan"], true),
    ("jit", &["compiler", "plan", "runtime"], true),
    ("train", &["compiler", "grammar", "plan"], false),
    ("macros", &["compiler", "grammar"], false),
    ("netc", &["compiler", "grammar", "jit", "macros", "plan", "runtime", "train"], false),
    ("cli", &["compiler", "grammar", "jit", "netc", "plan", "train"], false),
    ("tests", &["compiler", "grammar", "jit", "netc", "plan", "runtime", "train"], false),
    ("xtask", &["compiler", "grammar"], false),
];

/// Crates that only one other may name.
const ONLY: &[(&str, &str)] =
    &[("cranelift", "jit"), ("pest", "grammar"), ("petgraph", "compiler"), ("indicatif", "cli")];

pub fn check(root: &Path, findings: &mut Vec<Finding>) {
    for (folder, allowed, may_be_unsafe) in CRATES {
        let manifest = read(&root.join(folder).join("Cargo.toml"));
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for line in dependencies.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let known = match name {
                "netc" => Some("netc"),
                _ => name.strip_prefix("netc-"),
            };
            if let Some(other) = known.filter(|other| CRATES.iter().any(|(known, ..)| known == other))
                && !allowed.contains(&other)
                && other != *folder
            {
                findings.push(format!("{folder}/Cargo.toml: must not depend on {other}"));
            }
            for (word, owner) in ONLY {
                if name.split('-').next() == Some(word) && folder != owner {
                    findings.push(format!("{folder}/Cargo.toml: only {owner} may depend on {name}"));
                }
            }
        }
        let entry = ["src/lib.rs", "src/main.rs"].map(|file| read(&root.join(folder).join(file))).concat();
        if !may_be_unsafe && !entry.contains("#![forbid(unsafe_code)]") {
            findings.push(format!("{folder}: must forbid unsafe code"));
        }
        if !manifest.contains("[lints]\nworkspace = true") {
            findings.push(format!("{folder}/Cargo.toml: must take the workspace's lints"));
        }
    }
}
