//! `netc predict`: runs a network on samples of files, prints or writes its outputs.

mod inputs;
mod results;
mod show;

use crate::console::Console;
use crate::exit::{Exit, Failure};
use crate::network_file::{NetworkFile, Running, with_weights};
use crate::report;
use clap::{Args, ValueEnum};
use inputs::Samples;
use netc::Network;
use netc_grammar::{did_you_mean, escape_terminal};
use results::{Results, run};
use std::path::{Path, PathBuf};

/// Run a network on samples of files.
///
/// Inputs are NPY files (the first axis counts the samples), CSV tables (a row is a sample), PNG pictures or IDX files
/// (plain or gzip), told apart by their first bytes. Outputs are printed, or written as NPY.
#[derive(Args)]
#[command(after_help = "\
Examples:
  $ netc predict examples/digits/cnn.net --weights runs/cnn/best.safetensors --input digit.png
  $ netc predict net.net --weights best.safetensors --input x.npy --output y.npy --tap features=f.npy
  $ netc predict net.net --input left=a.csv --input right=b.csv --index 3 --format json")]
pub struct Predict {
    #[command(flatten)]
    network: NetworkFile,

    /// Weights in a safetensors file, or the folder of a run; initial weights by seed without it.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// Samples of an input: a file, or `name=FILE` where the network has several inputs.
    #[arg(long = "input", value_name = "[NAME=]FILE", required = true)]
    inputs: Vec<String>,

    /// Only the sample at this position, counted from 0.
    #[arg(long, value_name = "I")]
    index: Option<usize>,

    /// Write an output as NPY instead of printing it; `name=FILE` where the network has several outputs.
    #[arg(long = "output", value_name = "[NAME=]FILE")]
    outputs: Vec<String>,

    /// Write a labelled value inside the network as NPY; may be repeated.
    #[arg(long = "tap", value_name = "PATH=FILE")]
    taps: Vec<String>,

    /// How outputs are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,

    #[command(flatten)]
    running: Running,
}

/// How outputs are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: values, or the most probable classes.
    Text,
    /// One JSON object with all values.
    Json,
}

/// Where a result is written.
struct Target {
    name: String,
    file: PathBuf,
}

impl Predict {
    pub fn run(self, console: &mut Console) -> Result<Exit, Failure> {
        let network = self.network.open_to_run(&self.running, console)?;
        let outputs = self.output_targets(&network)?;
        let taps = self.tap_targets(&network)?;
        a_file_each(outputs.iter().chain(&taps))?;
        let samples = Samples::read(&network, &self.inputs, self.index)?;
        let network = with_weights(network, self.weights.as_deref(), console)?;
        let paths: Vec<&str> = taps.iter().map(|tap| tap.name.as_str()).collect();
        let results = run(&network, &samples, &paths)?;
        for target in outputs.iter().chain(&taps) {
            results.write(&target.name, &target.file)?;
        }
        if outputs.is_empty() {
            let text = match self.format {
                Format::Text => show::text(&results, self.index.unwrap_or(0)),
                Format::Json => show::json(&network.model().name, &results),
            };
            console.print(&text)?;
        }
        Ok(not_numbers(&results, console))
    }

    /// `--output` against the outputs' names.
    fn output_targets(&self, network: &Network) -> Result<Vec<Target>, Failure> {
        let names: Vec<&str> = network.model().outputs.iter().map(|output| output.name.as_str()).collect();
        let targets: Vec<Target> = self
            .outputs
            .iter()
            .map(|text| {
                let (name, file) = inputs::named(text, "--output", "output", &names)?;
                require_npy(file, "--output")?;
                Ok(Target { name: name.to_string(), file: file.to_path_buf() })
            })
            .collect::<Result<_, Failure>>()?;
        once(&targets)?;
        Ok(targets)
    }

    /// `--tap` against the labels of the network.
    fn tap_targets(&self, network: &Network) -> Result<Vec<Target>, Failure> {
        let labels = &network.model().labels;
        let target = |text: &String| {
            let shown = escape_terminal(text);
            let Some((path, file)) = text.split_once('=') else {
                let what = format!("`--tap {shown}` names no file");
                return Err(Failure::usage(format!("{what}\n  = help: write `--tap {shown}=values.npy`")));
            };
            if !labels.contains_key(path) {
                let path = escape_terminal(path);
                let help = match did_you_mean(&path, labels.keys().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if labels.is_empty() => "label a stage: `-> first: dense(64) -> …`".to_string(),
                    None => format!("there are: {}", labels.keys().cloned().collect::<Vec<_>>().join(", ")),
                };
                return Err(Failure::usage(format!("no labelled value is called `{path}`\n  = help: {help}")));
            }
            require_npy(Path::new(file), "--tap")?;
            Ok(Target { name: path.to_string(), file: PathBuf::from(file) })
        };
        let targets: Vec<Target> = self.taps.iter().map(target).collect::<Result<_, Failure>>()?;
        once(&targets)?;
        Ok(targets)
    }
}

fn require_npy(file: &Path, option: &str) -> Result<(), Failure> {
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy")) {
        return Ok(());
    }
    let file = escape_terminal(&file.display().to_string());
    Err(Failure::usage(format!("`{option}` writes NPY files, and `{file}` does not end in `.npy`")))
}

/// Refuses to write two results of one name: one of the files would be a slip.
fn once(targets: &[Target]) -> Result<(), Failure> {
    for (index, target) in targets.iter().enumerate() {
        if targets[..index].iter().any(|earlier| earlier.name == target.name) {
            return Err(Failure::usage(format!("`{}` is asked for twice", escape_terminal(&target.name))));
        }
    }
    Ok(())
}

/// Refuses to write two results to one file, of which only the second would be left.
fn a_file_each<'a>(targets: impl Iterator<Item = &'a Target>) -> Result<(), Failure> {
    let mut seen: Vec<(PathBuf, &Target)> = Vec::new();
    for target in targets {
        let place = place_of(&target.file);
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == place) {
            let (one, two) = (escape_terminal(&first.name), escape_terminal(&target.name));
            let file = escape_terminal(&target.file.display().to_string());
            let message = format!("`{one}` and `{two}` would both be written to `{file}`");
            return Err(Failure::usage(format!("{message}\n  = help: give each a file of its own")));
        }
        seen.push((place, target));
    }
    Ok(())
}

/// A file's place whatever way leads to it, also where it does not exist yet.
fn place_of(file: &Path) -> PathBuf {
    if let Ok(place) = file.canonicalize() {
        return place;
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), file.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => file.to_path_buf(),
    }
}

/// Says how many values are NaN; such a prediction is a numeric failure.
fn not_numbers(results: &Results, console: &mut Console) -> Exit {
    let mut exit = Exit::Done;
    for result in &results.list {
        let (bad, all) = result.not_numbers();
        if bad > 0 {
            report::warning(console, &format!("{bad} of {all} values of `{}` are not numbers (NaN)", result.name));
            exit = Exit::Numeric;
        }
    }
    exit
}
