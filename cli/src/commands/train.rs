//! `netc train`: trains a network by its recipe into a run folder.

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::figures;
use crate::network_file::{NetworkFile, Running};
use crate::signals::Signals;
use crate::training_progress::{TrainingProgress, clock};
use clap::Args;
use netc::{Fit, Trained};
use netc_grammar::escape_terminal;
use std::path::{Path, PathBuf};

/// Train a network by the recipe in its file.
///
/// The run folder gets `log.jsonl` (one line per epoch, the last one with the final figures), `best.safetensors` (the
/// weights) and `last.ckpt` (what `--resume` goes on from). An earlier run in the same folder is moved to `previous/`,
/// in place of the one before it; a run that ended before it saved weights or a checkpoint leaves nothing but its log,
/// which is replaced. Ctrl-C and SIGTERM save a checkpoint and end the run.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc train examples/digits/cnn.net                        # into runs/cnn
  $ netc train examples/digits/cnn.net --run runs/try --seed 2 --set train.batch=64
  $ netc train examples/digits/cnn.net --run runs/try --seed 2 --set train.batch=64 --resume --epochs 60")]
pub struct Train {
    #[command(flatten)]
    network: NetworkFile,

    /// The run folder; `runs/` and the network's name by default.
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,

    /// Passes over the training data; the recipe's by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=u64::from(u32::MAX)))]
    epochs: Option<u64>,

    /// Go on from the folder's last checkpoint; the result is the same, to the bit, as without the interruption.
    #[arg(long)]
    resume: bool,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,

    #[command(flatten)]
    running: Running,
}

impl Train {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let signals = Signals::catch()?;
        let network = self.network.open_to_run(&self.running, console)?;
        let folder = self.run.clone().unwrap_or_else(|| Path::new("runs").join(&network.model().name));
        let mut progress = TrainingProgress::new(console, self.quiet);
        let mut fit = Fit::new().run(&folder).resume(self.resume).interrupt(signals.flag()).progress(&mut progress);
        if let Some(epochs) = self.epochs {
            fit = fit.epochs(epochs);
        }
        let trained = network.fit(fit);
        progress.end();
        let elapsed = progress.elapsed().as_secs_f64();
        let trained = trained?;
        let shown = escape_terminal(&folder.display().to_string());
        if trained.interrupted {
            console.tell(&format!(
                "interrupted after {} whole epochs; the same command with `--run {shown} --resume` goes on\n",
                trained.epochs
            ));
            return Ok(signals.exit());
        }
        if !self.quiet {
            console.tell(&format!("done in {}\n", clock(elapsed)));
        }
        console.print(&final_report(&network.model().name, &trained))?;
        console.print(&format!(
            "weights: {}\n",
            escape_terminal(&folder.join("best.safetensors").display().to_string())
        ))?;
        Ok(Exit::Done)
    }
}

fn final_report(network: &str, trained: &Trained) -> String {
    let best = match trained.best_epoch {
        Some(epoch) => format!(", best weights of epoch {epoch}"),
        None => String::new(),
    };
    let figures = figures::table(&trained.metrics);
    format!("{network}: {} epochs{best}\n{figures}", trained.epochs)
}
