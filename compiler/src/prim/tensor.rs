//! Tensors of the evaluator: plain row-major numbers, real or whole, and strided copies between them.

use crate::types::DType;
use netc_plan::math;

/// A type of real numbers that the evaluator can run on.
pub trait Real:
    Copy
    + PartialOrd
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + 'static
{
    /// Nearest value.
    fn of(value: f64) -> Self;
    /// Exactly.
    fn widen(self) -> f64;
    /// √x
    fn root(self) -> Self;
    /// |x|
    fn magnitude(self) -> Self;
    /// ⌊x⌋
    fn round_down(self) -> Self;
    /// Whether it is not a number.
    fn undefined(self) -> bool;
    /// eˣ
    fn exponential(self) -> Self;
    /// ln x
    fn logarithm(self) -> Self;
    /// tanh x
    fn hyperbolic_tangent(self) -> Self;
    /// 1/(1 + e⁻ˣ)
    fn logistic(self) -> Self;
    /// The error function.
    fn error_function(self) -> Self;
}

macro_rules! real {
    ($type:ty, $exp:expr, $log:expr, $tanh:expr, $sigmoid:expr, $erf:expr) => {
        impl Real for $type {
            fn of(value: f64) -> Self {
                value as $type
            }
            fn widen(self) -> f64 {
                f64::from(self)
            }
            fn root(self) -> Self {
                self.sqrt()
            }
            fn magnitude(self) -> Self {
                self.abs()
            }
            fn round_down(self) -> Self {
                self.floor()
            }
            fn undefined(self) -> bool {
                self.is_nan()
            }
            fn exponential(self) -> Self {
                $exp(self)
            }
            fn logarithm(self) -> Self {
                $log(self)
            }
            fn hyperbolic_tangent(self) -> Self {
                $tanh(self)
            }
            fn logistic(self) -> Self {
                $sigmoid(self)
            }
            fn error_function(self) -> Self {
                $erf(self)
            }
        }
    };
}
real!(
    f32,
    |x| math::exp(&mut math::Scalar, x),
    |x| math::log(&mut math::Scalar, x),
    |x| math::tanh(&mut math::Scalar, x),
    |x| math::sigmoid(&mut math::Scalar, x),
    |x| math::erf(&mut math::Scalar, x)
);
real!(f64, f64::exp, f64::ln, f64::tanh, |x: f64| 1.0 / (1.0 + (-x).exp()), erf);

/// erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms of one sign (Abramowitz and Stegun 7.1.6).
fn erf(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term.abs() > sum.abs() * f64::EPSILON * 0.1 {
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
        n += 1.0;
    }
    std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

/// Elements in row-major order; the type that belongs to them stands in the graph.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor<T> {
    /// Values of f32 or f64.
    Real(Vec<T>),
    /// Integers and truth values (0 or 1).
    Int(Vec<i32>),
}

impl<T: Real> Tensor<T> {
    /// The same number everywhere.
    pub fn filled(dtype: DType, value: f64, elements: usize) -> Tensor<T> {
        match dtype {
            DType::F32 | DType::F64 => Tensor::Real(vec![T::of(value); elements]),
            DType::Bool | DType::Int { .. } => Tensor::Int(vec![value as i32; elements]),
        }
    }

    /// From f32 values, as parameters are stored.
    pub fn from_f32(values: &[f32]) -> Tensor<T> {
        Tensor::Real(values.iter().map(|&value| T::of(f64::from(value))).collect())
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Tensor::Real(values) => values.len(),
            Tensor::Int(values) => values.len(),
        }
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The real numbers.
    ///
    /// # Panics
    /// If the tensor holds integers: an ill-typed graph.
    pub fn real(&self) -> &[T] {
        match self {
            Tensor::Real(values) => values,
            Tensor::Int(_) => panic!("real numbers are expected where the graph gives integers"),
        }
    }

    /// The integers.
    ///
    /// # Panics
    /// If the tensor holds real numbers: an ill-typed graph.
    pub fn int(&self) -> &[i32] {
        match self {
            Tensor::Int(values) => values,
            Tensor::Real(_) => panic!("integers are expected where the graph gives real numbers"),
        }
    }

    /// Reads `shape` elements in row-major order by strides.
    pub fn strided(&self, places: &Places) -> Tensor<T> {
        match self {
            Tensor::Real(values) => Tensor::Real(places.read(values)),
            Tensor::Int(values) => Tensor::Int(places.read(values)),
        }
    }

    /// Writes a row-major tensor to places of this one.
    pub fn write_strided(&mut self, places: &Places, source: &Tensor<T>) {
        match (self, source) {
            (Tensor::Real(values), Tensor::Real(source)) => places.write(values, source),
            (Tensor::Int(values), Tensor::Int(source)) => places.write(values, source),
            _ => panic!("element types differ"),
        }
    }
}

/// Row-major strides of a shape.
pub fn strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

/// A box of places in a flat buffer: an offset and a stride per axis.
#[derive(Clone, Debug)]
pub struct Places {
    /// Place of the first element.
    pub offset: isize,
    /// Distance of neighbours, per axis.
    pub strides: Vec<isize>,
    /// Extents.
    pub shape: Vec<usize>,
}

impl Places {
    /// Calls with the first place of every row along the last axis, in row-major order.
    fn rows(&self, mut visit: impl FnMut(isize)) {
        let outer = self.shape.len().saturating_sub(1);
        if self.shape.contains(&0) {
            return;
        }
        let mut at = vec![0; outer];
        let mut place = self.offset;
        loop {
            visit(place);
            let mut axis = outer;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                at[axis] += 1;
                place += self.strides[axis];
                if at[axis] < self.shape[axis] {
                    break;
                }
                place -= self.strides[axis] * at[axis] as isize;
                at[axis] = 0;
            }
        }
    }

    fn row(&self) -> (usize, isize) {
        match self.shape.len() {
            0 => (1, 0),
            rank => (self.shape[rank - 1], self.strides[rank - 1]),
        }
    }

    /// The elements at the places, in row-major order.
    pub fn read<V: Copy>(&self, values: &[V]) -> Vec<V> {
        let (count, step) = self.row();
        let mut result = Vec::with_capacity(self.shape.iter().product());
        self.rows(|first| match step {
            1 => result.extend_from_slice(&values[first as usize..first as usize + count]),
            _ => result.extend((0..count).map(|i| values[(first + i as isize * step) as usize])),
        });
        result
    }

    /// Puts row-major elements at the places.
    pub fn write<V: Copy>(&self, values: &mut [V], source: &[V]) {
        let (count, step) = self.row();
        let mut rows = source.chunks_exact(count.max(1));
        self.rows(|first| {
            for (i, &value) in rows.next().unwrap_or(&[]).iter().enumerate() {
                values[(first + i as isize * step) as usize] = value;
            }
        });
    }
}
