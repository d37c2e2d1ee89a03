//! `netc verify`: executors compared, and what is said where there is no cargo.

use crate::command::netc;
use crate::tiny::folder;

/// Runs `netc verify`; its table.
fn verify(arguments: &[&str], cargo: Option<&str>) -> String {
    let folder = folder();
    let mut command = netc(folder.path());
    command.arg("verify").args(arguments);
    if let Some(cargo) = cargo {
        command.env("CARGO", cargo);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The words of the table's line for a layer in a pass.
fn row<'a>(table: &'a str, layer: &str) -> Vec<&'a str> {
    let lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.into_iter().find(|words| words.contains(&layer)).unwrap_or_default()
}

#[test]
fn without_cargo_the_column_of_rust_says_not_run() {
    let table = verify(&["tiny.net"], Some("/nowhere/cargo"));
    assert_eq!(row(&table, "y"), ["forward", "y", "1", "equal", "not", "run"], "{table}");
    assert_eq!(row(&table, "first"), ["first", "9", "equal", "not", "run"], "{table}");
    assert!(table.contains("all bits are the interpreter's"), "{table}");
    assert!(table.contains("there is no cargo on this machine"), "{table}");
}

#[test]
fn networks_without_a_recipe_are_compared_forward() {
    let table = verify(&["two.net"], Some("/nowhere/cargo"));
    assert_eq!(row(&table, "class"), ["forward", "class", "3", "equal", "not", "run"], "{table}");
    assert!(!table.contains("gradient") && !table.contains("step"), "{table}");
}

/// Builds a crate, which takes long: `NETC_SLOW=1`.
#[test]
fn generated_rust_has_the_bits_of_the_interpreter() {
    if std::env::var_os("NETC_SLOW").is_none_or(|value| value != "1") {
        return;
    }
    for (file, layer) in [("tiny.net", "first"), ("two.net", "class")] {
        let table = verify(&[file], None);
        assert!(row(&table, layer).ends_with(&["equal", "equal"]), "{table}");
        assert!(!table.contains("not run") && !table.contains("DIFFERS"), "{table}");
    }
}
