//! `reshape`: the same elements under other axes.

use crate::op::batch::as_shape;
use crate::op::prelude::*;

declare_op! {
    /// The same elements in the same order, the last axis fastest, under other axes. One extent may be −1: it follows
    /// from the others.
    pub struct Reshape = "reshape"(x) {
        /// The new extents, without the batch.
        shape: Vec<i64>,
    }
}

impl Reshape {
    fn resolve(&self, input: &Shape) -> Result<Shape, Misuse> {
        let refuse = |message: String, help: String| Err(Misuse::new(message).argument("shape").help(help));
        if let Some(&extent) = self.shape.iter().find(|&&extent| extent == 0 || extent < -1) {
            return refuse(
                format!("an extent of {extent} is not possible"),
                "give extents of at least 1, or -1 for the one that follows from the others".to_string(),
            );
        }
        let open = self.shape.iter().filter(|&&extent| extent == -1).count();
        if open > 1 {
            return refuse(format!("{open} extents are -1"), "leave only one open".to_string());
        }
        let elements = input.elements();
        let mut known = self.shape.iter().filter(|&&extent| extent > 0);
        let known = known.try_fold(1u64, |product, &extent| product.checked_mul(extent as u64));
        let fits =
            known.is_some_and(|known| if open == 1 { elements.is_multiple_of(known) } else { elements == known });
        let (Some(known), true) = (known, fits) else {
            let product = known.map_or("too many".to_string(), |known| known.to_string());
            let wanted = self.shape.show();
            return Err(Misuse::new(format!("{input} cannot become {wanted}: {elements} elements against {product}"))
                .argument("shape")
                .why(if open == 1 {
                    format!("{elements} is not divisible by {product}")
                } else {
                    format!("the product of {input} is {elements}, that of {wanted} is {product}")
                })
                .help("the batch is not counted; write -1 for the extent that follows from the others"));
        };
        let dims: Vec<u64> =
            self.shape.iter().map(|&extent| if extent == -1 { elements / known } else { extent as u64 }).collect();
        Ok(Shape::new(input.is_batched(), dims)?)
    }
}

impl Op for Reshape {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let shape = self.resolve(&inputs[0].shape)?;
        Ok(Signature::of(TensorType { dtype: inputs[0].dtype, shape }))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let shape = self.resolve(&inputs[0].ty.shape).expect("`infer` accepted this shape");
        vec![as_shape(graph, inputs[0].value, &shape)]
    }
}
