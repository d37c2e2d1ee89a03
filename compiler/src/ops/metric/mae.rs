//! `mae` as a metric: absolute errors of a batch.

use super::{infer_compared, sum_of_all};
use crate::op::prelude::*;

declare_op! {
    /// |prediction − target|, averaged over all elements of all samples.
    pub struct Mae = "mae"(prediction, target) {}
}

impl Op for Mae {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("mae", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let sizes = broadcast::map(graph, inputs, |args| (&args[0] - &args[1]).abs());
        vec![sum_of_all(graph, sizes)]
    }
}
