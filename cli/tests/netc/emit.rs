//! `netc emit`: the text of every stage, and its comparison with a stored one.

use crate::command::{check_rows, contents, line};
use crate::tiny;
use std::fs;

#[test]
fn every_stage_prints_the_same_text_each_time() {
    let folder = tiny::folder();
    for (arguments, words) in [
        ("--stage ast", &["Network(", "tiny@8..12"][..]),
        ("--stage model", &["%1 first = dense(%0, ", "loss = %", "batch = 3"]),
        ("--stage prims", &["graph tiny predict batch 1", "contract"]),
        ("--stage grad --batch 3", &["graph tiny gradients batch 3"]),
        ("--stage grad --mode step", &["graph tiny step batch 1"]),
        ("--stage kernels", &["tiny"]),
        ("--stage program --mode step --batch 3", &["program tiny step batch 3", "entry step"]),
        ("--stage clif", &["function"]),
    ] {
        let first = line(folder.path(), &format!("emit tiny.net {arguments}"));
        assert_eq!(first.code, Some(0), "{arguments}: {first:?}");
        assert_eq!(line(folder.path(), &format!("emit tiny.net {arguments}")).out, first.out, "{arguments}");
        for word in words {
            assert!(first.out.contains(word), "{arguments}: no `{word}` in\n{}", first.out);
        }
    }
}

#[test]
fn a_stored_text_is_blessed_and_compared() {
    let folder = tiny::folder();
    let check = "emit tiny.net --stage model --check tiny.txt";
    assert_eq!(line(folder.path(), check).code, Some(3));
    let blessed = line(folder.path(), &format!("{check} --bless"));
    assert_eq!((blessed.code, blessed.out.as_str()), (Some(0), ""));
    let printed = line(folder.path(), "emit tiny.net --stage model").out;
    assert_eq!(fs::read_to_string(folder.path().join("tiny.txt")).unwrap(), printed);
    assert_eq!(line(folder.path(), check).code, Some(0));
    let before = contents(folder.path());
    let other = line(folder.path(), &format!("{check} --set hidden=4"));
    assert_eq!(other.code, Some(1), "{other:?}");
    assert!(other.out.starts_with("--- tiny.txt\n+++ netc emit\n@@ "), "{}", other.out);
    assert!(
        other.out.contains("\n-  first.weight: [3, 2]") && other.out.contains("\n+  first.weight: [4, 2]"),
        "{}",
        other.out
    );
    assert!(other.err.contains("store it with `--bless`"), "{}", other.err);
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn what_cannot_be_printed_is_refused() {
    let folder = tiny::folder();
    fs::write(folder.path().join("bad.net"), "network n { input x [2]; }").unwrap();
    check_rows(
        folder.path(),
        &[
            ("emit tiny.net", 2, &[], &["--stage"]),
            ("emit tiny.net --stage llvm", 2, &[], &["program", "clif"]),
            ("emit tiny.net --stage program --batch 0", 2, &[], &["--batch"]),
            ("emit tiny.net --stage program --bless", 2, &[], &["--check"]),
            ("emit tiny.net --stage grad --mode predict", 2, &[], &["only the modes `gradients` and `step`"]),
            ("emit neuron.net --stage grad", 1, &[], &["no `train` section"]),
            ("emit bad.net --stage ast", 1, &[], &["bad.net:1:"]),
            ("emit bad.net --stage model", 1, &[], &["bad.net:1:"]),
            ("emit missing.net --stage ast", 3, &[], &["missing.net"]),
        ],
    );
}
