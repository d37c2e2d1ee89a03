//! `log_softmax`: logarithms of a distribution.

use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

declare_op! {
    /// xᵢ − ln Σⱼ exp(xⱼ) along one axis: the logarithm of `softmax`, without its underflow.
    pub struct LogSoftmax = "log_softmax"(x) {
        /// Along which axis; may be left out for a vector.
        axis: Option<Axis> = None,
    }
}

impl Op for LogSoftmax {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        resolve_or_only("log_softmax", self.axis, &inputs[0].shape)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let axis = resolve_or_only("log_softmax", self.axis, &inputs[0].ty.shape).expect("`infer` accepted this axis");
        vec![graph.log_softmax(inputs[0].value, inputs[0].axis(axis))]
    }
}
