//! `netc fmt`: in place, as a check, from standard input; files that cannot be formatted stay as they are.

use crate::command::{contents, line, run_with_input};
use std::fs;

const UGLY: &str = "network n(){input x:[2];// two\noutput y=x->dense(3)->relu;}\n";

#[test]
fn in_place_and_check_agree_and_a_second_run_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("n.net");
    fs::write(&path, UGLY).unwrap();
    let checked = line(folder.path(), "fmt --check n.net");
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.out.starts_with("--- n.net\n+++ n.net (formatted)\n@@ "), "{}", checked.out);
    assert_eq!(fs::read_to_string(&path).unwrap(), UGLY);

    assert_eq!(line(folder.path(), "fmt n.net").code, Some(0));
    let pretty = fs::read_to_string(&path).unwrap();
    assert!(pretty.contains("    input x: [2];") && pretty.contains("// two"), "{pretty}");
    let again = line(folder.path(), "fmt --check n.net");
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));

    let piped = run_with_input(folder.path(), &["fmt", "-"], UGLY.as_bytes());
    assert_eq!((piped.code, piped.out), (Some(0), pretty));
    assert_eq!(contents(folder.path()).len(), 1);
}

#[test]
fn broken_and_missing_files_are_reported_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.net"), "network n { input x [2]; output y = ; }").unwrap();
    fs::write(folder.path().join("latin.net"), b"network n { // caf\xe9\n}").unwrap();
    fs::write(folder.path().join("ok.net"), UGLY).unwrap();
    let before = contents(folder.path());
    for (arguments, code, words) in [
        ("fmt bad.net", 1, "bad.net:1:"),
        ("fmt latin.net", 1, "E0002"),
        ("fmt missing.net", 3, "missing.net"),
        ("fmt .", 3, "folder"),
        ("fmt /dev/zero", 3, "device"),
    ] {
        let ran = line(folder.path(), arguments);
        assert_eq!(ran.code, Some(code), "{arguments}: {ran:?}");
        assert!(ran.err.contains(words), "{arguments}: {}", ran.err);
        assert!(ran.out.is_empty(), "{arguments}: {}", ran.out);
    }
    assert_eq!(contents(folder.path()), before);
    let all = line(folder.path(), "fmt missing.net bad.net ok.net");
    assert_eq!(all.code, Some(3), "{all:?}");
    assert_ne!(fs::read_to_string(folder.path().join("ok.net")).unwrap(), UGLY);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let real = folder.path().join("sub/real.net");
    fs::write(&real, UGLY).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let link = folder.path().join("link.net");
    symlink("sub/real.net", &link).unwrap();
    assert_eq!(line(folder.path(), "fmt link.net").code, Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_ne!(fs::read_to_string(&real).unwrap(), UGLY);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}
