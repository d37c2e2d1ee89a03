//! `netc fmt`: `.net` files in the one style, in place or as a check.

use crate::console::{Console, read_stdin};
use crate::diff::unified;
use crate::exit::{Exit, Failure};
use crate::network_file::{decode, open_source};
use crate::report;
use clap::Args;
use netc_grammar::{format, limits};
use netc_train::file::{Keep, RUN_AGAIN, atomic_write};
use std::fs;
use std::path::{Path, PathBuf};

/// Format `.net` files in place; comments are kept. A file with a syntax error is left as it is.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc fmt examples/digits/cnn.net      # in place
  $ netc fmt --check *.net                # a diff and exit 1 where a file is not formatted
  $ netc fmt - < draft.net > tidy.net     # from standard input to standard output")]
pub struct Fmt {
    /// Files to format; `-` is standard input, formatted to standard output.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Change nothing; print a diff and exit 1 where a file is not formatted.
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let mut worst = Exit::Done;
        for file in &self.files {
            let exit = match self.one(file, console) {
                Ok(exit) => exit,
                Err(failure) if failure.exit == Exit::Done => return Err(failure),
                // A file that is broken or cannot be read does not keep the others from being formatted.
                Err(failure) => {
                    report::failure(&failure, console.color());
                    failure.exit
                }
            };
            worst = if exit as u8 > worst as u8 { exit } else { worst };
        }
        Ok(worst)
    }

    fn one(&self, path: &Path, console: &mut Console) -> Result<Exit, Failure> {
        let from_stdin = path == Path::new("-");
        let source = if from_stdin { decode("<stdin>", stdin()?)? } else { open_source(path)? };
        let after = format(&source).map_err(|diagnostics| Failure::rejected(diagnostics, &source))?;
        let before = source.text();
        let changed = before != after;
        if self.check {
            if changed {
                let (name, formatted) = (source.name(), format!("{} (formatted)", source.name()));
                console.print(&unified((name, before), (&formatted, &after)))?;
            }
            return Ok(if changed { Exit::Rejected } else { Exit::Done });
        }
        if from_stdin {
            console.print(&after)?;
        } else if changed {
            replace(path, &after)?;
        }
        Ok(Exit::Done)
    }
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let limit = limits::SOURCE_BYTES as u64;
    let bytes = read_stdin(limit)
        .map_err(|error| Failure::new(Exit::Io, format!("standard input could not be read: {error}")))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(Exit::Io, format!("standard input is longer than a source may be ({limit} bytes)")));
    }
    Ok(bytes)
}

/// Replaces the file that a link leads to, and keeps its permissions.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Io, format!("{}: this file could not be replaced: {error}", path.display()))
    };
    let target = fs::canonicalize(path).map_err(failed)?;
    let permissions = fs::metadata(&target).map_err(failed)?.permissions();
    atomic_write(&target, Keep::Nothing, RUN_AGAIN, |writer| writer.write_all(text.as_bytes()))?;
    fs::set_permissions(&target, permissions).map_err(failed)
}
