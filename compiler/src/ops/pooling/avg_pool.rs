//! `avg_pool`: the mean of every window.

use super::{bordered, infer_pool};
use crate::op::prelude::*;
use crate::op::sliding::{Placement, Sliding};
use crate::prim::{Prim, Source, ValueType, WindowGeometry, WindowOp};

declare_op! {
    /// The mean of every window, per channel of a map [channels, height, width]. No parameters.
    /// Output height = ⌊(height + top + bottom − kernel)/stride⌋ + 1, likewise the width.
    pub struct AvgPool = "avg_pool"(x) {
        /// Size of the window.
        kernel | kernel_size: Pair,
        /// Step of the window; as large as the window unless given.
        stride: Option<Pair> = None,
        /// Border of zeros, at most half a window.
        pad | padding: Padding = Padding::NONE,
        /// Whether a last window may stand over the end; what stands over is not counted.
        ceil | ceil_mode: bool = false,
        /// Whether the border counts in the mean, as it does in PyTorch.
        count_pad | count_include_pad: bool = true,
    }
}

impl AvgPool {
    fn sliding(&self) -> Sliding<'static> {
        Sliding {
            operator: "avg_pool",
            kernel: self.kernel,
            stride: self.stride.unwrap_or(self.kernel),
            dilation: Pair::both(1),
            padding: self.pad,
            ceil: self.ceil,
        }
    }

    /// Counted positions of each window along one axis.
    fn counts(&self, axis: usize, input: u64, placement: &Placement) -> Vec<u64> {
        let (kernel, stride) = (self.kernel.0[axis] as u64, self.sliding().stride.0[axis] as u64);
        let (low, high) = (placement.low[axis] as u64, placement.high[axis] as u64);
        let (first, last) = if self.count_pad { (0, low + input + high) } else { (low, low + input) };
        let count = |window: u64| (window * stride + kernel).min(last).saturating_sub((window * stride).max(first));
        (0..placement.out[axis]).map(count).collect()
    }
}

impl Op for AvgPool {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_pool(&self.sliding(), &inputs[0])
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let sliding = self.sliding();
        let (padded, placement) = bordered(graph, &sliding, &inputs[0], 0.0);
        let geometry = WindowGeometry {
            kernel: sliding.kernel.0.to_vec(),
            stride: sliding.stride.0.to_vec(),
            dilation: vec![1, 1],
        };
        let sums = graph.window(WindowOp::Sum, padded, geometry);
        let dims = inputs[0].ty.shape.dims();
        let counts = [0, 1].map(|axis| self.counts(axis, dims[axis + 1], &placement));
        let uniform = |counts: &[u64]| counts.iter().all(|&count| count == counts[0]);
        if counts.iter().all(|counts| uniform(counts)) {
            let count = (counts[0][0] * counts[1][0]) as f64;
            return vec![graph.map1(sums, |sum| sum / count)];
        }
        let shape = graph.shape(sums).to_vec();
        let [rows, columns] = [0, 1].map(|axis| {
            let numbers: Vec<f32> = counts[axis].iter().map(|&count| count as f32).collect();
            let ty = ValueType { dtype: DType::F32, shape: vec![numbers.len()] };
            let counts = graph.push(Prim::Source(Source::Constant(numbers.into())), vec![], ty);
            graph.broadcast_along(counts, &shape, vec![shape.len() - 2 + axis])
        });
        vec![graph.map(&[sums, rows, columns], |args| &args[0] / &(&args[1] * &args[2]))]
    }
}
