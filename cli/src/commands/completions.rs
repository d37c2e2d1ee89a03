//! `netc completions`: a script that completes netc's arguments in a shell.

use crate::Arguments;
use crate::console::Console;
use crate::exit::{Exit, Failure};
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a script that completes netc's commands and options in a shell.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc completions bash > ~/.local/share/bash-completion/completions/netc
  $ netc completions zsh > ~/.zfunc/_netc
  $ netc completions fish > ~/.config/fish/completions/netc.fish")]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "netc", &mut script);
        console.print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
