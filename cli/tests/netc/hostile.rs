//! Hostile files through the real loaders: exit code, message with its place and a hint, nothing written, and bounded
//! memory, since every command here runs with an address space of 4 GiB.

use crate::command::{Row, check_rows, contents, line, netc};
use crate::tiny;
use std::fs;
use std::process::{Command, Stdio};

#[test]
fn hostile_texts_and_imports_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let network = "network m { input x: [2]; output y = x -> dense(2); }\n";
    let files: [(&str, Vec<u8>); 12] = [
        ("latin.net", b"network m { // caf\xe9\n}".to_vec()),
        ("bom.net", [b"\xef\xbb\xbf".as_slice(), network.as_bytes()].concat()),
        ("crlf.net", network.replace("; ", ";\r\n").into_bytes()),
        ("nul.net", network.replace("dense", "den\0se").into_bytes()),
        ("bidi.net", network.replace("y =", "y\u{202e} =").into_bytes()),
        ("itself.net", format!("import \"itself.net\";\n{network}").into_bytes()),
        ("one.net", format!("import \"other.net\";\n{network}").into_bytes()),
        ("other.net", b"import \"one.net\";\nblock b(x) { return x; }".to_vec()),
        ("folder.net", format!("import \"sub\";\n{network}").into_bytes()),
        ("passwd.net", format!("import \"../../etc/passwd\";\n{network}").into_bytes()),
        ("root.net", format!("import \"/etc/passwd\";\n{network}").into_bytes()),
        ("many.net", "network m { input x: [131072]; output y = x -> body: for i in 0..64 { dense(131072, bias = false) -> relu }; }
            train m { target t: [131072]; data = npy(x = \"x.npy\", t = \"t.npy\"); loss = mse(y, t); optimizer = sgd(rate = 0.1); }".into()),
    ];
    for (name, bytes) in files {
        fs::write(path.join(name), bytes).unwrap();
    }
    fs::write(path.join("large.net"), vec![b' '; (16 << 20) + 1]).unwrap();
    fs::write(path.join("name.net"), network.replace("x", &"x".repeat(1 << 20))).unwrap();
    fs::write(path.join("minus.net"), network.replace("= x", &format!("= {}x", "-".repeat(1_000_000)))).unwrap();
    fs::write(path.join("deep.net"), network.replace("= x", &format!("= {}x", "(".repeat(10_000)))).unwrap();
    fs::create_dir(path.join("sub")).unwrap();
    let before = contents(path);
    let rows: [Row; 16] = [
        ("check latin.net", 1, &[], &["E0002", "latin.net:1:19", "help: save the file as UTF-8"]),
        ("check bom.net", 0, &["network m"], &[]),
        ("check crlf.net", 0, &["network m"], &[]),
        ("check nul.net", 1, &[], &["E0003", "nul.net:1:", "help:"]),
        ("check bidi.net", 1, &[], &["E0004", "bidi.net:1:", "help:"]),
        ("check itself.net", 1, &[], &["E0210", "itself.net:1:8", "imports itself", "help:"]),
        ("check one.net", 1, &[], &["E0210", "help:"]),
        ("check folder.net", 1, &[], &["E0209", "folder.net:1:8", "a folder, not a file", "help:"]),
        ("check passwd.net", 1, &[], &["E0209", "leads out of the folder", "help:"]),
        ("check root.net", 1, &[], &["E0209", "root.net:1:8", "help:"]),
        ("check large.net", 3, &[], &["at most 16777216 bytes", "help:"]),
        ("check name.net", 1, &[], &["E0011", "help:"]),
        ("check deep.net", 1, &[], &["E0010", "help:"]),
        // An even number of signs.
        ("check minus.net", 0, &["network m"], &[]),
        ("check many.net --batch 1", 0, &["1,099,511,627,776"], &[]),
        ("train many.net --run r", 3, &[], &["parameters", "TiB", "help:"]),
    ];
    check_rows(path, &rows);
    assert_eq!(contents(path), before);
    assert!(!path.join("r").exists());
    #[cfg(target_os = "linux")]
    for (arguments, code, ..) in rows {
        let limited = format!("ulimit -v 4194304; exec {} {arguments} --threads 2", env!("CARGO_BIN_EXE_netc"));
        let output = Command::new("sh").args(["-c", &limited]).current_dir(path).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments} in 4 GiB: {output:?}");
    }
}

