//! Standard output and standard error as the commands use them: results to one, messages to the other.

use crate::exit::Failure;
use clap::ValueEnum;
use std::env;
use std::io::{self, BufWriter, IsTerminal, Read, Stdout, Write};

/// When text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where a command writes.
pub struct Console {
    out: BufWriter<Stdout>,
    color: bool,
    out_color: bool,
}

impl Console {
    /// Buffered standard output; colours by choice and terminal.
    pub fn new(choice: ColorChoice) -> Console {
        let color = |terminal: bool| match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && color_by_environment(),
        };
        Console {
            out: BufWriter::new(io::stdout()),
            color: color(io::stderr().is_terminal()),
            out_color: color(io::stdout().is_terminal()),
        }
    }

    /// Whether messages on standard error are coloured.
    pub fn color(&self) -> bool {
        self.color
    }

    /// Whether results on standard output are coloured.
    pub fn out_color(&self) -> bool {
        self.out_color
    }

    /// Whether somebody watches standard error.
    pub fn watched(&self) -> bool {
        io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// Columns of the terminal that results go to; none where they go to a file or a pipe.
    pub fn width(&self) -> Option<usize> {
        let columns = || env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).or_else(columns)
    }

    /// Writes a result to standard output.
    ///
    /// # Errors
    /// When it is closed (a silent exit) or cannot be written.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(|error| Failure::output(&error))
    }

    /// Writes a message to standard error; nobody is told if that fails.
    pub fn tell(&mut self, text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// As for [`Console::print`].
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output(&error))
    }
}

/// `NO_COLOR` (any value but the empty one) and dumb terminals turn colours off.
fn color_by_environment() -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// All bytes of standard input, at most `limit` and one.
///
/// # Errors
/// When reading fails.
pub fn read_stdin(limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
