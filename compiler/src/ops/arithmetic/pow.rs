//! `pow`: a constant power.

use crate::op::prelude::*;

declare_op! {
    /// xⁿ, elementwise, for a constant exponent; written `x^2`. Whole exponents to ±64 are products, as are halves of
    /// odd numbers with a root; of any other exponent x must be positive: exp(n·ln x).
    pub struct Pow = "pow"(x) {
        /// The exponent.
        exponent: f64,
    }
}

/// Largest whole exponent that is written as products.
const LARGEST: f64 = 64.0;

impl Op for Pow {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| power(x, self.exponent))]
    }
}

fn power(x: &Scalar, exponent: f64) -> Scalar {
    let size = exponent.abs();
    let whole = size.floor();
    if size > LARGEST || !matches!(size - whole, 0.0 | 0.5) {
        return (x.log() * exponent).exp();
    }
    let product = product(x, whole as u32);
    let result = match (product, size > whole) {
        (None, false) => return Scalar::from(1.0),
        (None, true) => x.sqrt(),
        (Some(product), false) => product,
        (Some(product), true) => product * x.sqrt(),
    };
    if exponent < 0.0 { 1.0 / result } else { result }
}

/// xⁿ by repeated squaring; nothing for n = 0.
fn product(x: &Scalar, n: u32) -> Option<Scalar> {
    let half = match n {
        0 => return None,
        1 => return Some(x.clone()),
        _ => product(x, n / 2)?,
    };
    let square = &half * &half;
    Some(if n % 2 == 1 { square * x } else { square })
}
