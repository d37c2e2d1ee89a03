//! `netc explain`: the page of a diagnostic code.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use clap::Args;
use netc_grammar::{CODES, did_you_mean, explain};

/// Explain an error or a warning by its code, with an example that fails and one that passes.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc explain E0301     # the page of one code
  $ netc explain           # all codes with their titles")]
pub struct Explain {
    /// The code as messages show it, such as E0301; all codes are listed without it.
    code: Option<String>,
}

impl Explain {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let Some(code) = self.code else {
            for (code, title, _) in CODES {
                console.print(&format!("{code}  {title}\n"))?;
            }
            return Ok(Exit::Done);
        };
        let asked = code.trim_matches(['[', ']']);
        let Some((_, page)) = explain(asked) else {
            let near = did_you_mean(asked, CODES.iter().map(|(code, ..)| *code));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`netc explain` without a code lists them all".to_string(),
            };
            let asked = netc_grammar::escape_terminal(asked);
            return Err(Failure::usage(format!("there is no code `{asked}`\n  = help: {help}")));
        };
        console.print(page.trim_end())?;
        console.print("\n")?;
        Ok(Exit::Done)
    }
}
