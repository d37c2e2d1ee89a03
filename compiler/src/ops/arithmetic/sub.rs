//! `sub`: the difference of two values.

use super::infer_elementwise;
use crate::op::prelude::*;

declare_op! {
    /// x − y, elementwise; axes are broadcast from the right.
    pub struct Sub = "sub"(x, y) {}
}

impl Op for Sub {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_elementwise(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![broadcast::map(graph, inputs, |args| &args[0] - &args[1])]
    }
}
