//! `netc verify`: interpreter, machine code and generated Rust on the same random values, compared bit for bit.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::network_file::{NetworkFile, Running};
use clap::Args;
use netc::{Agreement, Row, Verification};
use std::path::PathBuf;

/// Run a network on the interpreter, as machine code and as generated Rust, and compare the bits.
///
/// A prediction of one sample, the gradients of a batch and one step of training, on random values. Machine code and
/// generated Rust run on every instruction set of this processor. Generated Rust is built by cargo; where there is
/// none, its column says so. Exits 1 where a bit differs.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc verify examples/digits/cnn.net
  $ netc verify examples/vision/resnet18.net --set size=32 --batch 2
  $ netc verify net.net --weights runs/1/best.safetensors --build-in /tmp/net")]
pub struct Verify {
    #[command(flatten)]
    network: NetworkFile,

    #[command(flatten)]
    running: Running,

    /// Samples of the batch; small, because the interpreter is slow and more samples show nothing new.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    batch: u16,

    /// Weights instead of starting values.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Folder in which the generated Rust is written and built, and stays; a temporary one by default.
    #[arg(long, value_name = "DIR")]
    build_in: Option<PathBuf>,
}

impl Verify {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let mut network = self.network.open_to_run(&self.running, console)?;
        if let Some(weights) = &self.weights {
            network = network.weights(weights)?;
        }
        let temporary = tempfile::tempdir()
            .map_err(|error| Failure::new(Exit::Io, format!("cannot make a temporary folder: {error}")))?;
        let folder = self.build_in.as_deref().unwrap_or(temporary.path());
        let verification = network.verify(usize::from(self.batch), folder)?;
        console.print(&table(&verification))?;
        Ok(if verification.agrees() { Exit::Done } else { Exit::Rejected })
    }
}

fn table(verification: &Verification) -> String {
    let width = verification.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(5);
    let mut text = format!("{:8}  {:width$}  {:>10}  {:>12}  {:>8}\n", "", "layer", "numbers", "machine code", "rust");
    let mut last = "";
    for row in &verification.rows {
        let Row { pass, name, numbers, jit, rust } = row;
        let pass = if *pass == last { "" } else { *pass };
        last = row.pass;
        let (jit, rust) = (word(*jit), word(*rust));
        text.push_str(&format!("{pass:8}  {name:width$}  {numbers:>10}  {jit:>12}  {rust:>8}\n"));
    }
    let sets = verification.instruction_sets.join(", ");
    let differing = verification.rows.iter().filter(|row| [row.jit, row.rust].contains(&Agreement::Differs)).count();
    let verdict = match differing {
        0 => "all bits are the interpreter's".to_string(),
        1 => "1 row differs from the interpreter".to_string(),
        n => format!("{n} rows differ from the interpreter"),
    };
    text.push_str(&format!("on {sets}: {verdict}\n"));
    if let Some(reason) = &verification.not_run {
        text.push_str(&format!("generated Rust was not run: {reason}\n"));
    }
    text
}

fn word(agreement: Agreement) -> &'static str {
    match agreement {
        Agreement::Equal => "equal",
        Agreement::Differs => "DIFFERS",
        Agreement::NotRun => "not run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_and_missing_columns_are_said() {
        let row = |name: &str, jit, rust| Row { pass: "forward", name: name.into(), numbers: 3, jit, rust };
        let verification = Verification {
            rows: vec![
                row("scores", Agreement::Equal, Agreement::NotRun),
                row("b", Agreement::Differs, Agreement::NotRun),
            ],
            not_run: Some("there is no cargo on this machine".into()),
            instruction_sets: vec!["portable".into()],
        };
        let expected = "          layer      numbers  machine code      rust
forward   scores           3         equal   not run
          b                3       DIFFERS   not run
on portable: 1 row differs from the interpreter
generated Rust was not run: there is no cargo on this machine
";
        assert_eq!(table(&verification), expected);
        assert!(!verification.agrees());
    }
}
