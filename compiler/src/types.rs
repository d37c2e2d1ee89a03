//! Types of the values that flow along the edges of a network: element type and shape, with a symbolic batch.

use std::fmt;

/// Largest number of written axes.
pub const MAX_RANK: usize = 8;
/// Largest extent of one axis.
pub const MAX_EXTENT: u64 = (1 << 31) - 1;
/// Largest number of elements in one tensor of one sample.
pub const MAX_ELEMENTS: u64 = 1 << 34;

/// Element type. Integers carry their range, so that gathers are proved in range before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE binary32, the only type of parameters and activations.
    F32,
    /// IEEE binary64, used by the gradient check alone.
    F64,
    /// Truth value.
    Bool,
    /// Integer in `0..bound`, stored in 32 bits.
    Int {
        /// One past the largest value.
        bound: u32,
    },
}

impl DType {
    /// Whether values are real numbers, along which gradients flow.
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DType::F32 => f.write_str("f32"),
            DType::F64 => f.write_str("f64"),
            DType::Bool => f.write_str("bool"),
            DType::Int { bound } => write!(f, "int in 0..{bound}"),
        }
    }
}

/// One axis of a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A number known before the run.
    Fixed(u64),
    /// The number of samples; only ever the first axis.
    Batch,
}

/// Why a shape was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShapeError {
    /// An axis has no elements.
    Zero {
        /// Its position among the written axes.
        axis: usize,
    },
    /// An axis is longer than [`MAX_EXTENT`].
    Extent {
        /// Its position among the written axes.
        axis: usize,
        /// Its extent.
        extent: u64,
    },
    /// More than [`MAX_RANK`] axes.
    Rank(usize),
    /// More than [`MAX_ELEMENTS`] elements.
    Elements,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShapeError::Zero { axis } => write!(f, "axis {axis} has no elements; every extent must be at least 1"),
            ShapeError::Extent { axis, extent } => write!(f, "axis {axis} has extent {extent}, more than {MAX_EXTENT}"),
            ShapeError::Rank(rank) => write!(f, "{rank} axes, more than the limit of {MAX_RANK}"),
            ShapeError::Elements => write!(f, "more than {MAX_ELEMENTS} elements"),
        }
    }
}

/// Shape as people write it, without the batch, and whether a batch axis precedes it.
///
/// The constructors check every extent and the product, so that later arithmetic on elements cannot overflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    batched: bool,
    dims: Vec<u64>,
}

impl Shape {
    /// A shape with a batch axis in front.
    pub fn batched(dims: impl Into<Vec<u64>>) -> Result<Shape, ShapeError> {
        Shape::new(true, dims.into())
    }

    /// A shape without a batch axis: a parameter, a constant, a loss.
    pub fn fixed(dims: impl Into<Vec<u64>>) -> Result<Shape, ShapeError> {
        Shape::new(false, dims.into())
    }

    /// The one constructor behind all others.
    pub fn new(batched: bool, dims: Vec<u64>) -> Result<Shape, ShapeError> {
        if dims.len() > MAX_RANK {
            return Err(ShapeError::Rank(dims.len()));
        }
        let mut elements: u64 = 1;
        for (axis, &extent) in dims.iter().enumerate() {
            if extent == 0 {
                return Err(ShapeError::Zero { axis });
            }
            if extent > MAX_EXTENT {
                return Err(ShapeError::Extent { axis, extent });
            }
            elements = elements.checked_mul(extent).ok_or(ShapeError::Elements)?;
            if elements > MAX_ELEMENTS {
                return Err(ShapeError::Elements);
            }
        }
        Ok(Shape { batched, dims })
    }

    /// A single number.
    pub fn scalar() -> Shape {
        Shape { batched: false, dims: Vec::new() }
    }

    /// Extents of the written axes.
    pub fn dims(&self) -> &[u64] {
        &self.dims
    }

    /// Number of written axes.
    pub fn rank(&self) -> usize {
        self.dims.len()
    }

    /// Whether each sample of a batch has its own value.
    pub fn is_batched(&self) -> bool {
        self.batched
    }

    /// Elements of one sample.
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// The same axes with or without a batch.
    pub fn with_batch(mut self, batched: bool) -> Shape {
        self.batched = batched;
        self
    }

    /// All axes, the batch included.
    pub fn all(&self) -> impl Iterator<Item = Dim> + '_ {
        self.batched.then_some(Dim::Batch).into_iter().chain(self.dims.iter().map(|&d| Dim::Fixed(d)))
    }

    /// Extents with the batch as a number, as the primitives see them.
    pub fn concrete(&self, batch: usize) -> Vec<usize> {
        self.all()
            .map(|dim| match dim {
                Dim::Fixed(extent) => extent as usize,
                Dim::Batch => batch,
            })
            .collect()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.dims.iter().map(u64::to_string).collect();
        write!(f, "[{}]", parts.join(", "))
    }
}

/// Element type and shape of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Written shape.
    pub shape: Shape,
}

impl TensorType {
    /// A tensor of f32.
    pub fn f32(shape: Shape) -> TensorType {
        TensorType { dtype: DType::F32, shape }
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            DType::F32 => write!(f, "{}", self.shape),
            other => write!(f, "{other} {}", self.shape),
        }
    }
}
