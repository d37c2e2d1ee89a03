//! `tanh`: the hyperbolic tangent.

use crate::op::prelude::*;

declare_op! {
    /// tanh x, elementwise. Its derivative is 1 − tanh² x.
    pub struct Tanh = "tanh"(x) {}
}

impl Op for Tanh {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.tanh())]
    }
}
