//! `conv_transpose2d`: the adjoint of a convolution, which spreads every input over a window of the output.

use super::{finish, require_groups};
use crate::op::batch::with_batch;
use crate::op::prelude::*;
use crate::op::weights::{WeightArguments, weight_and_bias};
use crate::prim::{ConvForm, ConvGeometry};

declare_op! {
    /// The adjoint of `conv2d` on a map [channels, height, width]: a learned enlargement.
    /// Output height = (height − 1)·stride − top − bottom + dilation·(kernel − 1) + output_pad + 1, likewise the
    /// width. Parameters: `weight` [inputs, channels/groups, kernel, kernel] and `bias` [channels].
    pub struct ConvTranspose2d = "conv_transpose2d"(x) {
        /// Number of output channels.
        channels | out_channels: usize,
        /// Size of the kernel.
        kernel | kernel_size: Pair,
        /// Step of the kernel over the output.
        stride: Pair = Pair::both(1),
        /// Pixels cut off the output's border.
        pad | padding: Padding = Padding::NONE,
        /// Further rows and columns at the output's end, fewer than the stride.
        output_pad | output_padding: Padding = Padding::NONE,
        /// Distance of the kernel's taps.
        dilation: Pair = Pair::both(1),
        /// Groups of channels that are convolved independently.
        groups: usize = 1,
        /// Whether a number per channel is added, or its start.
        bias: Bias = Bias::Default,
        /// Start of the weight; PyTorch's default.
        init: Option<Initialiser> = None,
        /// Given weight; leading axes may be left out.
        weight: Option<Initialiser> = None,
        /// Whether the optimiser changes weight and bias.
        trainable: bool = true,
    }
}

impl ConvTranspose2d {
    /// What is cut off before and after, and what is added after, per axis.
    fn borders(&self) -> Result<[[usize; 2]; 3], Misuse> {
        let Padding::Sides { low, high } = self.pad else {
            return Err(Misuse::new(format!(
                "`pad = {}` has no meaning for a transposed convolution",
                self.pad.show()
            ))
            .argument("pad")
            .help("give the pixels to cut off; `kernel = 2, stride = 2` without padding doubles the size"));
        };
        let extra = match self.output_pad {
            Padding::Sides { low, high } if low == high => low,
            _ => {
                return Err(Misuse::new("`output_pad` is one number or `[height, width]`")
                    .argument("output_pad")
                    .help("it adds rows and columns at the end only"));
            }
        };
        for (extra, stride) in extra.into_iter().zip(self.stride.0) {
            if extra >= stride && extra > 0 {
                return Err(Misuse::new(format!("an output padding of {extra} is not less than the stride {stride}"))
                    .argument("output_pad")
                    .why("it chooses among the output sizes that a convolution of this stride maps to the input's")
                    .help(format!("use `output_pad = {}` or less", stride - 1)));
            }
        }
        Ok([low, high, extra])
    }

    fn output(&self, input: &[u64]) -> Result<[u64; 2], Misuse> {
        let [low, high, extra] = self.borders()?;
        let mut out = [0; 2];
        for axis in 0..2 {
            let (n, stride, dilation) = (input[axis + 1], self.stride.0[axis] as u64, self.dilation.0[axis] as u64);
            let kernel = self.kernel.0[axis] as u64;
            let full = (n - 1) * stride + dilation * (kernel - 1) + extra[axis] as u64 + 1;
            let cut = (low[axis] + high[axis]) as u64;
            out[axis] = full.checked_sub(cut).filter(|&size| size > 0).ok_or_else(|| {
                let name = ["height", "width"][axis];
                Misuse::new(format!("the padding cuts off all of the output: {name} {full} − {cut}"))
                    .argument("pad")
                    .why(format!(
                        "({n} − 1)·{stride} − {} − {} + {dilation}·({kernel} − 1) + {} + 1",
                        low[axis], high[axis], extra[axis]
                    ))
                    .help("pad less or use a larger kernel")
            })?;
        }
        Ok(out)
    }
}

impl Op for ConvTranspose2d {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let [channels, height, width] = require_map("conv_transpose2d", &inputs[0])?;
        require_groups(self.groups, channels, self.channels)?;
        let [out_height, out_width] = self.output(&[channels, height, width])?;
        let outputs = self.channels as u64;
        let shape = Shape::new(inputs[0].shape.is_batched(), vec![outputs, out_height, out_width])?;
        let [rows, columns] = self.kernel.0.map(|extent| extent as u64);
        let arguments =
            WeightArguments { weight: &self.weight, init: &self.init, bias: &self.bias, trainable: self.trainable };
        let weight = vec![channels, outputs / self.groups as u64, rows, columns];
        Ok(Signature { outputs: vec![TensorType::f32(shape)], params: weight_and_bias(weight, outputs, arguments)? })
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let accepted = "`infer` accepted these arguments";
        let [low, high, _] = self.borders().expect(accepted);
        let [rows, columns] = self.output(inputs[0].ty.shape.dims()).expect(accepted);
        let geometry = ConvGeometry {
            stride: self.stride.0.to_vec(),
            low: low.to_vec(),
            high: high.to_vec(),
            dilation: self.dilation.0.to_vec(),
            groups: self.groups,
        };
        let x = with_batch(graph, &inputs[0]);
        let extents = [graph.shape(x)[0], self.channels, rows as usize, columns as usize];
        let map = graph.conv_adjoint(ConvForm::InputGradient, x, params.get("weight"), geometry, &extents);
        let shape = Shape::new(inputs[0].ty.shape.is_batched(), vec![self.channels as u64, rows, columns]);
        finish(graph, map, params, &shape.expect(accepted))
    }
}
