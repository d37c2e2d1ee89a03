//! `slice`: some positions of one axis.

use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

declare_op! {
    /// The positions of one axis from `start` to before `end`; negative ones count from the end of the axis.
    pub struct Slice = "slice"(x) {
        /// First position.
        start: i64 = 0,
        /// One past the last position; the end of the axis unless given.
        end: Option<i64> = None,
        /// Along which axis; may be left out for a vector.
        axis: Option<Axis> = None,
        /// Every how many positions.
        step: usize = 1,
    }
}

impl Slice {
    /// Axis, first position and count.
    fn resolve(&self, shape: &Shape) -> Result<(usize, u64, u64), Misuse> {
        let axis = resolve_or_only("slice", self.axis, shape)?;
        let extent = shape.dims()[axis] as i64;
        let from_end = |n: i64| if n < 0 { n.saturating_add(extent) } else { n };
        let (start, end) = (from_end(self.start), self.end.map_or(extent, from_end));
        if start < 0 || end > extent || start >= end {
            let what = if start >= end { "is empty" } else { "goes beyond the axis" };
            let argument = if start < 0 || self.end.is_none() { "start" } else { "end" };
            return Err(Misuse::new(format!("the slice {start}..{end} {what}, which has {extent} positions"))
                .argument(argument)
                .why(format!("axis {axis} of {shape} has the positions 0 to {}", extent - 1))
                .help(format!("choose `start` and `end` within 0..{extent}")));
        }
        Ok((axis, start as u64, ((end - start) as u64).div_ceil(self.step as u64)))
    }
}

impl Op for Slice {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let shape = &inputs[0].shape;
        let (axis, _, count) = self.resolve(shape)?;
        let mut dims = shape.dims().to_vec();
        dims[axis] = count;
        Ok(Signature::of(TensorType { dtype: inputs[0].dtype, shape: Shape::new(shape.is_batched(), dims)? }))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let (axis, start, count) = self.resolve(&inputs[0].ty.shape).expect("`infer` accepted this slice");
        let axis = inputs[0].axis(axis);
        vec![graph.slice(inputs[0].value, axis, start as usize, count as usize, self.step)]
    }
}
