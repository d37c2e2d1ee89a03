//! `netc bench`: how fast a network runs here, as a whole and line by line of its schedule.

use crate::bench::{Report, json, table};
use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::network_file::{NetworkFile, Running};
use clap::{Args, ValueEnum};
use netc::Mode;
use std::time::Duration;

/// Time predictions or training steps of a network on random values.
///
/// Medians and best times are of single calls, as a program makes them, after a warm-up. The machine's limits are
/// measured in the same run: compare shares and ratios, because machines are shared and differ from hour to hour.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc bench examples/vision/resnet18.net
  $ netc bench examples/digits/cnn.net --train --batch 64 --threads 1
  $ netc bench examples/vision/resnet18.net --explain      # where the time goes
  $ netc bench examples/digits/mlp.net --batch 128 --format json")]
pub struct Bench {
    #[command(flatten)]
    network: NetworkFile,

    /// Samples of a batch.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    batch: u32,

    /// Time training steps, not predictions.
    #[arg(long)]
    train: bool,

    /// Also time each line of the schedule: its layer, kernel, vector instructions, method and share of the limit.
    #[arg(long)]
    explain: bool,

    /// Seconds of timed runs.
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,

    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    #[command(flatten)]
    running: Running,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// One JSON object.
    Json,
}

impl Bench {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let network = self.network.open_to_run(&self.running, console)?;
        let mode = if self.train { Mode::Step } else { Mode::Predict };
        let batch = usize::try_from(self.batch).unwrap_or(1);
        // What is read to measure the memory never lies beside the network's.
        let before = network.limits();
        let mut bench = network.bench(mode, batch)?;
        let compile = bench.compiled().as_secs_f64();
        let budget = Duration::from_secs_f64(self.seconds);
        let times = bench.time(budget)?;
        let lines = if self.explain { bench.profile(budget)? } else { Vec::new() };
        let (work, memory) = (bench.work()?, bench.memory()?);
        drop(bench);
        let limits = before.best(network.limits());
        let report = Report {
            network: network.model().name.clone(),
            train: self.train,
            batch: self.batch,
            threads: network.threads(),
            compile,
            times,
            limits,
            macs: work.iter().map(|work| work.macs).sum(),
            memory,
            lines,
        };
        console.print(&match self.format {
            Format::Table => table::text(&report),
            Format::Json => json::text(&report),
        })?;
        Ok(Exit::Done)
    }
}

/// A positive time that a person would wait for.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("write seconds from 0 to 3600".to_string()),
    }
}
