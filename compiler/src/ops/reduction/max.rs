//! `max`: the largest element along some axes.

use super::Reduction;
use crate::op::argument::Axes;
use crate::op::prelude::*;
use crate::prim::ReduceOp;

declare_op! {
    /// The largest element along some axes; `maximum` compares two values. Without `axis` along all of them, inside
    /// `train` the batch included.
    pub struct Max = "max"(x) {
        /// One axis or a list; inside `train` also `batch`.
        axis: Option<Axes> = None,
        /// Whether the axes stay, with extent 1.
        keep | keepdim: bool = false,
        /// Whether the batch is an axis like others: set inside `train`.
        batch: bool = false,
    }
}

impl Max {
    fn reduction(&self) -> Reduction<'_> {
        Reduction { axes: self.axis.as_ref(), keep: self.keep, batch: self.batch }
    }
}

impl Op for Max {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        self.reduction().infer(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        self.reduction().expand(graph, &inputs[0], ReduceOp::Max, false)
    }
}
