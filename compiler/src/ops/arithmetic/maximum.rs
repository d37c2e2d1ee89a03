//! `maximum`: the larger of two values.

use super::infer_elementwise;
use crate::op::prelude::*;

declare_op! {
    /// The larger of x and y, elementwise; axes are broadcast from the right. At a tie the gradient goes to x.
    pub struct Maximum = "maximum"(x, y) {}
}

impl Op for Maximum {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_elementwise(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![broadcast::map(graph, inputs, |args| args[0].maximum(&args[1]))]
    }
}
