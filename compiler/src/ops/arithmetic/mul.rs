//! `mul`: the product of two values.

use super::infer_elementwise;
use crate::op::prelude::*;

declare_op! {
    /// x · y, elementwise; axes are broadcast from the right.
    pub struct Mul = "mul"(x, y) {}
}

impl Op for Mul {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_elementwise(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![broadcast::map(graph, inputs, |args| &args[0] * &args[1])]
    }
}
