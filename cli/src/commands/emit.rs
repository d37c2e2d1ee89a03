//! `netc emit`: the text of a stage of the compiler, its comparison with a stored one, or a crate.

mod package;

use crate::console::Console;
use crate::diff::unified;
use crate::exit::{Exit, Failure};
use crate::network_file::{Compiling, NetworkFile, open_source};
use clap::{Args, ValueEnum};
use netc::Mode;
use netc_grammar::parse;
use netc_train::file::{Bound, Keep, RUN_AGAIN, atomic_write, read_plain};
use std::path::{Path, PathBuf};

/// Of a stored text.
const STORED: Bound = Bound::new(1 << 30, "a stored text may be", "name the file that `--bless` stored");

/// Print what a stage of the compiler makes of a network; the same text for the same network.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc emit examples/digits/cnn.net --stage model
  $ netc emit examples/digits/cnn.net --stage program --mode step --batch 32
  $ netc emit examples/digits/cnn.net --stage rust
  $ netc emit examples/digits/cnn.net --crate digits                     # a crate that predicts from stdin
  $ netc emit cnn.net --stage kernels --check cnn.kernels.txt            # a diff and exit 1 where it differs
  $ netc emit cnn.net --stage kernels --check cnn.kernels.txt --bless    # store it")]
pub struct Emit {
    #[command(flatten)]
    network: NetworkFile,

    #[command(flatten)]
    compiling: Compiling,

    /// Which stage.
    #[arg(long, value_enum, required_unless_present = "package")]
    stage: Option<Stage>,

    /// Write a small crate with the network as Rust, whose program predicts from standard input.
    #[arg(long = "crate", value_name = "DIR", conflicts_with_all = ["stage", "mode", "check"])]
    package: Option<PathBuf>,

    /// What is compiled; `gradients` for the stage `grad`, else `predict`.
    #[arg(long, value_enum)]
    mode: Option<ModeName>,

    /// Samples of a batch.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    batch: u32,

    /// Compare with the text in this file: print a diff and exit 1 where it differs.
    #[arg(long, value_name = "SNAP")]
    check: Option<PathBuf>,

    /// Store the text in the file of `--check`.
    #[arg(long, requires = "check")]
    bless: bool,
}

/// A stage of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// The syntax tree.
    Ast,
    /// Layers with their types, parameters, recipe.
    Model,
    /// Primitives before gradients.
    Prims,
    /// Primitives with gradients, and updates in the mode `step`.
    Grad,
    /// Kernels after simplification and fusion.
    Kernels,
    /// Loops, layouts, buffers and calls.
    Program,
    /// Cranelift's representation of the generated kernels.
    Clif,
    /// The Rust that `network!` writes, with predictions and training.
    Rust,
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModeName {
    /// Outputs.
    Predict,
    /// Outputs, loss and metrics.
    Evaluate,
    /// Loss and gradients.
    Gradients,
    /// A training step.
    Step,
}

impl Emit {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if let Some(folder) = &self.package {
            let written = package::write(&self.network.open(&self.compiling)?, folder)?;
            console.print(&written)?;
            return Ok(Exit::Done);
        }
        let text = self.text()?;
        match &self.check {
            None => console.print(&text)?,
            Some(path) if self.bless => {
                atomic_write(path, Keep::Nothing, RUN_AGAIN, |writer| writer.write_all(text.as_bytes()))?;
            }
            Some(path) => return compare(path, &text, console),
        }
        Ok(Exit::Done)
    }

    fn text(&self) -> Result<String, Failure> {
        let Some(stage) = self.stage.and_then(Stage::of_library) else { return self.syntax_tree() };
        let mode = match (self.mode, self.stage) {
            (Some(ModeName::Predict | ModeName::Evaluate), Some(Stage::Grad)) => {
                return Err(Failure::usage(
                    "only the modes `gradients` and `step` have gradients\n  = help: leave `--mode` out, or choose one of them",
                ));
            }
            (Some(mode), _) => mode.of_library(),
            (None, Some(Stage::Grad)) => Mode::Gradients,
            (None, _) => Mode::Predict,
        };
        let network = self.network.open(&self.compiling)?;
        if network.model().recipe.is_none() && mode != Mode::Predict {
            let what = format!("`{}` has no `train` section, so it has no loss", network.model().name);
            let help = "add one, or use `--mode predict`";
            return Err(Failure::new(Exit::Rejected, format!("{what}\n  = help: {help}")));
        }
        let batch = usize::try_from(self.batch).unwrap_or(1);
        Ok(network.text(stage, mode, batch)?)
    }

    /// The tree of the file alone, before any name has a meaning; also of broken text its errors.
    fn syntax_tree(&self) -> Result<String, Failure> {
        let source = open_source(&self.network.file)?;
        let parsed = parse(&source);
        if parsed.has_errors() {
            return Err(Failure::rejected(parsed.diagnostics, &source));
        }
        Ok(format!("{:#?}\n", parsed.ast))
    }
}

impl Stage {
    fn of_library(self) -> Option<netc::Stage> {
        Some(match self {
            Stage::Ast => return None,
            Stage::Model => netc::Stage::Model,
            Stage::Prims => netc::Stage::Primitives,
            Stage::Grad => netc::Stage::Gradients,
            Stage::Kernels => netc::Stage::Kernels,
            Stage::Program => netc::Stage::Program,
            Stage::Clif => netc::Stage::Clif,
            Stage::Rust => netc::Stage::Rust,
        })
    }
}

impl ModeName {
    fn of_library(self) -> Mode {
        match self {
            ModeName::Predict => Mode::Predict,
            ModeName::Evaluate => Mode::Evaluate,
            ModeName::Gradients => Mode::Gradients,
            ModeName::Step => Mode::Step,
        }
    }
}

fn compare(path: &Path, text: &str, console: &mut Console) -> Result<Exit, Failure> {
    let name = path.display().to_string();
    let stored = read_plain(path, STORED)?;
    let stored = String::from_utf8_lossy(&stored);
    if stored == text {
        return Ok(Exit::Done);
    }
    console.print(&unified((&name, &stored), ("netc emit", text)))?;
    console.flush()?;
    Err(Failure::new(
        Exit::Rejected,
        format!(
            "the text is not the one in {}\n  = help: if it is right, store it with `--bless`",
            netc_grammar::escape_terminal(&name)
        ),
    ))
}
