//! Weights as safetensors files: written byte for byte reproducibly, read with all differences to the model listed.

use crate::data::Values;
use crate::error::{Fault, TrainError};
use crate::file::{Bound, Keep, RUN_AGAIN, atomic_write, read_plain};
use crate::run_folder::BEST;
use netc_compiler::model::Param;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// A parameter, buffer or optimiser slot with its path.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// PyTorch's path: `layer1.0.conv1.weight`.
    pub path: String,
    /// Shape in PyTorch's order.
    pub shape: Vec<usize>,
    /// Values in row-major order.
    pub values: Values,
}

/// What the model expects under a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Path of a parameter or buffer.
    pub path: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Expected {
    /// What a parameter or buffer of a model expects.
    pub fn of(param: &Param) -> Expected {
        let shape = param.shape.iter().map(|&extent| usize::try_from(extent).unwrap_or(usize::MAX)).collect();
        Expected { path: param.path.clone(), shape }
    }
}

/// The content of a weights file.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// File name in messages.
    pub file: String,
    /// Float tensors by path.
    pub tensors: BTreeMap<String, Tensor>,
    /// Free text by key: `format`, `network`.
    pub metadata: BTreeMap<String, String>,
}

/// Differences that one message lists.
const LISTED: usize = 50;

/// PyTorch's batch counter, which no formula uses.
const IGNORED: &str = "num_batches_tracked";

/// Writes tensors and metadata as a safetensors file, atomically. Integer tensors are written as `I32`.
pub fn write_weights(path: &Path, tensors: &[Tensor], metadata: &BTreeMap<String, String>) -> Result<(), TrainError> {
    atomic_write(path, Keep::Nothing, RUN_AGAIN, |to| write_safetensors(to, tensors, metadata))
}

/// The file's bytes: eight of header length, a JSON header with sorted keys, the values by path.
///
/// The `safetensors` crate writes metadata in the order of a hash map, so that equal weights give different files;
/// hence the header is written here and read with the crate.
pub fn write_safetensors(
    to: &mut dyn Write,
    tensors: &[Tensor],
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let mut sorted: Vec<&Tensor> = tensors.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let mut entries = BTreeMap::new();
    let mut offset = 0;
    for tensor in &sorted {
        let dtype = match tensor.values {
            Values::F32(_) => "F32",
            Values::I32(_) => "I32",
        };
        let end = offset + tensor.values.len() * 4;
        entries.insert(
            tensor.path.as_str(),
            serde_json::json!({ "dtype": dtype, "shape": tensor.shape, "data_offsets": [offset, end] }),
        );
        offset = end;
    }
    entries.insert("__metadata__", serde_json::to_value(metadata)?);
    let mut header = serde_json::to_vec(&entries)?;
    // Readers map the values, so they start at a multiple of eight bytes.
    header.resize(header.len().next_multiple_of(8), b' ');
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(&header)?;
    sorted.iter().try_for_each(|tensor| write_values(to, &tensor.values))
}

/// Values as little-endian words of four bytes.
pub(crate) fn write_values(to: &mut dyn Write, values: &Values) -> io::Result<()> {
    match values {
        Values::F32(values) => values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes())),
        Values::I32(values) => values.iter().try_for_each(|value| to.write_all(&value.to_le_bytes())),
    }
}

/// Reads a safetensors file that the user named, or the best weights of a run folder; at most `max_bytes`.
pub fn read_weights(path: &Path, max_bytes: u64) -> Result<Weights, TrainError> {
    let best = path.join(BEST);
    let path = if path.is_dir() && best.exists() { &best } else { path };
    parse_weights(&path.display().to_string(), &read_plain(path, Bound::memory(max_bytes))?)
}

/// Parses a safetensors file. `F16`, `BF16` and `F64` become `f32`; tensors of other types are kept out of `tensors`
/// and so count as missing, except for `num_batches_tracked`, which is dropped.
pub fn parse_weights(file: &str, bytes: &[u8]) -> Result<Weights, TrainError> {
    let malformed = |error: safetensors::SafeTensorError| {
        Fault::new("this is not a sound safetensors file")
            .file(file)
            .why(error.to_string())
            .fix("the file is damaged or of another format: fetch or save it again")
            .input()
    };
    let parsed = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(malformed)?;
    let metadata = header.metadata().iter().flatten().map(|(key, text)| (key.clone(), text.clone())).collect();
    let mut tensors = BTreeMap::new();
    for (path, view) in parsed.iter() {
        if let Some(values) = floats(&view) {
            let tensor = Tensor { path: path.to_string(), shape: view.shape().to_vec(), values: Values::F32(values) };
            tensors.insert(path.to_string(), tensor);
        }
    }
    tensors.retain(|path, _| path != IGNORED && !path.ends_with(".num_batches_tracked"));
    Ok(Weights { file: file.to_string(), tensors, metadata })
}

fn floats(view: &TensorView) -> Option<Vec<f32>> {
    fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
        data.as_chunks::<N>().0.iter().copied()
    }
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => Some(words(data).map(f32::from_le_bytes).collect()),
        Dtype::F64 => Some(words(data).map(|word| f64::from_le_bytes(word) as f32).collect()),
        Dtype::F16 => Some(words(data).map(|word| half_to_f32(u16::from_le_bytes(word))).collect()),
        Dtype::BF16 => {
            Some(words(data).map(|word| f32::from_bits(u32::from(u16::from_le_bytes(word)) << 16)).collect())
        }
        _ => None,
    }
}

/// IEEE binary16 as binary32; exact.
fn half_to_f32(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    }
}

