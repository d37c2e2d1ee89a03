//! `mse`: the mean squared error.

use super::{infer_compared, mean_of_all};
use crate::op::prelude::*;

declare_op! {
    /// 1/n Σ (prediction − target)², over all elements of the batch. As a metric the same over the whole part.
    pub struct Mse = "mse"(prediction, target) {}
}

impl Op for Mse {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("mse", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let squares = broadcast::map(graph, inputs, |args| {
            let difference = &args[0] - &args[1];
            &difference * &difference
        });
        vec![mean_of_all(graph, squares)]
    }
}
