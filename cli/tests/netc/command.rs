//! Runs the built command: arguments in, exit code and both outputs out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// No run of the tests may take longer; a hang is a failure.
const LIMIT: Duration = Duration::from_secs(120);

/// What a run gave.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The command, run in a folder, without colours of the environment.
pub fn netc(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE").env("NO_COLOR", "1");
    command
}

/// Runs with arguments and standard input; fails the test when it takes too long.
pub fn run_with_input(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = netc(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    let id = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = match receiver.recv_timeout(LIMIT) {
        Ok(output) => output.unwrap(),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("`netc {}` ran longer than {LIMIT:?}", arguments.join(" "));
        }
    };
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs with arguments.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    run_with_input(folder, arguments, b"")
}

/// Runs a line of arguments separated by blanks.
pub fn line(folder: &Path, arguments: &str) -> Ran {
    run(folder, &arguments.split_whitespace().collect::<Vec<_>>())
}

/// Waits until a condition holds.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < LIMIT, "{what} did not happen within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// All files of a folder with their bytes, for "nothing was written".
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let plain = entries.into_iter().filter(|path| path.is_file());
    plain.map(|path| (path.clone(), std::fs::read(&path).unwrap())).collect()
}

/// A row of a table: a line of arguments, the exit code, words of standard output and of standard error.
pub type Row<'a> = (&'a str, i32, &'a [&'a str], &'a [&'a str]);

/// Runs each row in a folder.
pub fn check_rows(folder: &Path, rows: &[Row]) {
    for (arguments, code, out, err) in rows {
        let ran = line(folder, arguments);
        assert_eq!(ran.code, Some(*code), "`netc {arguments}`: {ran:?}");
        for (words, text, stream) in [(out, &ran.out, "output"), (err, &ran.err, "error")] {
            assert!(words.is_empty() || !text.is_empty(), "`netc {arguments}`: nothing on standard {stream}");
            for word in *words {
                assert!(text.contains(word), "`netc {arguments}`: no `{word}` in standard {stream}:\n{text}");
            }
        }
    }
}