impl Weights {
    /// The tensors in the order of `expected`. Missing, extra and misshaped ones and values that are not finite are
    /// listed all at once.
    pub fn fit(mut self, expected: &[Expected]) -> Result<Vec<Tensor>, TrainError> {
        let mut differences = Vec::new();
        let mut fitted = Vec::new();
        for Expected { path, shape } in expected {
            match self.tensors.remove(path) {
                None => differences.push(format!("missing: {path} {shape:?}")),
                Some(tensor) if tensor.shape != *shape => {
                    differences.push(format!("shape: {path} is {:?}, the model has {shape:?}", tensor.shape));
                }
                Some(tensor) => {
                    let bad = tensor.values.f32().and_then(|values| values.iter().position(|value| !value.is_finite()));
                    if let Some(index) = bad {
                        differences.push(format!("not finite: {path} at element {index}"));
                    }
                    fitted.push(tensor);
                }
            }
        }
        differences.extend(self.tensors.values().map(|tensor| format!("extra: {} {:?}", tensor.path, tensor.shape)));
        if differences.is_empty() {
            return Ok(fitted);
        }
        let total = differences.len();
        differences.truncate(LISTED);
        if total > LISTED {
            differences.push(format!("and {} more", total - LISTED));
        }
        let count = if total == 1 { "1 difference".to_string() } else { format!("{total} differences") };
        Err(Fault::new(format!("these weights do not fit the model, {count}:"))
            .file(self.file)
            .items(differences)
            .fix("use the weights of this network, or the arguments they were trained with")
            .input())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(path: &str, shape: &[usize], values: Vec<f32>) -> Tensor {
        Tensor { path: path.into(), shape: shape.to_vec(), values: Values::F32(values) }
    }

    fn expected(list: &[(&str, &[usize])]) -> Vec<Expected> {
        list.iter().map(|(path, shape)| Expected { path: path.to_string(), shape: shape.to_vec() }).collect()
    }

    fn file(tensors: &[Tensor]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let metadata = [("format", "netc"), ("network", "lenet"), ("model", "abc")];
        let metadata = metadata.iter().map(|(key, text)| (key.to_string(), text.to_string())).collect();
        write_safetensors(&mut bytes, tensors, &metadata).unwrap();
        bytes
    }

    fn two() -> Vec<Tensor> {
        vec![
            tensor("fc.weight", &[2, 2], vec![1.0, -2.0, 3.5, f32::MIN_POSITIVE]),
            tensor("fc.bias", &[2], vec![0.0, -0.0]),
        ]
    }

    #[test]
    fn what_is_written_is_read_back_and_bytes_depend_on_nothing_else() {
        let bytes = file(&two());
        let reversed: Vec<Tensor> = two().into_iter().rev().collect();
        assert_eq!(bytes, file(&reversed));
        let weights = parse_weights("w", &bytes).unwrap();
        assert_eq!(weights.metadata["network"], "lenet");
        let fitted = weights.fit(&expected(&[("fc.weight", &[2, 2]), ("fc.bias", &[2])])).unwrap();
        assert_eq!(fitted, two());
        assert!(parse_weights("w", &file(&[])).unwrap().tensors.is_empty());
    }

    #[test]
    fn all_differences_are_listed_at_once() {
        let weights = parse_weights(
            "best.safetensors",
            &file(&[
                tensor("a", &[2], vec![1.0, f32::NAN]),
                tensor("b", &[3], vec![0.0; 3]),
                tensor("d", &[1], vec![0.0]),
                tensor("bn.num_batches_tracked", &[], vec![7.0]),
            ]),
        )
        .unwrap();
        let error = weights.fit(&expected(&[("a", &[2]), ("b", &[4]), ("c", &[1])])).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.exit_code(), 1);
        for part in [
            "best.safetensors: these weights do not fit the model, 4 differences:",
            "not finite: a at element 1",
            "shape: b is [3], the model has [4]",
            "missing: c [1]",
            "extra: d [1]",
        ] {
            assert!(text.lines().any(|line| line.trim() == part), "{part}: {text}");
        }
        assert!(!text.contains("num_batches_tracked"), "{text}");
    }

    #[test]
    fn damaged_files_are_clean_errors() {
        let whole = file(&two());
        for length in 0..whole.len() {
            assert_eq!(parse_weights("cut", &whole[..length]).unwrap_err().exit_code(), 1, "{length}");
        }
        let mut long = whole.clone();
        long[..8].copy_from_slice(&(1u64 << 63).to_le_bytes());
        assert!(parse_weights("long", &long).is_err());
        let overlapping = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let mut bytes = (overlapping.len() as u64).to_le_bytes().to_vec();
        bytes.extend(overlapping);
        bytes.extend([0; 8]);
        assert!(parse_weights("overlap", &bytes).unwrap_err().to_string().contains("not a sound safetensors file"));
    }

    #[test]
    fn half_precision_is_widened_exactly() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x0001, 2f32.powi(-24)),
            (0x7bff, 65504.0),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half_to_f32(bits), value);
        }
        assert!(half_to_f32(0x7e00).is_nan());
        let header = br#"{"x":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]},"y":{"dtype":"F64","shape":[1],"data_offsets":[2,10]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend([0x80, 0x3f]);
        bytes.extend(2.5f64.to_le_bytes());
        let weights = parse_weights("w", &bytes).unwrap();
        assert_eq!(weights.tensors["x"].values, Values::F32(vec![1.0]));
        assert_eq!(weights.tensors["y"].values, Values::F32(vec![2.5]));
    }
}
