//! The one error type of the library: what was refused, and the exit code that a command gives for it.

use netc_grammar::{Diagnostic, Sources};
use netc_train::TrainError;
use std::fmt;

/// Why a network could not be opened, compiled, run or trained.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The `.net` text has errors.
    Rejected {
        /// All of them, with places in `sources`.
        diagnostics: Vec<Diagnostic>,
        /// The text of the file and of what it imports.
        sources: Box<Sources>,
    },
    /// A call gave the wrong values: another shape, an unknown name, an integer out of range.
    Usage(String),
    /// Data, weights or checkpoints: refused, missing, or over a limit; also a loss that is not finite.
    Train(TrainError),
    /// There is not enough memory.
    Memory(netc_jit::OutOfMemory),
    /// An error in netc itself; please report it.
    Internal(String),
}

impl Error {
    /// The diagnostics as `netc check` prints them, with ANSI colours on request; none for other errors.
    pub fn report(&self, color: bool) -> Option<String> {
        match self {
            Error::Rejected { diagnostics, sources } => Some(netc_grammar::render(diagnostics, sources, color)),
            _ => None,
        }
    }

    /// The command's exit code: 1 input rejected, 2 usage, 3 I/O or limit, 4 numeric failure, 70 error in netc.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Rejected { .. } => 1,
            Error::Usage(_) => 2,
            Error::Train(error) => error.exit_code(),
            Error::Memory(_) => 3,
            Error::Internal(_) => 70,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Rejected { diagnostics, sources } => f.write_str(&netc_grammar::render(diagnostics, sources, false)),
            Error::Usage(message) => f.write_str(message),
            Error::Train(error) => error.fmt(f),
            Error::Memory(error) => error.fmt(f),
            Error::Internal(message) => write!(f, "internal error: {message}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Error {
        Error::Train(error)
    }
}

impl From<netc_jit::OutOfMemory> for Error {
    fn from(error: netc_jit::OutOfMemory) -> Error {
        Error::Memory(error)
    }
}

impl From<netc_jit::CompileError> for Error {
    fn from(error: netc_jit::CompileError) -> Error {
        Error::Internal(error.to_string())
    }
}
