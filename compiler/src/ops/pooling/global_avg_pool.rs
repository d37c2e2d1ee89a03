//! `global_avg_pool`: the mean of every channel.

use crate::op::prelude::*;

declare_op! {
    /// The mean of every channel: [channels, height, width] becomes [channels, 1, 1]; `flatten` then gives a vector.
    pub struct GlobalAvgPool = "global_avg_pool"(x) {}
}

impl Op for GlobalAvgPool {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let shape = &inputs[0].shape;
        if shape.rank() < 2 {
            return Err(Misuse::new(format!("`global_avg_pool` takes channels with positions, not {shape}"))
                .input(0)
                .help("put it before `flatten`; the mean of a vector is `mean(x)`"));
        }
        let mut dims = vec![1; shape.rank()];
        dims[0] = shape.dims()[0];
        Ok(Signature::of(TensorType::f32(Shape::new(shape.is_batched(), dims)?)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let input = &inputs[0];
        let axes: Vec<usize> = (1..input.ty.shape.rank()).map(|written| input.axis(written)).collect();
        let mut shape = graph.shape(input.value).to_vec();
        let mean = graph.mean(input.value, &axes);
        for &axis in &axes {
            shape[axis] = 1;
        }
        vec![graph.reshape(mean, &shape)]
    }
}
