//! Reductions: one number from many, along some axes.

mod max;
mod mean;
mod sum;

use super::Family;
use crate::op::argument::Axes;
use crate::op::axes::{Place, resolve_reduced};
use crate::op::entry;
use crate::op::prelude::*;
use crate::prim::ReduceOp;

/// The table.
pub static FAMILY: Family =
    Family { title: "Reductions", entries: &[entry::<sum::Sum>(), entry::<mean::Mean>(), entry::<max::Max>()] };

/// The arguments that all reductions share.
struct Reduction<'a> {
    axes: Option<&'a Axes>,
    keep: bool,
    batch: bool,
}

impl Reduction<'_> {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let shape = &inputs[0].shape;
        let places = resolve_reduced(self.axes, self.batch, shape)?;
        let gone = |axis: &usize| places.contains(&Place::Written(*axis));
        let dims: Vec<u64> = if self.keep {
            (0..shape.rank()).map(|axis| if gone(&axis) { 1 } else { shape.dims()[axis] }).collect()
        } else {
            (0..shape.rank()).filter(|axis| !gone(axis)).map(|axis| shape.dims()[axis]).collect()
        };
        let batched = shape.is_batched() && !places.contains(&Place::Batch);
        Ok(Signature::of(TensorType::f32(Shape::new(batched, dims)?)))
    }

    fn expand(&self, graph: &mut Builder, input: &Operand, op: ReduceOp, mean: bool) -> Vec<ValueId> {
        let accepted = "`infer` accepted these axes";
        let places = resolve_reduced(self.axes, self.batch, &input.ty.shape).expect(accepted);
        let axes: Vec<usize> = places
            .iter()
            .map(|place| match place {
                Place::Batch => 0,
                Place::Written(axis) => input.axis(*axis),
            })
            .collect();
        let reduced = if mean { graph.mean(input.value, &axes) } else { graph.reduce(op, input.value, &axes) };
        let signature = self.infer(std::slice::from_ref(&input.ty)).expect(accepted);
        vec![crate::op::batch::as_shape(graph, reduced, &signature.outputs[0].shape)]
    }
}
