//! A network is the same from a file and from the tokens of a call.

use crate::call::parse;
use crate::check::check;
use netc_compiler::elaborate::{Options, elaborate};
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_grammar::{NoFiles, Sources};
use std::path::{Path, PathBuf};

/// The network files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "net") {
            found.push(path);
        }
    }
}

/// The programs of a network as text. Large ones are told by their models, which programs follow from.
fn text(model: &Model) -> String {
    let small = model.params.iter().map(|param| param.shape.iter().product::<u64>()).sum::<u64>() < 1 << 20;
    let program = |mode| match pipeline::program(model, mode, 2, &[], &Choices::default()) {
        Ok(program) => program.to_string(),
        Err(violation) => panic!("{violation}"),
    };
    let mut text = model.to_string();
    if small {
        text += &program(Mode::Predict);
        if model.recipe.is_some() {
            text += &program(Mode::Step);
        }
    }
    text
}

#[test]
fn the_same_text_gives_the_same_program_in_a_file_and_in_a_call() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
    let mut paths = Vec::new();
    files(&root.join("tests"), &mut paths);
    files(&root.join("examples"), &mut paths);
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        let file = std::fs::read_to_string(&path).expect("text");
        let mut sources = Sources::new();
        sources.add("file", file.clone());
        let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
        let Ok(elaborated) = elaborate(&mut sources, &options) else { panic!("{}", path.display()) };
        let call = parse(file.parse().expect("tokens of Rust"));
        let checked = check(&call);
        assert!(checked.problems.is_empty(), "{}", path.display());
        let networks: Vec<&Model> =
            checked.networks.iter().flat_map(|network| &network.checked).map(|(model, _)| model).collect();
        let [network] = networks.as_slice() else { panic!("{}: {} networks", path.display(), networks.len()) };
        let (called, filed) = (text(network), text(&elaborated.model));
        assert_eq!(called, filed, "{}", path.display());
    }
}

#[test]
fn promises_are_quoted_alike_however_they_are_laid_out() {
    for (written, quoted) in [
        ("y.shape  ==[ 1 ,2]", "y.shape == [1, 2]"),
        ("params<=\n  5M", "params <= 5M"),
        ("memory.train(batch=4) <= 64MiB // bytes", "memory.train(batch = 4) <= 64 MiB"),
        ("y.shape == [\n  1,\n  2,\n]", "y.shape == [1, 2]"),
    ] {
        let train = "train a { target t: [1, 2]; loss = mse(y, t); optimizer = sgd(rate = 0.1); batch = 1; }";
        let file =
            format!("network a {{ input x: [1, 3]; output y = x -> dense(2); }} {train} check a {{ {written}\n; }}");
        let mut sources = Sources::new();
        sources.add("file", file.clone());
        let options = Options { network: None, settings: &[], loader: &NoFiles, deny_warnings: false };
        let elaborated = elaborate(&mut sources, &options).unwrap_or_else(|errors| panic!("{written}: {errors:?}"));
        let call = parse(file.parse().expect("tokens of Rust"));
        let checked = check(&call);
        let called = checked.networks[0].checked.as_ref().map(|(model, _)| model.assertions[0].text.as_str());
        assert_eq!((called, elaborated.model.assertions[0].text.as_str()), (Some(quoted), quoted));
    }
}
