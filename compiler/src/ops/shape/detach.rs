//! `detach`: the input as a constant.

use crate::op::prelude::*;

declare_op! {
    /// The input itself, through which no gradient flows.
    pub struct Detach = "detach"(x) {}
}

impl Op for Detach {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![graph.detach(inputs[0].value)]
    }
}
