//! The one error type of training: what went wrong, where, why, what would fix it, and the exit code.

use netc_grammar::escape_terminal;
use std::fmt;

/// A fault with its place in a file and the advice that goes with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// File as the user named it.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<u64>,
    /// Column in that line in characters, from 1.
    pub column: Option<u64>,
    /// What is wrong, one sentence.
    pub what: String,
    /// The single things that are wrong, where there are many; each gets a line.
    pub items: Vec<String>,
    /// Why it is wrong: the numbers or the rule.
    pub why: Option<String>,
    /// A concrete change that would help.
    pub fix: Option<String>,
}

impl Fault {
    /// A fault that says only what is wrong.
    pub fn new(what: impl Into<String>) -> Fault {
        Fault { what: what.into(), ..Fault::default() }
    }

    /// Names the file.
    pub fn file(mut self, file: impl Into<String>) -> Fault {
        self.file = Some(file.into());
        self
    }

    /// Names line and column, both from 1.
    pub fn at(mut self, line: u64, column: u64) -> Fault {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// Adds the single things that are wrong.
    pub fn items(mut self, items: Vec<String>) -> Fault {
        self.items = items;
        self
    }

    /// Adds the reason.
    pub fn why(mut self, why: impl Into<String>) -> Fault {
        self.why = Some(why.into());
        self
    }

    /// Adds the advice.
    pub fn fix(mut self, fix: impl Into<String>) -> Fault {
        self.fix = Some(fix.into());
        self
    }

    /// Rejected input: exit code 1.
    pub fn input(self) -> TrainError {
        TrainError::Input(Box::new(self))
    }

    /// The file system failed: exit code 3.
    pub fn io(self) -> TrainError {
        TrainError::Io(Box::new(self))
    }

    /// A declared limit was met: exit code 3.
    pub fn limit(self) -> TrainError {
        TrainError::Limit(Box::new(self))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", escape_terminal(file))?;
            for position in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{position}")?;
            }
            write!(f, ": ")?;
        }
        write!(f, "{}", escape_terminal(&self.what))?;
        for item in &self.items {
            write!(f, "\n    {}", escape_terminal(item))?;
        }
        if let Some(why) = &self.why {
            write!(f, "\n  = why: {}", escape_terminal(why))?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "\n  = help: {}", escape_terminal(fix))?;
        }
        Ok(())
    }
}

/// Everything that can stop a training run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file, recipe or argument was rejected (exit code 1).
    #[error("{0}")]
    Input(Box<Fault>),
    /// A file could not be found, read or written (exit code 3).
    #[error("{0}")]
    Io(Box<Fault>),
    /// A declared limit would be passed (exit code 3).
    #[error("{0}")]
    Limit(Box<Fault>),
    /// A value that must be finite is not (exit code 4).
    #[error("{what} is not finite at step {step}{}\n  = help: try a smaller rate, or scale the inputs with `standardize`",
        match layer { Some(layer) => format!("; the first layer with a value that is not finite is `{layer}`"), None => String::new() })]
    NonFinite {
        /// What is not finite: `the loss`, `the weight fc.weight`.
        what: String,
        /// Optimiser steps done before this one, counted from 0.
        step: u64,
        /// Path of the first layer whose output is not finite, if it is known.
        layer: Option<String>,
    },
    /// An error in netc itself (exit code 70).
    #[error("internal error: {0}")]
    Internal(String),
}

impl TrainError {
    /// The process exit code of this error: 1 input, 3 file system or limit, 4 numeric.
    pub fn exit_code(&self) -> u8 {
        match self {
            TrainError::Input(_) => 1,
            TrainError::Io(_) | TrainError::Limit(_) => 3,
            TrainError::NonFinite { .. } => 4,
            TrainError::Internal(_) => 70,
        }
    }

    /// The fault with its place, where there is one.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            TrainError::Input(fault) | TrainError::Io(fault) | TrainError::Limit(fault) => Some(fault),
            TrainError::NonFinite { .. } | TrainError::Internal(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_place_reason_and_fix_and_carries_its_exit_code() {
        let error = Fault::new("`big` is not a number")
            .file("houses.csv")
            .at(3, 7)
            .why("column `area` holds numbers")
            .fix("write a number")
            .input();
        assert_eq!(
            error.to_string(),
            "houses.csv:3:7: `big` is not a number\n  = why: column `area` holds numbers\n  = help: write a number"
        );
        assert_eq!(error.exit_code(), 1);
        let diverged = TrainError::NonFinite { what: "the loss".into(), step: 17, layer: Some("conv1".into()) };
        assert!(diverged.to_string().starts_with(
            "the loss is not finite at step 17; the first layer with a value that is not finite is `conv1`"
        ));
        assert_eq!(diverged.exit_code(), 4);
    }

    #[test]
    fn control_characters_of_a_file_never_reach_the_terminal() {
        let fault = Fault::new("bad \u{1b}[2J name\u{202e}").file("a\u{200b}.csv").items(vec!["\u{feff}b".into()]);
        assert_eq!(
            fault.why("\u{ad}c").fix("d\ne").to_string(),
            "a\\u{200b}.csv: bad \\u{1b}[2J name\\u{202e}\n    \\u{feff}b\n  = why: \\u{ad}c\n  = help: d\\ne"
        );
    }
}
