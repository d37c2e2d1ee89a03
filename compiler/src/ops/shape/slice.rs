//! `slice`: some positions of one axis.

use crate::op::argument::Interval;
use crate::op::axes::resolve_or_only;
use crate::op::prelude::*;

declare_op! {
    /// The positions `start..end` of one axis, the end excluded; negative ones count from the end of the axis.
    pub struct Slice = "slice"(x) {
        /// Which positions.
        range: Interval,
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
        let (start, end) = (from_end(self.range.start), from_end(self.range.end));
        if start < 0 || end > extent || start >= end {
            let what = if start >= end { "is empty" } else { "goes beyond the axis" };
            return Err(Misuse::new(format!("the range {} {what}, which has {extent} positions", self.range.show()))
                .argument("range")
                .why(format!("axis {axis} of {shape} has the positions 0 to {}", extent - 1))
                .help(format!("use a range within `0..{extent}`")));
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
        let (axis, start, count) = self.resolve(&inputs[0].ty.shape).expect("`infer` accepted this range");
        let axis = inputs[0].axis(axis);
        vec![graph.slice(inputs[0].value, axis, start as usize, count as usize, self.step)]
    }
}
