//! `sigmoid`: the logistic function.

use crate::op::prelude::*;

declare_op! {
    /// σ(x) = 1/(1 + e⁻ˣ), elementwise. Its derivative is σ(1 − σ).
    pub struct Sigmoid = "sigmoid"(x) {}
}

impl Op for Sigmoid {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.sigmoid())]
    }
}
