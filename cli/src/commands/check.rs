//! `netc check`: errors and warnings of a network, its table of layers, its totals and its assertions.

use crate::STACK_BYTES;
use crate::check::{csv, json, markdown, static_memory, table};
use crate::console::Console;
use crate::exit::{Exit, Failure, Message};
use crate::network_file::{Compiling, NetworkFile};
use crate::report;
use clap::{Args, ValueEnum};
use netc_compiler::lower::Choices;
use netc_compiler::model::Model;
use netc_compiler::pipeline;
use netc_compiler::prim::Mode;
use netc_compiler::summarize::{MemoryPlan, PLANNED_LAYERS, Summary, backward, summarize};
use netc_grammar::{Diagnostic, Severity, Sources};
use std::cell::Cell;
use std::thread::{Scope, ScopedJoinHandle};

/// Check a network: print its layers, shapes, costs and receptive fields, or all that is wrong with it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc check examples/vision/vgg16.net
  $ netc check examples/vision/resnet18.net --expand      # every layer of every block
  $ netc check net.net --set classes=5 --batch 32         # memory of a batch of 32
  $ netc check net.net --format json > net.json           # for other programs
  $ netc check net.net --deny warnings                    # exit 1 also for warnings

Exit code 1 says that the file has an error, or that an assertion of its `check` section does not hold.")]
pub struct Check {
    #[command(flatten)]
    network: NetworkFile,

    #[command(flatten)]
    compiling: Compiling,

    /// Samples of a batch, for the memory.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(i32::MAX)))]
    batch: u32,

    /// Threads, for the memory; one per core by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    threads: Option<u32>,

    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Print the layers of blocks, not only the blocks.
    #[arg(long)]
    expand: bool,

    /// Print, in place of the table, the memory of a program of this kind.
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with = "format")]
    target: Option<Target>,

    /// Reject also what is otherwise accepted with a warning.
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
}

/// Output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people, as wide as the terminal.
    Table,
    /// One object with a schema number.
    Json,
    /// A line per layer.
    Csv,
    /// A table for documents.
    Markdown,
}

/// Kinds of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// Without an allocator: the static blocks that `network!` with `no_std` works in, to the byte.
    Static,
}

/// What can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// All warnings.
    Warnings,
}

impl Check {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let network = match self.network.open(&self.compiling) {
            Ok(network) => network,
            Err(Failure { exit, message: Message::Diagnostics(diagnostics, sources) })
                if self.format == Format::Json =>
            {
                console.print(&json::rejected(&diagnostics, &sources, self.batch))?;
                return Ok(exit);
            }
            Err(failure) => return Err(failure),
        };
        let mut findings: Vec<Diagnostic> = network.warnings().to_vec();
        if self.deny.is_some() && !findings.is_empty() {
            findings.iter_mut().for_each(|finding| finding.severity = Severity::Error);
            if self.format == Format::Json {
                console.print(&json::rejected(&findings, network.sources(), self.batch))?;
                return Ok(Exit::Rejected);
            }
            let sources: Sources = network.sources().clone();
            return Err(Failure { exit: Exit::Rejected, message: Message::Diagnostics(findings, Box::new(sources)) });
        }
        if self.target == Some(Target::Static) {
            report::diagnostics(console, &findings, network.sources());
            let text = static_memory::text(network.model(), self.compiling.of_library());
            console.print(&text.map_err(|violation| Failure::new(Exit::Internal, violation.to_string()))?)?;
            return Ok(Exit::Done);
        }
        let threads = self.threads.map_or_else(cores, |threads| threads as usize);
        let batch = usize::try_from(self.batch).unwrap_or(1);
        let choices = Choices { numerics: self.compiling.of_library() };
        let summary = figures(network.model(), batch, threads, &choices);
        let faults = summary.faults();
        if self.format != Format::Json {
            report::diagnostics(console, &faults, network.sources());
        }
        let text = match self.format {
            Format::Json => json::accepted(network.model(), &summary, &findings, network.sources()),
            Format::Csv => csv::lines(&summary),
            Format::Markdown => markdown::document(&summary, self.expand),
            Format::Table => {
                report::diagnostics(console, &findings, network.sources());
                let style = table::Style { width: console.width(), color: console.out_color(), threads };
                table::text(&summary, self.expand, &style)
            }
        };
        console.print(&text)?;
        let holds = summary.assertions.iter().all(|assertion| assertion.holds);
        // The process is about to end: to give back the memory of every layer takes longer than to print it.
        std::mem::forget((network, summary));
        Ok(if holds { Exit::Done } else { Exit::Rejected })
    }
}

/// All figures. Gradients are counted and the programs of both modes planned beside the rest; the largest networks are
/// not planned.
fn figures(model: &Model, batch: usize, threads: usize, choices: &Choices) -> Summary {
    let plans = model.graph.node_count() <= PLANNED_LAYERS;
    std::thread::scope(|scope| {
        let plan = |mode: Mode| Beside::begin(scope, move || pipeline::sizes(model, mode, batch, choices));
        let gradients = Beside::begin(scope, move || backward(model));
        let predict = plans.then(|| plan(Mode::Predict));
        let step = (plans && model.recipe.is_some()).then(|| plan(Mode::Step));
        let memory = |model: &Model, mode: Mode, asked: usize| {
            let begun = match mode {
                Mode::Predict if asked == batch => &predict,
                Mode::Step if asked == batch => &step,
                _ => &None,
            };
            let begun = begun.as_ref().and_then(Beside::end);
            let sizes = begun.or_else(|| plans.then(|| pipeline::sizes(model, mode, asked, choices)))?;
            Some(MemoryPlan::of(&sizes, threads))
        };
        let backward = |model: &Model| gradients.end().unwrap_or_else(|| backward(model));
        summarize(model, batch, &memory, &backward)
    })
}

/// A figure that another thread computes.
struct Beside<'a, T>(Cell<Option<ScopedJoinHandle<'a, T>>>);

impl<'a, T: Send + 'a> Beside<'a, T> {
    fn begin<'e>(scope: &'a Scope<'a, 'e>, work: impl FnOnce() -> T + Send + 'a) -> Beside<'a, T> {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        Beside(Cell::new(builder.spawn_scoped(scope, work).ok()))
    }

    /// The figure, once; nothing where no thread could be started.
    fn end(&self) -> Option<T> {
        let thread = self.0.take()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
