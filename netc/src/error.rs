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
        /// All of them, as `netc check` prints them.
        report: String,
        /// The same as data.
        diagnostics: Vec<Diagnostic>,
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
    pub(crate) fn rejected(diagnostics: Vec<Diagnostic>, sources: &Sources) -> Error {
        Error::Rejected { report: netc_grammar::render(&diagnostics, sources, false), diagnostics }
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
            Error::Rejected { report, .. } => f.write_str(report),
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
