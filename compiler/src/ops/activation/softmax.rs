//! `softmax`: numbers as a distribution.

use super::below_maximum;
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
        let (x, axis) = (inputs[0].value, inputs[0].axis(axis));
        let shape = graph.shape(x).to_vec();
        let shifted = below_maximum(graph, x, axis);
        let exponentials = graph.map1(shifted, |x| x.exp());
        let sum = graph.sum(exponentials, &[axis]);
        let sum = broadcast::restore(graph, sum, &shape, &[axis]);
        vec![graph.map2(exponentials, sum, |e, sum| e / sum)]
    }
}
