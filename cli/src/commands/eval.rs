//! `netc eval`: loss and metrics of given weights on the recipe's test data.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::figures;
use crate::network_file::{NetworkFile, Running, with_weights};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// Version of the JSON output.
const SCHEMA: u32 = 1;

/// Compute loss and metrics of trained weights on the recipe's test data.
///
/// A recipe without test data is evaluated on its training data; the names of the figures (`test_…`, `train_…`) say
/// which it was.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc eval examples/digits/cnn.net --weights runs/cnn/best.safetensors
  $ netc eval examples/digits/cnn.net --weights runs/cnn/best.safetensors --format json")]
pub struct Eval {
    #[command(flatten)]
    network: NetworkFile,

    /// Weights in a safetensors file, or the folder of a run; initial weights by seed without it.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    running: Running,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON object.
    Json,
}

impl Eval {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let network = self.network.open_to_run(&self.running, console)?;
        let network = with_weights(network, self.weights.as_deref(), console)?;
        let metrics = network.evaluate()?;
        let name = &network.model().name;
        match self.format {
            Format::Table => console.print(&format!("{name}\n{}", figures::table(&metrics)))?,
            Format::Json => {
                let object = json!({ "schema": SCHEMA, "network": name, "metrics": metrics });
                console.print(&format!("{object:#}\n"))?;
            }
        }
        Ok(Exit::Done)
    }
}
