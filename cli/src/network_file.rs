//! The arguments that choose a network: the file, which of its networks, and settings; and opening it.

use crate::console::Console;
use crate::exit::Failure;
use crate::report;
use clap::{Args, ValueEnum};
use netc::{Network, Options};
use netc_compiler::model::init::Init;
use netc_grammar::{FileId, Source};
use netc_train::file::read_source;
use std::path::{Path, PathBuf};

/// More threads than any machine has; beyond it is a slip of the keyboard.
const MAX_THREADS: u64 = 4096;

/// Which network a command works on.
#[derive(Args)]
pub struct NetworkFile {
    /// The `.net` file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Which network, where the file has several.
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,

    /// Set an argument of the network (`classes=5`) or a setting of its recipe (`train.batch=32`); may be repeated.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    pub settings: Vec<(String, String)>,
}

/// How a network is compiled.
#[derive(Args)]
pub struct Compiling {
    /// Which algorithms large convolutions may use: the fastest, or only those that compute every product.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Numerics::Default)]
    pub numerics: Numerics,
}

/// Names of the numerics modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Numerics {
    /// The fastest algorithms; errors of a layer stay below 5e-5 of its outputs' root mean square.
    Default,
    /// Every product is computed; errors stay below 2e-5.
    Strict,
}

impl Compiling {
    /// The library's mode.
    pub fn of_library(&self) -> netc::Numerics {
        match self.numerics {
            Numerics::Default => netc::Numerics::Default,
            Numerics::Strict => netc::Numerics::Strict,
        }
    }
}

/// How a network is run.
#[derive(Args)]
pub struct Running {
    #[command(flatten)]
    pub compiling: Compiling,

    /// Seed of random numbers: starting weights, order of the samples, dropout; the recipe's by default.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Threads; one per core by default. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_THREADS))]
    pub threads: Option<u64>,

    /// Refuse, before anything is allocated, what needs more memory: `2G`, `512M`, or bytes; the machine's by default.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub max_memory: Option<u64>,
}

impl NetworkFile {
    fn options(&self) -> Options {
        let mut options = Network::options();
        if let Some(name) = &self.network {
            options = options.network(name);
        }
        self.settings.iter().fold(options, |options, (name, value)| options.set(name, value))
    }

    /// Opens the network to look at it: nothing is limited, because nothing is allocated.
    ///
    /// # Errors
    /// When the file cannot be read or has errors.
    pub fn open(&self, compiling: &Compiling) -> Result<Network, Failure> {
        let options = self.options().threads(1).max_memory(u64::MAX).numerics(compiling.of_library());
        Ok(options.open(&self.file)?)
    }

    /// Opens the network to run it, and prints the warnings of the check.
    ///
    /// # Errors
    /// When the file cannot be read or has errors.
    pub fn open_to_run(&self, running: &Running, console: &mut Console) -> Result<Network, Failure> {
        let mut options = self.options().numerics(running.compiling.of_library());
        options = options.before_memory(netc_jit::heap::Heap::give_back);
        if let Some(seed) = running.seed {
            options = options.seed(seed);
        }
        if let Some(threads) = running.threads {
            options = options.threads(usize::try_from(threads).unwrap_or(1));
        }
        if let Some(bytes) = running.max_memory {
            options = options.max_memory(bytes);
        }
        let network = options.open(&self.file)?;
        report::diagnostics(console, network.warnings(), network.sources());
        Ok(network)
    }
}

/// The network with weights of a file; without one with its starting values, and a warning where those are not known
/// before a training: fitted statistics and sampled rows.
///
/// # Errors
/// When the file cannot be read or has other tensors.
pub fn with_weights(network: Network, weights: Option<&Path>, console: &mut Console) -> Result<Network, Failure> {
    if let Some(weights) = weights {
        return Ok(network.weights(weights)?);
    }
    let params = network.model().params.iter();
    let of_data = params.filter(|param| matches!(param.init, Init::Fit { .. } | Init::Sample(_)));
    let paths: Vec<String> = of_data.map(|param| format!("`{}`", param.path)).collect();
    if !paths.is_empty() {
        let what = format!("training starts {} from its data, which no starting value stands for", paths.join(", "));
        report::warning(console, &format!("{what}; give trained ones with `--weights`"));
    }
    Ok(network)
}

/// The text of a `.net` file.
///
/// # Errors
/// When it cannot be read or is not UTF-8.
pub fn open_source(path: &Path) -> Result<Source, Failure> {
    decode(&path.display().to_string(), read_source(path)?)
}

/// Bytes of a source as text.
///
/// # Errors
/// When they are not UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Source, Failure> {
    Source::decode(FileId::default(), name, bytes).map_err(|refused| {
        let (source, diagnostic) = *refused;
        Failure::rejected(vec![diagnostic], &source)
    })
}

/// `name=value`.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.to_string(), value.to_string())),
        _ => Err("write a name and a value: `classes=5`".to_string()),
    }
}

/// A number of bytes with a unit of 1024s: `512M`, `2GiB`, `1000000`.
pub fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = text[digits.len()..].trim().to_ascii_lowercase();
    let shift = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("the units are K, M, G and T".to_string()),
    };
    let number: u64 = digits.parse().map_err(|_| "write a whole number of bytes, such as `2G`".to_string())?;
    number.checked_mul(1 << shift).ok_or_else(|| "this is more than any machine has".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_units() {
        let cases = [("1", 1), ("3k", 3 << 10), ("512M", 512 << 20), ("2GiB", 2 << 30), ("1 MB", 1 << 20), ("0", 0)];
        for (text, number) in cases {
            assert_eq!(bytes(text), Ok(number), "{text}");
        }
        for text in ["", "G", "1.5G", "-1", "2X", "99999999999999999999", "20000000T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_setting_is_a_name_and_a_value() {
        assert_eq!(setting("train.batch = 32"), Ok(("train.batch".into(), "32".into())));
        assert_eq!(setting("a=b=c"), Ok(("a".into(), "b=c".into())));
        for text in ["classes", "=5", "classes=", ""] {
            assert!(setting(text).is_err(), "{text}");
        }
    }
}
