//! `Checkpoint`: everything that a training run needs to go on, bit for bit, in one checked binary file.
//!
//! Layout, numbers with the low byte first: magic `netcCKPT` · version u32 · length of the body u64 · SHA-256 of the
//! body · body. The body is [`Progress`], the tensors of the model, the slots of the optimiser, the best tensors.

use crate::data::Values;
use crate::early_stop::Watch;
use crate::error::{Fault, TrainError};
use crate::file::{Bound, Keep, RESUME, Reader, atomic_write, previous_of, read_plain};
use crate::metric::Mean;
use crate::weights::{Tensor, write_values};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;

const MAGIC: &[u8; 8] = b"netcCKPT";
const VERSION: u32 = 1;

/// A SHA-256 over what must be the same when a run goes on: model, recipe, data.
pub type Fingerprint = [u8; 32];

/// The fingerprint of several parts, each with its length, so that no two lists of parts meet.
pub fn fingerprint(parts: &[&[u8]]) -> Fingerprint {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Where a run stands, apart from its tensors. The shuffle order follows from seed and epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Of model, recipe and data.
    pub fingerprint: Fingerprint,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Optimiser steps done; the schedule's clock.
    pub step: u64,
    /// Epochs done.
    pub epoch: u64,
    /// Batches done of the epoch that is under way.
    pub batch: u64,
    /// Training loss of that epoch so far.
    pub loss: Mean,
    /// Lines of the log that belong to this state.
    pub log_lines: u64,
    /// Early stopping and the best epoch so far.
    pub watch: Watch,
}

/// A complete training state.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// Where the run stands.
    pub progress: Progress,
    /// Parameters and buffers.
    pub weights: Vec<Tensor>,
    /// State of the optimiser.
    pub slots: Vec<Tensor>,
    /// Parameters and buffers after the best epoch, if one is watched.
    pub best: Option<Vec<Tensor>>,
}

/// What is left to do: [`Checkpoint::load`] has tried the previous file before it gives this error.
const NO_OTHER: &str = "no `.previous` beside it can be read either: start again without `--resume`";

impl Checkpoint {
    /// Replaces the file at `path`; the one before stays beside it as `.previous`.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut digest = Digesting { hash: Sha256::new(), length: 0 };
        self.encode(&mut digest)
            .map_err(|error| Fault::new(error.to_string()).file(path.display().to_string()).io())?;
        atomic_write(path, Keep::Previous, RESUME, |to| {
            to.write_all(MAGIC)?;
            to.write_all(&VERSION.to_le_bytes())?;
            to.write_all(&digest.length.to_le_bytes())?;
            to.write_all(&digest.hash.finalize())?;
            self.encode(to)
        })
    }

    /// Loads the file at `path`, or the previous one where that file is missing or damaged; then the second value
    /// says so.
    pub fn load(path: &Path, max_bytes: u64) -> Result<(Checkpoint, Option<String>), TrainError> {
        let read =
            |path: &Path| Checkpoint::parse(&path.display().to_string(), &read_plain(path, Bound::memory(max_bytes))?);
        let error = match read(path) {
            Ok(checkpoint) => return Ok((checkpoint, None)),
            Err(error) => error,
        };
        match read(&previous_of(path)) {
            Ok(checkpoint) => {
                let note = format!("going on from {}, because: {error}", previous_of(path).display());
                Ok((checkpoint, Some(note)))
            }
            Err(_) => Err(error),
        }
    }

    /// Parses a checkpoint; every damage is an error, whatever the bytes are.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Checkpoint, TrainError> {
        let mut reader = Reader::new(file, bytes);
        if reader.take(8, "the magic")? != MAGIC {
            return Err(Fault::new("this is not a checkpoint of netc").file(file).input());
        }
        let version = reader.u32_le("the version")?;
        if version != VERSION {
            return Err(Fault::new(format!("this checkpoint has version {version}"))
                .file(file)
                .why(format!("this netc reads version {VERSION}"))
                .fix("go on with the netc that wrote it")
                .input());
        }
        let length = reader.u64_le("the length")?;
        let stored: Fingerprint = reader.array("the checksum")?;
        if usize::try_from(length) != Ok(reader.remaining()) {
            return Err(Fault::new("this checkpoint is truncated or damaged")
                .file(file)
                .why(format!("{length} bytes are declared, {} are there", reader.remaining()))
                .fix(NO_OTHER)
                .input());
        }
        if Fingerprint::from(Sha256::digest(&bytes[reader.position()..])) != stored {
            return Err(Fault::new("this checkpoint is damaged")
                .file(file)
                .why("its checksum does not match its content")
                .fix(NO_OTHER)
                .input());
        }
        let checkpoint = decode(&mut reader, file)?;
        reader.finish()?;
        Ok(checkpoint)
    }

    fn encode(&self, to: &mut dyn Write) -> io::Result<()> {
        let Progress { fingerprint, seed, step, epoch, batch, loss, log_lines, watch } = &self.progress;
        to.write_all(fingerprint)?;
        for number in [seed, step, epoch, batch, &loss.count, log_lines] {
            to.write_all(&number.to_le_bytes())?;
        }
        to.write_all(&loss.sum.to_le_bytes())?;
        to.write_all(&[u8::from(watch.larger_is_better)])?;
        write_optional(to, watch.patience)?;
        to.write_all(&watch.min_delta.to_le_bytes())?;
        write_optional(to, watch.best.map(|(epoch, _)| epoch))?;
        to.write_all(&watch.best.map_or(0.0, |(_, value)| value).to_le_bytes())?;
        to.write_all(&watch.waited.to_le_bytes())?;
        write_tensors(to, &self.weights)?;
        write_tensors(to, &self.slots)?;
        to.write_all(&[u8::from(self.best.is_some())])?;
        write_tensors(to, self.best.as_deref().unwrap_or_default())
    }
}