#[test]
fn hostile_data_is_answered_before_anything_is_written() {
    let folder = tiny::folder();
    let path = folder.path();
    let table = |name: &str, text: &str| fs::write(path.join(name), text).unwrap();
    table("ragged.csv", "a,b,y\n0,0,1\n1,2\n");
    table("text.csv", "a,b,y\n0,0,1\n1,two,3\n");
    table("nan.csv", "a,b,y\n0,0,1\n1,nan,3\n");
    table("header.csv", "a,b,y\n");
    table("empty.csv", "");
    fs::create_dir(path.join("sub.csv")).unwrap();
    fs::write(
        path.join("huge.npy"),
        b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 2), }   \n",
    )
    .unwrap();
    fs::write(path.join("claim.idx"), [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255]).unwrap();
    #[cfg(unix)]
    {
        assert!(Command::new("mkfifo").arg(path.join("pipe.csv")).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", path.join("zero.csv")).unwrap();
    }
    for (data, code, words) in [
        ("csv(\"none.csv\", x = [a, b], t = y)", 3, "none.csv"),
        ("csv(\"sub.csv\", x = [a, b], t = y)", 3, "folder"),
        #[cfg(unix)]
        ("csv(\"pipe.csv\", x = [a, b], t = y)", 3, "pipe"),
        #[cfg(unix)]
        ("csv(\"zero.csv\", x = [a, b], t = y)", 1, "symbolic link"),
        ("csv(\"/dev/zero\", x = [a, b], t = y)", 1, "leaves the folder"),
        ("csv(\"ragged.csv\", x = [a, b], t = y)", 1, "ragged.csv:3"),
        ("csv(\"text.csv\", x = [a, b], t = y)", 1, "text.csv:3"),
        ("csv(\"nan.csv\", x = [a, b], t = y)", 1, "nan.csv:3"),
        ("csv(\"header.csv\", x = [a, b], t = y)", 1, "header.csv"),
        ("csv(\"empty.csv\", x = [a, b], t = y)", 1, "empty.csv"),
        ("csv(\"d.csv\", x = [a, c], t = y)", 1, "c"),
        ("npy(x = \"huge.npy\", t = \"huge.npy\")", 1, "huge.npy"),
        ("idx(x = \"claim.idx\", t = \"claim.idx\")", 3, "claim.idx"),
        ("images(\"photos/\")", 1, "E0603"),
    ] {
        let text = tiny::TINY.replace("csv(\"d.csv\", x = [a, b], t = y)", data);
        fs::write(path.join("bad.net"), text).unwrap();
        let ran = line(path, "train bad.net --run r");
        assert_eq!(ran.code, Some(code), "{data}: {ran:?}");
        assert!(ran.err.contains(words) && ran.err.contains("help:"), "{data}: {}", ran.err);
        assert!(!path.join("r").exists(), "{data}: a run folder was made");
    }
}

#[test]
fn data_that_cannot_teach_is_a_warning() {
    let folder = tiny::folder();
    let path = folder.path();
    fs::write(path.join("constant.csv"), "a,b,y\n0,7,1\n1,7,2\n2,7,3\n3,7,4\n").unwrap();
    let constant = tiny::TINY.replace("d.csv", "constant.csv");
    fs::write(path.join("constant.net"), constant).unwrap();
    fs::write(path.join("class.csv"), "a,b,y\n0,1,2\n1,3,2\n2,5,2\n3,8,2\n").unwrap();
    let one = tiny::TINY.replace("d.csv", "class.csv").replace("target t: [1]", "target t: int in 0..3");
    let one = one.replace("dense(1)", "dense(3)").replace("mse(y, t)", "cross_entropy(y, t)");
    fs::write(path.join("class.net"), one.replace("    metrics   = [mae(y, t)];\n", "")).unwrap();
    check_rows(
        path,
        &[
            ("train constant.net --run a", 0, &[], &["warning", "`x[1]` is 7 in every sample"]),
            ("train class.net --run b", 0, &[], &["warning", "`t` holds only the class 2"]),
        ],
    );
}

#[test]
fn hostile_pictures_are_answered() {
    let folder = tiny::folder();
    let path = folder.path();
    fs::write(path.join("p.net"), "network p { input x: [1, 4, 4]; output y = x -> flatten -> dense(2); }").unwrap();
    let chunk = |kind: &[u8; 4], data: &[u8], crc: u32| {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], kind, data, &crc.to_be_bytes()].concat()
    };
    let head = |side: u32| [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let start = b"\x89PNG\r\n\x1a\n";
    // 65,535² pixels with a right checksum, and 4² with a wrong one.
    let huge = [&start[..], &chunk(b"IHDR", &head(65_535), crc(b"IHDR", &head(65_535)))].concat();
    let wrong = [&start[..], &chunk(b"IHDR", &head(4), 7)].concat();
    fs::write(path.join("huge.png"), &huge).unwrap();
    fs::write(path.join("crc.png"), &wrong).unwrap();
    fs::write(path.join("cut.png"), &huge[..20]).unwrap();
    fs::write(path.join("no.png"), "no picture").unwrap();
    let before = contents(path);
    for name in ["huge.png", "crc.png", "cut.png", "no.png"] {
        let ran = line(path, &format!("predict p.net --input {name} --output y.npy"));
        assert!(matches!(ran.code, Some(1 | 3)), "{name}: {ran:?}");
        assert!(ran.err.contains(name) && ran.err.contains("help:"), "{name}: {}", ran.err);
    }
    assert_eq!(contents(path), before);
}

/// The checksum of a PNG chunk.
fn crc(kind: &[u8], data: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    };
    !kind.iter().chain(data).fold(u32::MAX, step)
}

#[test]
fn training_goes_on_to_its_end_when_the_output_is_closed() {
    let folder = tiny::folder();
    let mut child = netc(folder.path())
        .args(["train", "tiny.net", "--run", "r"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(folder.path().join("r/best.safetensors").is_file());
}
