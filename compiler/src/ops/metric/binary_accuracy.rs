//! `binary_accuracy`: the fraction of right answers to yes-or-no questions.

use super::{infer_compared, sum_of_all};
use crate::op::prelude::*;

declare_op! {
    /// The fraction of elements on the same side of the threshold as the target, each element a question of its own.
    pub struct BinaryAccuracy = "binary_accuracy"(probability, target) {
        /// From where on a probability means yes.
        threshold: f64 = 0.5,
    }
}

impl Op for BinaryAccuracy {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("binary_accuracy", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![count_same_side(graph, inputs, self.threshold)]
    }
}

/// How many elements are on the target's side; targets above one half mean yes.
pub(super) fn count_same_side(graph: &mut Builder, inputs: &[Operand], threshold: f64) -> ValueId {
    let classes = matches!(inputs[1].ty.dtype, DType::Int { .. });
    let right = broadcast::map(graph, inputs, |args| {
        let said = args[0].greater(threshold).select(1.0, 0.0);
        let target = if classes { args[1].cast(DType::F32) } else { args[1].clone() };
        let true_answer = target.greater(0.5).select(1.0, 0.0);
        said.equals(true_answer).select(1.0, 0.0)
    });
    sum_of_all(graph, right)
}
