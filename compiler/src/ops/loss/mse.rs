//! `mse`: the mean squared error.

use super::mean_of;
use crate::op::prelude::*;

declare_op! {
    /// 1/n Σ (prediction − target)², over all elements of the batch.
    pub struct Mse = "mse"(prediction, target) {}
}

impl Op for Mse {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        require_same_shape("mse", inputs)?;
        Ok(Signature::of(TensorType::f32(Shape::scalar())))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![mean_of(graph, inputs, |args| {
            let difference = &args[0] - &args[1];
            &difference * &difference
        })]
    }
}
