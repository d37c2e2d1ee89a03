//! `l1`: the mean absolute error.

use super::{infer_compared, mean_of_all};
use crate::op::prelude::*;

declare_op! {
    /// 1/n Σ |prediction − target|, over all elements of the batch; also written `mae`.
    pub struct L1 = "l1"(prediction, target) {}
}

impl Op for L1 {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("l1", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let sizes = broadcast::map(graph, inputs, |args| (&args[0] - &args[1]).abs());
        vec![mean_of_all(graph, sizes)]
    }
}
