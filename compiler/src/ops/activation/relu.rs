//! `relu`: the rectifier.

use crate::op::prelude::*;

declare_op! {
    /// max(x, 0), elementwise. Its derivative is 1 above zero and 0 elsewhere.
    pub struct Relu = "relu"(x) {}
}

impl Op for Relu {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.relu())]
    }
}
