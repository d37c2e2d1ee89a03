//! Every model of the repository passes the checks without a warning, and expands in every mode.

use netc_compiler::elaborate::{Checked, Options, elaborate};
use netc_compiler::expand::expand;
use netc_compiler::model::Model;
use netc_compiler::prim::Mode;
use netc_grammar::{Diagnostic, NoFiles, Sources};
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "net") {
            found.push(path);
        }
    }
}

fn check(path: &Path) -> Result<Checked, (Sources, Vec<Diagnostic>)> {
    let mut sources = Sources::new();
    sources.add(path.display().to_string(), std::fs::read_to_string(path).unwrap());
    let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
    elaborate(&mut sources, &options).map_err(|errors| (sources, errors))
}

fn all() -> Vec<(PathBuf, Model)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    files(&root.join("tests/models"), &mut found);
    files(&root.join("examples"), &mut found);
    let mut models = Vec::new();
    for path in found {
        match check(&path) {
            Ok(checked) => {
                assert!(checked.warnings.is_empty(), "{}: {:#?}", path.display(), checked.warnings);
                models.push((path, checked.model));
            }
            Err((_, errors)) => panic!("{}: {errors:#?}", path.display()),
        }
    }
    models
}

#[test]
fn every_model_expands_to_the_types_that_it_declares() {
    for (path, model) in all() {
        for mode in [Mode::Predict, Mode::Evaluate, Mode::Gradients, Mode::Step] {
            let graph = expand(&model, mode, 2, &[]);
            assert!(!graph.nodes.is_empty(), "{}", path.display());
            if mode == Mode::Predict {
                assert_eq!(graph.results.len(), model.outputs.len(), "{}", path.display());
                for (output, (_, value)) in model.outputs.iter().zip(&graph.results) {
                    assert_eq!(graph.ty(*value).shape, model.ty(output.value).shape.concrete(2), "{}", path.display());
                }
            }
        }
    }
}
