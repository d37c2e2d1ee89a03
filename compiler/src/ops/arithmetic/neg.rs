//! `neg`: the opposite number.

use crate::op::prelude::*;

declare_op! {
    /// −x, elementwise; written `-x`.
    pub struct Neg = "neg"(x) {}
}

impl Op for Neg {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| -x)]
    }
}
