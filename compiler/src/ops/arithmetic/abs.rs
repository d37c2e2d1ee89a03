//! `abs`: the absolute value.

use crate::op::prelude::*;

declare_op! {
    /// |x|, elementwise. Its derivative at zero is 0.
    pub struct Abs = "abs"(x) {}
}

impl Op for Abs {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.abs())]
    }
}
