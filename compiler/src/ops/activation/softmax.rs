//! `softmax`: numbers as a distribution.

use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

declare_op! {
    /// exp(xᵢ)/Σⱼ exp(xⱼ) along one axis: positive numbers whose sum is 1. Computed from x − max x, so that large
    /// inputs do not overflow.
    pub struct Softmax = "softmax"(x) {
        /// Along which axis; may be left out for a vector.
        axis: Option<Axis> = None,
    }
}

impl Op for Softmax {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        resolve_or_only("softmax", self.axis, &inputs[0].shape)?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let axis = resolve_or_only("softmax", self.axis, &inputs[0].ty.shape).expect("`infer` accepted this axis");
        vec![graph.softmax(inputs[0].value, inputs[0].axis(axis))]
    }
}
