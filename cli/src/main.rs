//! The netc command: arguments to a sub-command, its result to an exit code.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod commands;
mod console;
mod diff;
mod exit;
mod figures;
mod network_file;
mod report;
mod signals;
mod training_progress;

use clap::Parser;
use commands::Command;
use console::{ColorChoice, Console};
use exit::{Exit, Failure};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: netc_jit::heap::Heap = netc_jit::heap::Heap;

/// Stack of threads that run the compiler. Recursion is bounded by brackets and budgets; this is ample for them.
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// Compiles, checks, trains and runs neural networks that are written in `.net` files.
#[derive(Parser)]
#[command(name = "netc", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Arguments {
    /// When messages are coloured.
    #[arg(
        long,
        value_enum,
        global = true,
        default_value_t = ColorChoice::Auto,
        value_name = "auto|always|never",
        hide_possible_values = true
    )]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit codes:
  0 done, 1 input rejected, 2 wrong usage, 3 file system or limit, 4 a number that is not finite,
  70 an error in netc itself, 130 Ctrl-C, 143 SIGTERM

`netc COMMAND --help` shows examples of each command.";

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report::internal_error));
    guarded(run).into()
}

/// Runs on a thread with an ample stack; a panic, which the hook has reported, is an error in netc.
fn guarded(run: impl FnOnce() -> Exit + Send + 'static) -> Exit {
    match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => exit,
        Ok(Err(_)) => Exit::Internal,
        Err(error) => {
            report::failure(&Failure::new(Exit::Io, format!("no thread could be started: {error}")), false);
            Exit::Io
        }
    }
}

fn run() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to a standard output that may be closed: there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let mut console = Console::new(arguments.color);
    let result = arguments.command.run(&mut console).and_then(|exit| console.flush().map(|()| exit));
    match result {
        Ok(exit) => exit,
        Err(failure) => {
            // What was printed before the failure is part of the answer.
            let _ = console.flush();
            report::failure(&failure, console.color());
            failure.exit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_panic_ends_with_seventy() {
        assert_eq!(guarded(|| panic!("of this test")), Exit::Internal);
        assert_eq!(guarded(|| Exit::Rejected), Exit::Rejected);
        assert_eq!(Exit::Internal as u8, 70);
    }

    #[test]
    fn every_command_shows_examples_that_parse() {
        let arguments = Arguments::command();
        for command in arguments.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples: Vec<&str> = help.lines().filter_map(|line| line.trim_start().strip_prefix("$ ")).collect();
            assert!(examples.len() >= 2, "`{}` shows {} examples", command.get_name(), examples.len());
            for example in examples {
                let words = example.split(['|', '<', '>', '#']).find(|part| part.trim_start().starts_with("netc "));
                let words = words.unwrap_or_else(|| panic!("`{example}` does not call netc"));
                if let Err(error) = Arguments::try_parse_from(words.split_whitespace()) {
                    panic!("`{example}`: {error}");
                }
            }
        }
    }
}
