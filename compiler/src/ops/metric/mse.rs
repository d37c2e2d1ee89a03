//! `mse` as a metric: squared errors of a batch.

use super::{infer_compared, sum_of_all};
use crate::op::prelude::*;

declare_op! {
    /// (prediction − target)², averaged over all elements of all samples.
    pub struct SquaredError = "mse"(prediction, target) {}
}

impl Op for SquaredError {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("mse", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let squares = broadcast::map(graph, inputs, |args| {
            let difference = &args[0] - &args[1];
            &difference * &difference
        });
        vec![sum_of_all(graph, squares)]
    }
}
