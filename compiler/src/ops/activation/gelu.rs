//! `gelu`: the input times the probability that a standard normal number is smaller.

use crate::op::prelude::*;
use crate::words;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

words! {
    /// Formula of the normal distribution's integral.
    pub enum Form {
        /// With the error function.
        Exact = "exact" | "none",
        /// Hendrycks and Gimpel's approximation with tanh.
        Tanh = "tanh",
    }
}

declare_op! {
    /// x·Φ(x) (Hendrycks and Gimpel, 2016): x/2·(1 + erf(x/√2)), or
    /// x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))) with `form = tanh`.
    pub struct Gelu = "gelu"(x) {
        /// Which formula.
        form | approximate: Form = Form::Exact,
    }
}

impl Op for Gelu {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| {
            let curve = match self.form {
                Form::Exact => (x * FRAC_1_SQRT_2).erf(),
                Form::Tanh => ((x + &(&(x * x) * x) * 0.044715) * FRAC_2_PI.sqrt()).tanh(),
            };
            x * 0.5 * (curve + 1.0)
        })]
    }
}
