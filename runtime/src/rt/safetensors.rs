//! Weights as safetensors, without an allocator: a header of JSON that names tensors, then their bytes.

use super::{Network, ParameterInfo};

mod header;
use header::{Entry, Header};

/// What does not fit in a file of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeightsProblem {
    /// The file ends early or its header is not one of safetensors.
    Header,
    /// A parameter is not in the file.
    Missing(&'static str),
    /// A tensor of the file is no parameter; the position of its name in the file.
    Unknown(usize),
    /// A tensor has another shape than the parameter's.
    Shape(&'static str, &'static [usize]),
    /// A tensor does not hold 32-bit floats.
    Type(&'static str),
    /// A tensor's bytes lie outside of the file, or are too few or too many.
    Bytes(&'static str),
    /// A tensor is there twice.
    Twice(&'static str),
}

impl core::fmt::Display for WeightsProblem {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Header => write!(f, "not a safetensors file, or it ends early"),
            Self::Missing(path) => write!(f, "`{path}` is missing"),
            Self::Unknown(at) => write!(f, "the tensor named at byte {at} belongs to no parameter"),
            Self::Shape(path, shape) => write!(f, "`{path}` has another shape than {shape:?}"),
            Self::Type(path) => write!(f, "`{path}` does not hold 32-bit floats"),
            Self::Bytes(path) => write!(f, "the bytes of `{path}` are not in the file"),
            Self::Twice(path) => write!(f, "`{path}` is there twice"),
        }
    }
}

/// Why weights are refused: everything that does not fit; without an allocator the first problem and their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsError {
    #[cfg(feature = "std")]
    problems: Vec<WeightsProblem>,
    #[cfg(not(feature = "std"))]
    problems: [WeightsProblem; 1],
    count: usize,
}

impl WeightsError {
    /// In the order of the file, then what is missing or there twice; without an allocator the first alone.
    pub fn problems(&self) -> &[WeightsProblem] {
        &self.problems
    }

    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds a problem to those before.
    fn add(found: &mut Option<Self>, problem: WeightsProblem) {
        match found {
            None => *found = Some(Self { problems: [problem].into(), count: 1 }),
            Some(error) => {
                #[cfg(feature = "std")]
                error.problems.push(problem);
                error.count += 1;
            }
        }
    }
}

impl core::fmt::Display for WeightsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (index, problem) in self.problems().iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        match self.count - self.problems().len() {
            0 => Ok(()),
            more => write!(f, ", and {more} more"),
        }
    }
}

impl core::error::Error for WeightsError {}

/// Copies all parameters and buffers of a network from a file. Nothing is written unless the file fits.
///
/// # Errors
/// Everything that does not fit.
pub fn read<N: Network>(file: &[u8], params: &mut [f32]) -> Result<(), WeightsError> {
    check(N::PARAMETERS, file)?;
    let Some(header) = Header::open(file) else { return Ok(()) };
    for Entry { name, begin, end, .. } in header.entries().flatten() {
        let Some(parameter) = N::PARAMETERS.iter().find(|parameter| parameter.path.as_bytes() == name) else {
            continue;
        };
        let bytes = header.data.get(begin..end).unwrap_or_default();
        for (value, bytes) in parameter.of_mut(params).iter_mut().zip(bytes.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    Ok(())
}

/// Whether a file holds exactly these parameters. `num_batches_tracked` of other frameworks is passed over.
///
/// # Errors
/// Everything that does not fit.
pub fn check(parameters: &[ParameterInfo], file: &[u8]) -> Result<(), WeightsError> {
    let mut found = None;
    match Header::open(file) {
        None => WeightsError::add(&mut found, WeightsProblem::Header),
        Some(header) => compare(parameters, &header, &mut |problem| WeightsError::add(&mut found, problem)),
    }
    found.map_or(Ok(()), Err)
}

/// Tells every problem of a file.
fn compare(parameters: &[ParameterInfo], header: &Header<'_>, tell: &mut dyn FnMut(WeightsProblem)) {
    for entry in header.entries() {
        let Some(entry) = entry else { return tell(WeightsProblem::Header) };
        let Some(parameter) = parameters.iter().find(|parameter| parameter.path.as_bytes() == entry.name) else {
            if !entry.name.ends_with(b".num_batches_tracked") {
                tell(WeightsProblem::Unknown(entry.at));
            }
            continue;
        };
        let length = entry.end.checked_sub(entry.begin);
        if entry.dtype != b"F32" {
            tell(WeightsProblem::Type(parameter.path));
        } else if !entry.has_shape(parameter.shape) {
            tell(WeightsProblem::Shape(parameter.path, parameter.shape));
        } else if length != Some(4 * parameter.elements()) || entry.end > header.data.len() {
            tell(WeightsProblem::Bytes(parameter.path));
        }
    }
    for parameter in parameters {
        match header.entries().flatten().filter(|entry| entry.name == parameter.path.as_bytes()).count() {
            0 => tell(WeightsProblem::Missing(parameter.path)),
            1 => {}
            _ => tell(WeightsProblem::Twice(parameter.path)),
        }
    }
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
