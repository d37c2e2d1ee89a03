//! `sqrt`: the square root.

use crate::op::prelude::*;

declare_op! {
    /// √x, elementwise. Its derivative is infinite at zero.
    pub struct Sqrt = "sqrt"(x) {}
}

impl Op for Sqrt {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.sqrt())]
    }
}
