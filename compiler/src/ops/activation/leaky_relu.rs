//! `leaky_relu`: a rectifier that keeps a small slope below zero.

use crate::op::prelude::*;

declare_op! {
    /// Passes positive values through and multiplies negative values by `slope`.
    pub struct LeakyRelu = "leaky_relu"(x) {
        /// Multiplier for negative inputs.
        slope | negative_slope: f64 = 0.01,
    }
}

impl Op for LeakyRelu {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.greater(0.0).select(x, x * self.slope))]
    }
}