fn decode(reader: &mut Reader, file: &str) -> Result<Checkpoint, TrainError> {
    let fingerprint = reader.array("the fingerprint")?;
    let seed = reader.u64_le("the seed")?;
    let step = reader.u64_le("the step")?;
    let epoch = reader.u64_le("the epoch")?;
    let batch = reader.u64_le("the batch")?;
    let count = reader.u64_le("the count")?;
    let log_lines = reader.u64_le("the log lines")?;
    let loss = Mean { sum: reader.f64_le("the loss")?, count };
    let larger_is_better = reader.u8("the direction")? == 1;
    let patience = read_optional(reader)?;
    let min_delta = reader.f64_le("min_delta")?;
    let best_epoch = read_optional(reader)?;
    let best_value = reader.f64_le("the best value")?;
    let waited = reader.u64_le("the patience used")?;
    let watch =
        Watch { larger_is_better, patience, min_delta, best: best_epoch.map(|epoch| (epoch, best_value)), waited };
    let weights = read_tensors(reader, file)?;
    let slots = read_tensors(reader, file)?;
    let has_best = reader.u8("the best weights")? == 1;
    let best = Some(read_tensors(reader, file)?).filter(|_| has_best);
    let progress = Progress { fingerprint, seed, step, epoch, batch, loss, log_lines, watch };
    Ok(Checkpoint { progress, weights, slots, best })
}

fn write_optional(to: &mut dyn Write, number: Option<u64>) -> io::Result<()> {
    to.write_all(&[u8::from(number.is_some())])?;
    to.write_all(&number.unwrap_or(0).to_le_bytes())
}

fn read_optional(reader: &mut Reader) -> Result<Option<u64>, TrainError> {
    let present = reader.u8("an optional number")? == 1;
    let number = reader.u64_le("an optional number")?;
    Ok(present.then_some(number))
}

fn write_tensors(to: &mut dyn Write, tensors: &[Tensor]) -> io::Result<()> {
    to.write_all(&(tensors.len() as u64).to_le_bytes())?;
    for tensor in tensors {
        to.write_all(&(tensor.path.len() as u64).to_le_bytes())?;
        to.write_all(tensor.path.as_bytes())?;
        to.write_all(&(tensor.shape.len() as u64).to_le_bytes())?;
        for &extent in &tensor.shape {
            to.write_all(&(extent as u64).to_le_bytes())?;
        }
        to.write_all(&[u8::from(matches!(tensor.values, Values::I32(_)))])?;
        to.write_all(&(tensor.values.len() as u64).to_le_bytes())?;
        write_values(to, &tensor.values)?;
    }
    Ok(())
}

fn read_tensors(reader: &mut Reader, file: &str) -> Result<Vec<Tensor>, TrainError> {
    let mut tensors = Vec::new();
    for _ in 0..reader.length_le(25, "the list of tensors")? {
        let path = reader.text("a path")?.to_string();
        let mut shape = Vec::new();
        for _ in 0..reader.length_le(8, "a shape")? {
            let extent = reader.u64_le("an extent")?;
            shape.push(usize::try_from(extent).unwrap_or(usize::MAX));
        }
        let integers = reader.u8("a type")? == 1;
        let length = reader.length_le(4, "the values of a tensor")?;
        let elements = shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent));
        if elements != Some(length) {
            let why = format!("`{path}` has shape {shape:?} and {length} values");
            return Err(Fault::new("this checkpoint is damaged").file(file).why(why).input());
        }
        let (words, _) = reader.take(length * 4, "the values of a tensor")?.as_chunks::<4>();
        let values = if integers {
            Values::I32(words.iter().map(|&word| i32::from_le_bytes(word)).collect())
        } else {
            Values::F32(words.iter().map(|&word| f32::from_le_bytes(word)).collect())
        };
        tensors.push(Tensor { path, shape, values });
    }
    Ok(tensors)
}

struct Digesting {
    hash: Sha256,
    length: u64,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
