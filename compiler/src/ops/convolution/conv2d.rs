//! `conv2d`: cross-correlation of a map with a kernel per output channel.

use super::{finish, require_groups};
use crate::op::batch::with_batch;
use crate::op::prelude::*;
use crate::op::sliding::Sliding;
use crate::op::weights::{WeightArguments, weight_and_bias};
use crate::prim::ConvGeometry;

declare_op! {
    /// y(c) = bias(c) + Σₖ weight(c, k) ⋆ x(k) on a map [channels, height, width], where ⋆ is cross-correlation.
    /// Output height = ⌊(height + top + bottom − dilation·(kernel − 1) − 1)/stride⌋ + 1, likewise the width.
    /// Parameters: `weight` [channels, inputs/groups, kernel, kernel] and `bias` [channels].
    pub struct Conv2d = "conv2d"(x) {
        /// Number of output channels.
        channels | out_channels: usize,
        /// Size of the kernel.
        kernel | kernel_size: Pair,
        /// Step of the kernel.
        stride: Pair = Pair::both(1),
        /// Zeros around the map; `same` keeps the size, `same_tf` gives ⌈size/stride⌉, the odd pixel at the end.
        pad | padding: Padding = Padding::NONE,
        /// Distance of the kernel's taps.
        dilation: Pair = Pair::both(1),
        /// Groups of channels that are convolved independently.
        groups: usize = 1,
        /// Whether a number per channel is added, or its start.
        bias: Bias = Bias::Default,
        /// Start of the weight; PyTorch's default is uniform within ±1/√(taps of one output).
        init: Option<Initialiser> = None,
        /// Given weight; leading axes may be left out.
        weight: Option<Initialiser> = None,
        /// Whether the optimiser changes weight and bias.
        trainable: bool = true,
    }
}

impl Conv2d {
    fn sliding(&self) -> Sliding<'static> {
        let (kernel, stride, dilation, padding) = (self.kernel, self.stride, self.dilation, self.pad);
        Sliding { operator: "conv2d", kernel, stride, dilation, padding, ceil: false }
    }
}

impl Op for Conv2d {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let [channels, height, width] = require_map("conv2d", &inputs[0])?;
        require_groups(self.groups, channels, self.channels)?;
        let [out_height, out_width] = self.sliding().place([height, width])?.out;
        let outputs = self.channels as u64;
        let shape = Shape::new(inputs[0].shape.is_batched(), vec![outputs, out_height, out_width])?;
        let [rows, columns] = self.kernel.0.map(|extent| extent as u64);
        let arguments =
            WeightArguments { weight: &self.weight, init: &self.init, bias: &self.bias, trainable: self.trainable };
        let weight = vec![outputs, channels / self.groups as u64, rows, columns];
        Ok(Signature { outputs: vec![TensorType::f32(shape)], params: weight_and_bias(weight, outputs, arguments)? })
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let dims = inputs[0].ty.shape.dims();
        let placement = self.sliding().place([dims[1], dims[2]]).expect("`infer` accepted this window");
        let geometry = ConvGeometry {
            stride: self.stride.0.to_vec(),
            low: placement.low.to_vec(),
            high: placement.high.to_vec(),
            dilation: self.dilation.0.to_vec(),
            groups: self.groups,
        };
        let x = with_batch(graph, &inputs[0]);
        let map = graph.conv(x, params.get("weight"), geometry);
        let [rows, columns] = placement.out;
        let shape = Shape::new(inputs[0].ty.shape.is_batched(), vec![self.channels as u64, rows, columns]);
        finish(graph, map, params, &shape.expect("`infer` accepted this shape"))
    }
}
