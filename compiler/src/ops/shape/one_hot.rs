//! `one_hot`: class numbers as vectors with a single 1.

use crate::op::axes::resolve;
use crate::op::prelude::*;

declare_op! {
    /// A class number as a vector that is 1 at its position and 0 elsewhere: `int in 0..10` becomes [10], and
    /// `int[128] in 0..10` becomes [128, 10], as in PyTorch.
    pub struct OneHot = "one_hot"(x) {
        /// Length of the vector; the bound of the class numbers unless given.
        classes | num_classes: Option<usize> = None,
        /// Where the new axis stands in the result; `channel` for a map of classes.
        axis: Axis = Axis::Index(-1),
    }
}

impl OneHot {
    fn resolve(&self, input: &TensorType) -> Result<(usize, Shape), Misuse> {
        let bound = u64::from(require_classes(std::slice::from_ref(input), 0)?);
        let classes = self.classes.map_or(bound, |classes| classes as u64);
        if classes < bound {
            return Err(Misuse::new(format!("the class numbers reach {}, but there are {classes} classes", bound - 1))
                .argument("classes")
                .help(format!("use `classes = {bound}` or leave it out")));
        }
        let mut dims = input.shape.dims().to_vec();
        let grown = Shape::new(input.shape.is_batched(), [&dims[..], &[1]].concat())?;
        let axis = resolve(self.axis, &grown)?;
        dims.insert(axis, classes);
        Ok((axis, Shape::new(input.shape.is_batched(), dims)?))
    }
}

impl Op for OneHot {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        Ok(Signature::of(TensorType::f32(self.resolve(&inputs[0])?.1)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let (axis, shape) = self.resolve(&inputs[0].ty).expect("`infer` accepted these class numbers");
        let axis = inputs[0].axis(axis);
        let extents = shape.concrete(graph.graph.batch);
        let label = broadcast::restore(graph, inputs[0].value, &extents, &[axis]);
        vec![graph.map1(label, |label| Scalar::position(axis).equals(label).select(1.0, 0.0))]
    }
}
