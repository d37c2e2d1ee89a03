//! Exit codes, and the failure that carries one with its message.

use netc_grammar::{Diagnostic, Source, Sources};
use netc_train::TrainError;
use std::fmt;
use std::process::ExitCode;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It did what was asked.
    Done = 0,
    /// A file, a model or a comparison was rejected.
    Rejected = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// The file system failed or a limit was met.
    Io = 3,
    /// A number that must be finite is not.
    Numeric = 4,
    /// An error in netc.
    Internal = 70,
    /// Ctrl-C.
    Interrupted = 130,
    /// SIGTERM.
    Terminated = 143,
}

impl Exit {
    /// The exit of a code that a library error gives; a code that is none of them is an error in netc.
    pub fn of(code: u8) -> Exit {
        let known = [Exit::Done, Exit::Rejected, Exit::Usage, Exit::Io, Exit::Numeric];
        known.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Exit::Internal)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command stopped.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What the user is told.
    pub message: Message,
}

/// The text of a failure.
#[derive(Clone, Debug)]
pub enum Message {
    /// One sentence and its continuation lines, shown after `error: `.
    Error(String),
    /// Errors of a `.net` file with its text.
    Diagnostics(Vec<Diagnostic>, Box<Sources>),
    /// Nobody is left to tell.
    Silent,
}

impl Failure {
    /// A failure with a sentence in lower case.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: Message::Error(message.into()) }
    }

    /// Wrong usage that clap could not see.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// Errors of one `.net` file.
    pub fn rejected(diagnostics: Vec<Diagnostic>, source: &Source) -> Failure {
        let mut sources = Sources::new();
        sources.add(source.name(), source.text());
        Failure { exit: Exit::Rejected, message: Message::Diagnostics(diagnostics, Box::new(sources)) }
    }

    /// An error in netc.
    pub fn internal(error: impl fmt::Display) -> Failure {
        Failure::new(
            Exit::Internal,
            format!("internal error: {error}\n  = help: this is a bug in netc, please report it"),
        )
    }

    /// Standard output is gone (exit 0, silently) or cannot be written.
    pub fn output(error: &std::io::Error) -> Failure {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Failure { exit: Exit::Done, message: Message::Silent };
        }
        Failure::new(Exit::Io, format!("standard output could not be written: {error}"))
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Failure {
        Failure::new(Exit::of(error.exit_code()), error.to_string())
    }
}

impl From<netc::Error> for Failure {
    fn from(error: netc::Error) -> Failure {
        let exit = Exit::of(error.exit_code());
        match error {
            netc::Error::Rejected { diagnostics, sources } => {
                Failure { exit, message: Message::Diagnostics(diagnostics, sources) }
            }
            netc::Error::Internal(message) => Failure::internal(message),
            other => Failure::new(exit, other.to_string()),
        }
    }
}
