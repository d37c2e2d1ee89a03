//! The table of sub-commands; each is one file with its arguments, its examples and its `run`.
//!
//! To add one: write its file, add its module and its line in [`Command`], and its arm in [`Command::run`].

mod completions;
mod emit;
mod explain;
mod fmt;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use clap::Subcommand;

/// All sub-commands.
#[derive(Subcommand)]
pub enum Command {
    Emit(emit::Emit),
    Fmt(fmt::Fmt),
    Explain(explain::Explain),
    Completions(completions::Completions),
}

impl Command {
    /// Runs the command. Results go to standard output; the exit says how it ended.
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        match self {
            Command::Emit(command) => command.run(console),
            Command::Fmt(command) => command.run(console),
            Command::Explain(command) => command.run(console),
            Command::Completions(command) => command.run(console),
        }
    }
}
