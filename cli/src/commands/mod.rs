//! The table of sub-commands; each is one file with its arguments, its examples and its `run`.
//!
//! To add one: write its file, add its module and its line in [`Command`], and its arm in [`Command::run`].

mod bench;
mod check;
mod completions;
mod emit;
mod eval;
mod explain;
mod fmt;
mod gradcheck;
mod predict;
mod train;
mod verify;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use clap::Subcommand;

/// All sub-commands.
#[derive(Subcommand)]
pub enum Command {
    Check(check::Check),
    Train(train::Train),
    Eval(eval::Eval),
    Predict(predict::Predict),
    Fmt(fmt::Fmt),
    Gradcheck(gradcheck::Gradcheck),
    Bench(bench::Bench),
    Explain(explain::Explain),
    Emit(emit::Emit),
    Verify(verify::Verify),
    Completions(completions::Completions),
}

impl Command {
    /// Runs the command. Results go to standard output; the exit says how it ended.
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        match self {
            Command::Check(command) => command.run(console),
            Command::Train(command) => command.run(console),
            Command::Eval(command) => command.run(console),
            Command::Predict(command) => command.run(console),
            Command::Fmt(command) => command.run(console),
            Command::Bench(command) => command.run(console),
            Command::Gradcheck(command) => command.run(console),
            Command::Explain(command) => command.run(console),
            Command::Emit(command) => command.run(console),
            Command::Verify(command) => command.run(console),
            Command::Completions(command) => command.run(console),
        }
    }
}
