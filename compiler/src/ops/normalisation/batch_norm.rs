//! `batch_norm`: every channel brought to mean 0 and deviation 1 over the batch, then scaled and shifted.

use crate::op::prelude::*;
use crate::optimizer::flushed;
use crate::prim::ReduceOp;

declare_op! {
    /// y = (x − mean)/√(variance + eps)·weight + bias per channel, the first axis (Ioffe and Szegedy, 2015).
    /// While training, mean and (population) variance are the batch's, and the running ones follow:
    /// running ← (1 − momentum)·running + momentum·batch, with the unbiased variance, as in PyTorch. Predictions and
    /// frozen layers use the running ones. Parameters: `weight`, `bias`; buffers: `running_mean`, `running_var`.
    pub struct BatchNorm = "batch_norm"(x) {
        /// Added to the variance, against division by zero.
        eps: f64 = 1e-5,
        /// How fast the running statistics follow the batch's.
        momentum: f64 = 0.1,
        /// Whether the result is scaled by `weight` and shifted by `bias`.
        affine: bool = true,
    }
}

impl Op for BatchNorm {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        require_range("eps", self.eps, self.eps > 0.0, "positive")?;
        require_range("momentum", self.momentum, (0.0..=1.0).contains(&self.momentum), "between 0 and 1")?;
        let shape = &inputs[0].shape;
        let Some(&channels) = shape.dims().first() else {
            return Err(Misuse::new("`batch_norm` needs channels, but this is a single number")
                .input(0)
                .help("write `reshape([1])` before it"));
        };
        if !shape.is_batched() {
            return Err(Misuse::new(format!("`batch_norm` needs a batch, but {shape} is the same for every sample"))
                .input(0)
                .help("apply it to values that depend on an input"));
        }
        let mut signature = Signature::same_as(inputs)?;
        let mut own = |name, start, kind| -> Result<(), Misuse> {
            signature.params.push(ParamSpec::new(name, vec![channels], Init::Constant(start), kind)?);
            Ok(())
        };
        if self.affine {
            own("weight", 1.0, ParamKind::Trainable)?;
            own("bias", 0.0, ParamKind::Trainable)?;
        }
        own("running_mean", 0.0, ParamKind::Buffer)?;
        own("running_var", 1.0, ParamKind::Buffer)?;
        Ok(signature)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let x = inputs[0].value;
        let shape = graph.shape(x).to_vec();
        let others: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
        let (running_mean, running_var) = (params.get("running_mean"), params.get("running_var"));
        let affine = params.find("weight").zip(params.find("bias"));
        let factor = |graph: &mut Builder, variance: ValueId| match affine {
            Some((weight, _)) => graph.map2(variance, weight, |v, w| w / &(v + self.eps).sqrt()),
            None => graph.map1(variance, |v| 1.0 / (v + self.eps).sqrt()),
        };
        if !graph.training() {
            // Depends on parameters alone, so that it is computed once and folded into the layer before.
            let factor = factor(graph, running_var);
            let shift = match affine {
                Some((_, bias)) => graph.map(&[bias, running_mean, factor], |args| &args[0] - &(&args[1] * &args[2])),
                None => graph.map2(running_mean, factor, |mean, factor| -(mean * factor)),
            };
            let factor = graph.broadcast_along(factor, &shape, vec![1]);
            let shift = graph.broadcast_along(shift, &shape, vec![1]);
            return vec![graph.map(&[x, factor, shift], |args| &(&args[0] * &args[1]) + &args[2])];
        }
        let mean = graph.mean(x, &others);
        let variance = graph.reduce(ReduceOp::Variance, x, &others);
        let count = others.iter().map(|&axis| shape[axis]).product::<usize>() as f64;
        self.follow(graph, running_mean, mean, 1.0);
        // A single value has no unbiased variance; its own, zero, stands in.
        self.follow(graph, running_var, variance, if count > 1.0 { count / (count - 1.0) } else { 1.0 });
        let factor = factor(graph, variance);
        let mean = graph.broadcast_along(mean, &shape, vec![1]);
        let factor = graph.broadcast_along(factor, &shape, vec![1]);
        let scaled = graph.map(&[x, mean, factor], |args| (&args[0] - &args[1]) * &args[2]);
        match affine {
            Some((_, bias)) => {
                let bias = graph.broadcast_along(bias, &shape, vec![1]);
                vec![graph.add(scaled, bias)]
            }
            None => vec![scaled],
        }
    }
}

impl BatchNorm {
    /// running ← (1 − momentum)·running + momentum·correction·batch
    fn follow(&self, graph: &mut Builder, running: ValueId, batch: ValueId, correction: f64) {
        let batch = graph.detach(batch);
        let new = graph.map2(running, batch, |old, new| {
            flushed(&(old * (1.0 - self.momentum) + &(new * (self.momentum * correction))))
        });
        graph.write(running, new);
    }
}
