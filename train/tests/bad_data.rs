//! Bad data files: each row gives the exit code, a message that names the file, and nothing written beside it.

use netc_compiler::model::recipe::{DataSource, HeldOut};
use netc_compiler::op::value::Value;
use netc_train::data::{DType, Declared, open_parts};
use std::path::Path;

enum File {
    Bytes(&'static str, Vec<u8>),
    Folder(&'static str),
    Fifo(&'static str),
    Link(&'static str, &'static str),
}

struct Row {
    what: &'static str,
    files: Vec<File>,
    kind: &'static str,
    arguments: Vec<(Option<&'static str>, Value)>,
    code: u8,
    message: &'static str,
}

fn text(path: &str) -> Value {
    Value::Text(path.into())
}

fn words(names: &[&str]) -> Value {
    Value::List(names.iter().map(|name| Value::Word(name.to_string())).collect())
}

fn csv(what: &'static str, table: &str, code: u8, message: &'static str) -> Row {
    Row {
        what,
        files: vec![File::Bytes("t.csv", table.as_bytes().to_vec())],
        kind: "csv",
        arguments: vec![(None, text("t.csv")), (Some("x"), words(&["a", "b"])), (Some("y"), Value::Word("c".into()))],
        code,
        message,
    }
}

fn files(what: &'static str, kind: &'static str, files: Vec<File>, code: u8, message: &'static str) -> Row {
    Row { what, files, kind, arguments: vec![(Some("x"), text("x")), (Some("y"), text("y"))], code, message }
}

fn idx(extents: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(extents.len()).unwrap()];
    extents.iter().for_each(|extent| bytes.extend(extent.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn npy(shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

fn rows() -> Vec<Row> {
    use File::{Bytes, Fifo, Folder, Link};
    let labels = || Bytes("y", idx(&[2], &[0, 2]));
    let images = || Bytes("x", idx(&[2, 2], &[1, 2, 3, 4]));
    vec![
        files("missing file", "idx", vec![labels()], 3, "x: there is no such file"),
        files("folder", "idx", vec![Folder("x"), labels()], 3, "x: this is a folder"),
        files("pipe", "idx", vec![Fifo("x"), labels()], 3, "x: this is a device, pipe or socket"),
        files(
            "link to a device",
            "idx",
            vec![Link("x", "/dev/zero"), labels()],
            1,
            "x: this path contains a symbolic link",
        ),
        csv("ragged row", "a,b,c\n1,2,0\n1,2\n", 1, "t.csv:3:3: this row has 2 fields, the header has 3"),
        csv("text in a numeric column", "a,b,c\n1,two,0\n", 1, "t.csv:2:3: `two` is not a number"),
        csv("NaN feature", "a,b,c\n1,2,0\nNaN,2,0\n", 1, "t.csv:3:1: `NaN` is not a finite number"),
        csv("header only", "a,b,c\n", 1, "t.csv: there is no sample in this data"),
        csv("nothing", "", 1, "t.csv: this table is empty"),
        csv("label = C", "a,b,c\n1,2,0\n1,2,3\n", 1, "t.csv:3:5: `3` is not an integer in 0..3"),
        csv("label = -1", "a,b,c\n1,2,-1\n", 1, "t.csv:2:5: `-1` is not an integer in 0..3"),
        csv("label = 2.5", "a,b,c\n1,2,2.5\n", 1, "t.csv:2:5: `2.5` is not an integer in 0..3"),
        csv("one sample and a split", "a,b,c\n1,2,0\n", 1, "`validate` leaves nothing to train on"),
        csv("misspelt column", "a,bb,c\n1,2,0\n", 1, "t.csv:1:1: there is no column `b`"),
        csv("bytes that are not text", "a,b,c\n1,\u{0},0\n", 1, "t.csv:2:3: `\\u{0}` is not a number"),
        files(
            "label out of range",
            "idx",
            vec![images(), Bytes("y", idx(&[2], &[0, 3]))],
            1,
            "y: `y` must be an integer in 0..3, in sample 1",
        ),
        files(
            "truncated IDX",
            "idx",
            vec![Bytes("x", idx(&[2, 2], &[1, 2, 3])), labels()],
            1,
            "x: the file ends before its last value",
        ),
        files(
            "IDX that claims 2³²·2³² items",
            "idx",
            vec![Bytes("x", idx(&[u32::MAX, u32::MAX], &[])), labels()],
            3,
            "x: this file claims more than 2³⁴ values",
        ),
        files(
            "different counts",
            "idx",
            vec![images(), Bytes("y", idx(&[3], &[0, 1, 2]))],
            1,
            "the columns have different numbers of samples",
        ),
        files(
            "another shape",
            "idx",
            vec![Bytes("x", idx(&[2, 3], &[0; 6])), labels()],
            1,
            "x: a sample of `x` has another shape than declared",
        ),
        files(
            "80-byte NPY that claims 32 GiB",
            "npy",
            vec![Bytes("x", npy("(65536, 65536)"))],
            1,
            "x: the file ends before its last value",
        ),
        files("text in place of NPY", "npy", vec![Bytes("x", b"a,b\n1,2\n".to_vec())], 1, "x: this is not an NPY file"),
        Row {
            what: "a path that leaves the folder",
            files: vec![],
            kind: "csv",
            arguments: vec![
                (None, text("../../etc/passwd")),
                (Some("x"), words(&["a", "b"])),
                (Some("y"), words(&["c"])),
            ],
            code: 1,
            message: "../../etc/passwd: this path leaves the folder",
        },
        Row {
            what: "an unknown source",
            files: vec![],
            kind: "parquet",
            arguments: vec![],
            code: 1,
            message: "there is no data source `parquet`",
        },
    ]
}

fn listing(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn every_bad_file_is_answered_with_its_name_and_nothing_is_written() {
    let declared = [
        Declared { name: "x".into(), shape: vec![2], dtype: DType::F32 },
        Declared { name: "y".into(), shape: vec![], dtype: DType::Int { n: 3 } },
    ];
    for row in rows() {
        let folder = tempfile::tempdir().unwrap();
        for file in &row.files {
            match file {
                File::Bytes(name, bytes) => std::fs::write(folder.path().join(name), bytes).unwrap(),
                File::Folder(name) => std::fs::create_dir(folder.path().join(name)).unwrap(),
                File::Fifo(name) => {
                    let made = std::process::Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap();
                    assert!(made.success());
                }
                File::Link(name, to) => std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap(),
            }
        }
        let before = listing(folder.path());
        let data = DataSource {
            kind: row.kind.into(),
            arguments: row.arguments.iter().map(|(key, value)| (key.map(str::to_string), value.clone())).collect(),
            span: Default::default(),
            file: folder.path().join("model.net").display().to_string(),
        };
        let began = std::time::Instant::now();
        let result = open_parts(&data, &HeldOut::Nothing, &HeldOut::Fraction(0.1), 0, &declared, 1 << 30);
        let error = result.map(|_| ()).expect_err(row.what);
        assert!(error.to_string().contains(row.message), "{}: {error}", row.what);
        assert_eq!(error.exit_code(), row.code, "{}: {error}", row.what);
        assert!(began.elapsed().as_secs() < 5, "{}", row.what);
        assert_eq!(listing(folder.path()), before, "{}", row.what);
    }
}
