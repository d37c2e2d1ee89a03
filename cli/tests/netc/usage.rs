//! Wrong usage, help, completions, and a standard output that goes away.

use crate::command::{check_rows, netc, run};
use std::path::Path;
use std::process::Stdio;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn wrong_usage_exits_with_two_and_help_with_zero() {
    check_rows(
        Path::new(HERE),
        &[
            ("", 2, &[], &["Usage: netc", "Commands:"]),
            ("--help", 0, &["Usage: netc", "Exit codes:"], &[]),
            ("--version", 0, &["netc 0."], &[]),
            ("explane E0301", 2, &[], &["unrecognized subcommand 'explane'", "explain"]),
            ("fmt", 2, &[], &["required arguments were not provided"]),
            ("fmt --chekc x.net", 2, &[], &["--check"]),
            ("explain E9999", 2, &[], &["there is no code `E9999`", "help:"]),
            ("completions", 2, &[], &["<SHELL>"]),
            ("completions cmd", 2, &[], &["invalid value 'cmd'", "bash"]),
            ("completions bash", 0, &["_netc()"], &[]),
            ("completions zsh", 0, &["#compdef netc"], &[]),
            ("completions fish", 0, &["complete -c netc"], &[]),
            ("--color sometimes fmt x.net", 2, &[], &["invalid value 'sometimes'"]),
        ],
    );
}

#[test]
fn every_command_prints_help_with_examples() {
    let help = run(Path::new(HERE), &["--help"]).out;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names =
        commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.filter(|name| *name != "help").collect();
    assert!(names.contains(&"fmt"), "{names:?}");
    for name in names {
        let ran = run(Path::new(HERE), &[name, "--help"]);
        assert_eq!(ran.code, Some(0), "{name}");
        assert!(ran.out.contains("Examples:\n  $ netc "), "{name}:\n{}", ran.out);
    }
}

#[test]
fn a_closed_output_ends_the_command_quietly() {
    for arguments in [&["--help"][..], &["completions", "bash"], &["explain"]] {
        let mut child = netc(Path::new(HERE))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_output_is_an_error_of_the_file_system() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = netc(Path::new(HERE)).args(["completions", "bash"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output could not be written"));
}
