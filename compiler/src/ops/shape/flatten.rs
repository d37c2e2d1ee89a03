//! `flatten`: all elements of a sample as one vector.

use crate::op::batch::as_shape;
use crate::op::prelude::*;

declare_op! {
    /// All elements of a sample as one vector, the last axis fastest: [2, 3, 4] becomes [24].
    pub struct Flatten = "flatten"(x) {}
}

impl Flatten {
    fn shape(input: &Shape) -> Result<Shape, Misuse> {
        Shape::new(input.is_batched(), vec![input.elements()]).map_err(|error| {
            Misuse::new(format!("{input} flattened is too long: {error}")).input(0).help("pool or stride before")
        })
    }
}

impl Op for Flatten {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let shape = Flatten::shape(&inputs[0].shape)?;
        Ok(Signature::of(TensorType { dtype: inputs[0].dtype, shape }))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let shape = Flatten::shape(&inputs[0].ty.shape).expect("`infer` accepted this shape");
        vec![as_shape(graph, inputs[0].value, &shape)]
    }
}
