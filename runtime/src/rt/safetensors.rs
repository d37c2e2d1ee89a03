//! Weights as safetensors, without an allocator: a header of JSON that names tensors, then their bytes.

use super::{Network, ParameterInfo};

mod header;
use header::{Entry, Header};

/// Why weights are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsError {
    /// The file ends early or its header is not one of safetensors.
    Header,
    /// A parameter is not in the file.
    Missing(&'static str),
    /// A tensor of the file is no parameter; the position of its name in the file.
    Unknown(usize),
    /// A tensor has another shape.
    Shape(&'static str),
    /// A tensor does not hold 32-bit floats.
    Type(&'static str),
    /// A tensor's bytes lie outside of the file, or are too few or too many.
    Bytes(&'static str),
    /// A tensor is there twice.
    Twice(&'static str),
}

impl core::fmt::Display for WeightsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Header => write!(f, "not a safetensors file, or it ends early"),
            Self::Missing(path) => write!(f, "`{path}` is missing"),
            Self::Unknown(at) => write!(f, "the tensor named at byte {at} belongs to no parameter"),
            Self::Shape(path) => write!(f, "`{path}` has another shape"),
            Self::Type(path) => write!(f, "`{path}` does not hold 32-bit floats"),
            Self::Bytes(path) => write!(f, "the bytes of `{path}` are not in the file"),
            Self::Twice(path) => write!(f, "`{path}` is there twice"),
        }
    }
}

impl core::error::Error for WeightsError {}

/// Copies all parameters and buffers of a network from a file. Nothing is written unless the file fits.
///
/// # Errors
/// The first thing that does not fit.
pub fn read<N: Network>(file: &[u8], params: &mut [f32]) -> Result<(), WeightsError> {
    check(N::PARAMETERS, file)?;
    let header = Header::open(file).ok_or(WeightsError::Header)?;
    for entry in header.entries() {
        let Entry { name, begin, end, .. } = entry.ok_or(WeightsError::Header)?;
        let Some(parameter) = N::PARAMETERS.iter().find(|parameter| parameter.path.as_bytes() == name) else {
            continue;
        };
        let bytes = header.data.get(begin..end).ok_or(WeightsError::Bytes(parameter.path))?;
        for (value, bytes) in parameter.of_mut(params).iter_mut().zip(bytes.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    Ok(())
}

/// Whether a file holds exactly these parameters. `num_batches_tracked` of other frameworks is passed over.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(parameters: &[ParameterInfo], file: &[u8]) -> Result<(), WeightsError> {
    let header = Header::open(file).ok_or(WeightsError::Header)?;
    for entry in header.entries() {
        let entry = entry.ok_or(WeightsError::Header)?;
        let Some(parameter) = parameters.iter().find(|parameter| parameter.path.as_bytes() == entry.name) else {
            if entry.name.ends_with(b".num_batches_tracked") {
                continue;
            }
            return Err(WeightsError::Unknown(entry.at));
        };
        if entry.dtype != b"F32" {
            return Err(WeightsError::Type(parameter.path));
        }
        if !entry.has_shape(parameter.shape) {
            return Err(WeightsError::Shape(parameter.path));
        }
        let length = entry.end.checked_sub(entry.begin);
        if length != Some(4 * parameter.elements()) || entry.end > header.data.len() {
            return Err(WeightsError::Bytes(parameter.path));
        }
    }
    for parameter in parameters {
        let found = header.entries().flatten().filter(|entry| entry.name == parameter.path.as_bytes()).count();
        match found {
            0 => return Err(WeightsError::Missing(parameter.path)),
            1 => {}
            _ => return Err(WeightsError::Twice(parameter.path)),
        }
    }
    Ok(())
}

/// Bytes of a network's weights as a file.
pub fn safetensors_bytes<N: Network>() -> usize {
    let mut bytes = 0;
    write::<N>(&[], &mut |part| bytes += part.len());
    bytes + N::PARAMETERS.iter().map(|parameter| 4 * parameter.elements()).sum::<usize>()
}

/// Gives the bytes of a file with a network's weights, part by part.
pub fn write<N: Network>(params: &[f32], sink: &mut dyn FnMut(&[u8])) {
    let mut length = 0;
    header::write(N::NAME, N::PARAMETERS, &mut |part| length += part.len());
    let padding = length.next_multiple_of(8) - length;
    sink(&(length as u64 + padding as u64).to_le_bytes());
    header::write(N::NAME, N::PARAMETERS, sink);
    sink(&b"       "[..padding]);
    for parameter in N::PARAMETERS {
        for value in parameter.of(params) {
            sink(&value.to_le_bytes());
        }
    }
}

/// A network's weights as a file.
#[cfg(feature = "std")]
pub fn to_safetensors<N: Network>(params: &[f32]) -> Vec<u8> {
    let mut file = Vec::with_capacity(safetensors_bytes::<N>());
    write::<N>(params, &mut |part| file.extend_from_slice(part));
    file
}
