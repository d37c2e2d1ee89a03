//! `max_pool`: the largest value of every window.

use super::{bordered, infer_pool};
use crate::op::prelude::*;
use crate::op::sliding::Sliding;
use crate::prim::{WindowGeometry, WindowOp};

declare_op! {
    /// The largest value of every window, per channel of a map [channels, height, width]. The border counts as −∞;
    /// the gradient goes to the first largest value. No parameters.
    /// Output height = ⌊(height + top + bottom − dilation·(kernel − 1) − 1)/stride⌋ + 1, likewise the width.
    pub struct MaxPool = "max_pool"(x) {
        /// Size of the window.
        kernel | kernel_size: Pair,
        /// Step of the window; as large as the window unless given.
        stride: Option<Pair> = None,
        /// Border of −∞, at most half a window.
        pad | padding: Padding = Padding::NONE,
        /// Distance of the window's taps.
        dilation: Pair = Pair::both(1),
        /// Whether a last window may stand over the end.
        ceil | ceil_mode: bool = false,
    }
}

impl MaxPool {
    fn sliding(&self) -> Sliding<'static> {
        Sliding {
            operator: "max_pool",
            kernel: self.kernel,
            stride: self.stride.unwrap_or(self.kernel),
            dilation: self.dilation,
            padding: self.pad,
            ceil: self.ceil,
        }
    }
}

impl Op for MaxPool {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_pool(&self.sliding(), &inputs[0])
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let sliding = self.sliding();
        let (padded, _) = bordered(graph, &sliding, &inputs[0], f64::NEG_INFINITY);
        let geometry = WindowGeometry {
            kernel: sliding.kernel.0.to_vec(),
            stride: sliding.stride.0.to_vec(),
            dilation: sliding.dilation.0.to_vec(),
        };
        vec![graph.window(WindowOp::Max, padded, geometry)]
    }
}
