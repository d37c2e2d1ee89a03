//! `exp`: the exponential function.

use crate::op::prelude::*;

declare_op! {
    /// eˣ, elementwise.
    pub struct Exp = "exp"(x) {}
}

impl Op for Exp {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.map1(inputs[0].value, |x| x.exp())]
    }
}
