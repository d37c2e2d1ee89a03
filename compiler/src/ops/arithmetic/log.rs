//! `log`: the natural logarithm.

use crate::op::prelude::*;

declare_op! {
    /// ln x, elementwise. Not a number below zero, −∞ at zero.
    pub struct Log = "log"(x) {}
}

impl Op for Log {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.log())]
    }
}
