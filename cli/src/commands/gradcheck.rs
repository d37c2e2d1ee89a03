//! `netc gradcheck`: every gradient of a training step against differences of the loss, in double precision.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::network_file::{NetworkFile, Running};
use clap::Args;
use netc::Network;
use netc_compiler::gradcheck::{self, Check, Report, gradcheck, sample_inputs, samples};
use netc_compiler::pipeline::primitives;
use netc_compiler::prim::tensor::Tensor;
use netc_compiler::prim::{Mode, PrimGraph, Role};
use std::path::PathBuf;

/// Check the gradients of a network against differences of its loss, in double precision.
///
/// Per trained tensor one random direction through all its entries, and some entries alone; above 10⁹ multiply-adds
/// one direction through all tensors at once. Inputs are drawn at random, differences of several steps are extrapolated
/// to the step 0. Steps that cross a kink (a sign at `relu`) are repeated elsewhere; what remains is counted and may be
/// 1 % of the probes. Exits 1 where a gradient is wrong.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc gradcheck examples/digits/cnn.net
  $ netc gradcheck examples/vision/resnet18.net --set size=32 --batch 2
  $ netc gradcheck net.net --weights runs/1/best.safetensors --entries 20 --tolerance 1e-6")]
pub struct Gradcheck {
    #[command(flatten)]
    network: NetworkFile,

    #[command(flatten)]
    running: Running,

    /// Samples; by default 2, or as many as give every batch norm 8 values.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    batch: Option<u16>,

    /// Weights in a safetensors file, or the folder of a run, instead of starting values.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Entries of each tensor that are checked alone.
    #[arg(long, default_value_t = 4, value_name = "N")]
    entries: usize,

    /// Largest relative error that passes.
    #[arg(long, default_value_t = 1e-5)]
    tolerance: f64,

    /// All tensors in one direction, whatever the size.
    #[arg(long)]
    jointly: bool,
}

impl Gradcheck {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Failure::usage(format!("`--tolerance` must be between 0 and 1, but is {}", self.tolerance)));
        }
        let mut network = self.network.open_to_run(&self.running, console)?;
        if let Some(weights) = &self.weights {
            network = network.weights(weights)?;
        }
        let model = network.model();
        let Some(recipe) = &model.recipe else {
            let help = "add one with a `loss`";
            let what = format!("`{}` has no `train` section, so it has no loss", model.name);
            return Err(Failure::new(Exit::Rejected, format!("{what}\n  = help: {help}")));
        };
        let seed = self.running.seed.unwrap_or(recipe.seed);
        let batch = self.batch.map_or_else(|| samples(model), usize::from);
        let graph = primitives(model, Mode::Gradients, batch, &[]);
        if !graph.results.iter().any(|(role, _)| matches!(role, Role::Gradient(_))) {
            console.print(&format!("{}: no parameter is trained, so there is nothing to check\n", model.name))?;
            return Ok(Exit::Done);
        }
        let options = gradcheck::Options {
            seed,
            entries: self.entries,
            tolerance: self.tolerance,
            jointly: self.jointly.then_some(true),
        };
        let states = states(&network, &graph)?;
        let inputs = sample_inputs(&graph, seed);
        let width = graph.states.iter().map(|state| state.path.len()).max().unwrap_or(0).max(14);
        console.print(&format!(
            "{:width$}  {:>10}  {:>13}  {:>13}  {:>8}  {:>8}\n",
            "parameter", "entries", "by gradient", "by difference", "error", "worst"
        ))?;
        let mut printed = Ok(());
        let report = gradcheck(&graph, &inputs, &states, &options, &mut |check| {
            if printed.is_ok() {
                printed = console.print(&line(check, width)).and_then(|()| console.flush());
            }
        });
        printed?;
        console.print(&verdict(&report))?;
        Ok(match () {
            () if !report.loss.is_finite() => Exit::Numeric,
            () if report.passes() => Exit::Done,
            () => Exit::Rejected,
        })
    }
}

/// The network's parameters and buffers, widened.
fn states(network: &Network, graph: &PrimGraph) -> Result<Vec<Tensor<f64>>, Failure> {
    let state = |path: &str| {
        let values = network.parameter(path).ok_or_else(|| {
            let what = format!("the parameters of `{}` need more memory than the limit", graph.name);
            Failure::new(Exit::Io, format!("{what}\n  = help: give more with `--max-memory`"))
        })?;
        Ok(Tensor::from_f32(&values))
    };
    graph.states.iter().map(|known| state(&known.path)).collect()
}

fn line(check: &Check, width: usize) -> String {
    let Check { path, elements, analytic, numeric, error, worst_entry, .. } = check;
    let mark = if check.passes { "" } else { "  WRONG" };
    format!(
        "{path:width$}  {elements:>10}  {analytic:>13.6e}  {numeric:>13.6e}  {error:>8.1e}  {worst_entry:>8.1e}{mark}\n"
    )
}

fn verdict(report: &Report) -> String {
    let wrong = report.checks.iter().filter(|check| !check.passes).count();
    let verdict = match (report.loss.is_finite(), wrong) {
        (false, _) => "the loss is not finite".to_string(),
        (true, 0) if report.passes() => "all gradients agree".to_string(),
        (true, 0) => "too many kinks: try another --seed, or trained --weights".to_string(),
        (true, wrong) => format!("{wrong} of {} do not agree", report.checks.len()),
    };
    format!("loss {:.6}, {} probes, {} kinks: {verdict}\n", report.loss, report.probes, report.kinks)
}
