//! `concat`: several values joined along one axis.

use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

declare_op! {
    /// The inputs joined along one axis; all other extents must agree.
    pub struct Concat = "concat"(x, ..) {
        /// Along which axis; may be left out for vectors.
        axis: Option<Axis> = None,
    }
}

impl Concat {
    fn resolve(&self, inputs: &[TensorType]) -> Result<(usize, Shape), Misuse> {
        require_numbers(inputs)?;
        let first = &inputs[0].shape;
        let axis = resolve_or_only("concat", self.axis, first)?;
        let mut dims = first.dims().to_vec();
        for (index, ty) in inputs.iter().enumerate().skip(1) {
            let shape = &ty.shape;
            if shape.rank() != first.rank() {
                return Err(Misuse::new(format!("{first} and {shape} have different numbers of axes"))
                    .input(index)
                    .help("bring them to the same number of axes with `flatten` or `reshape`"));
            }
            if let Some(other) = (0..dims.len()).find(|&other| other != axis && dims[other] != shape.dims()[other]) {
                return Err(disagreement(index, other, first, shape));
            }
            dims[axis] += shape.dims()[axis];
        }
        let batched = inputs.iter().any(|ty| ty.shape.is_batched());
        Ok((axis, Shape::new(batched, dims)?))
    }
}

fn disagreement(index: usize, axis: usize, first: &Shape, other: &Shape) -> Misuse {
    let name = match (first.rank(), axis) {
        (3, 0) => "channels".to_string(),
        (3, 1) => "height".to_string(),
        (3, 2) => "width".to_string(),
        _ => format!("extents of axis {axis}"),
    };
    let (left, right) = (first.dims()[axis], other.dims()[axis]);
    let help = if first.rank() == 3 && axis > 0 && left.abs_diff(right) <= 2 {
        let smaller = if left < right { "the first" } else { "the other" };
        format!(
            "give an input whose height and width every stride on the way divides, or pad {smaller} with \
             `pad([0, {0}, 0, {0}])`",
            left.abs_diff(right)
        )
    } else {
        format!("only the joined axis may differ; bring axis {axis} to the same extent")
    };
    Misuse::new(format!("{name} {left} and {right} must agree"))
        .input(index)
        .why(format!("{first} and {other} are joined along another axis"))
        .help(help)
}

impl Op for Concat {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        Ok(Signature::of(TensorType::f32(self.resolve(inputs)?.1)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let types: Vec<TensorType> = inputs.iter().map(|input| input.ty.clone()).collect();
        let (axis, shape) = self.resolve(&types).expect("`infer` accepted these shapes");
        let mut values = Vec::new();
        for input in inputs {
            let whole = input.ty.shape.clone().with_batch(shape.is_batched());
            values.extend(broadcast::align(graph, std::slice::from_ref(input), &whole));
        }
        vec![graph.concat(&values, axis + usize::from(shape.is_batched()))]
    }
}
