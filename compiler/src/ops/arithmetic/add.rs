//! `add`: the sum of two values.

use super::infer_elementwise;
use crate::op::prelude::*;

declare_op! {
    /// x + y, elementwise; axes are broadcast from the right.
    pub struct Add = "add"(x, y) {}
}

impl Op for Add {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_elementwise(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![broadcast::map(graph, inputs, |args| &args[0] + &args[1])]
    }
}
