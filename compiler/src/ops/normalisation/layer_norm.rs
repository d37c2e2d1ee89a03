//! `layer_norm`: every position brought to mean 0 and deviation 1 over its own features, then scaled and shifted.

use crate::op::axes::resolve;
use crate::op::prelude::*;
use crate::prim::ReduceOp;

declare_op! {
    /// y = (x − mean)/√(variance + eps)·weight + bias (Ba, Kiros and Hinton, 2016), with mean and (population) variance
    /// over the last axes, for every sample and position by itself; training and prediction are alike.
    /// Parameters: `weight` and `bias`, of the shape of the axes that are normalised.
    pub struct LayerNorm = "layer_norm"(x) {
        /// The first axis that is normalised, with all after it; the last one if left out, which a map may not do.
        axis: Option<Axis> = None,
        /// Added to the variance, against division by zero.
        eps: f64 = 1e-5,
        /// Whether the result is scaled by `weight`, and shifted unless `bias` says otherwise.
        affine | elementwise_affine: bool = true,
        /// Whether the result is shifted by `bias`.
        bias: bool = true,
    }
}

impl LayerNorm {
    /// Position of the first normalised axis.
    fn first(&self, shape: &Shape) -> Result<usize, Misuse> {
        match (self.axis, shape.rank()) {
            (Some(axis), _) => resolve(axis, shape),
            (None, 0) => Err(Misuse::new("`layer_norm` needs features, but this is a single number")
                .input(0)
                .help("write `reshape([1])` before it")),
            (None, rank @ (1 | 2)) => Ok(rank - 1),
            (None, rank) => Err(Misuse::new(format!("`layer_norm` needs `axis`, because {shape} has {rank} axes"))
                .argument("axis")
                .why("over a map, frameworks normalise its width, its channels or everything")
                .help("write `axis = 0` for all axes of a sample together or `axis = -1` for the last alone")),
        }
    }
}

impl Op for LayerNorm {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        require_range("eps", self.eps, self.eps > 0.0, "positive")?;
        let shape = &inputs[0].shape;
        let dims = shape.dims()[self.first(shape)?..].to_vec();
        let mut signature = Signature::same_as(inputs)?;
        if self.affine {
            let own = |name, start| ParamSpec::new(name, dims.clone(), Init::Constant(start), ParamKind::Trainable);
            signature = signature.with(own("weight", 1.0)?);
            if self.bias {
                signature = signature.with(own("bias", 0.0)?);
            }
        }
        Ok(signature)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let x = inputs[0].value;
        let shape = graph.shape(x).to_vec();
        let first = inputs[0].axis(self.first(&inputs[0].ty.shape).expect("`infer` accepted this axis"));
        let (kept, reduced): (Vec<usize>, Vec<usize>) = (0..shape.len()).partition(|&axis| axis < first);
        let mean = graph.mean(x, &reduced);
        let variance = graph.reduce(ReduceOp::Variance, x, &reduced);
        let factor = graph.map1(variance, |v| 1.0 / (v + self.eps).sqrt());
        let mean = graph.broadcast_along(mean, &shape, kept.clone());
        let factor = graph.broadcast_along(factor, &shape, kept);
        let mut arguments = vec![x, mean, factor];
        for name in ["weight", "bias"] {
            if let Some(param) = params.find(name) {
                arguments.push(graph.broadcast_along(param, &shape, reduced.clone()));
            }
        }
        vec![graph.map(&arguments, |args| {
            let normal = (&args[0] - &args[1]) * &args[2];
            match args {
                [_, _, _] => normal,
                [_, _, _, weight] => normal * weight,
                [_, _, _, weight, bias, ..] => normal * weight + bias,
                _ => unreachable!("three values and at most two parameters"),
            }
        })]
    }
}
