//! `pad`: a border around a map, or elements before and after one axis.

use crate::op::axes::resolve;
use crate::op::prelude::*;

declare_op! {
    /// A border of `value`. Without `axis` around a map [channels, height, width]: `pad(1)`, `pad([height, width])`,
    /// `pad([top, bottom, left, right])`. With `axis` along that one: `pad([before, after], axis = channel)`.
    pub struct Pad = "pad"(x) {
        /// How many elements.
        amount: Vec<i64>,
        /// Along which axis.
        axis: Option<Axis> = None,
        /// What the border holds.
        value: f64 = 0.0,
    }
}

impl Pad {
    /// Elements before and after each written axis.
    fn resolve(&self, shape: &Shape) -> Result<(Vec<usize>, Vec<usize>), Misuse> {
        let refuse = |message: String, help: &str| Err(Misuse::new(message).argument("amount").help(help));
        let limit = crate::types::MAX_EXTENT as i64;
        if let Some(amount) = self.amount.iter().find(|&&amount| amount < 0) {
            return refuse(format!("`amount` must not be negative, but is {amount}"), "cut with `slice`");
        }
        if let Some(amount) = self.amount.iter().find(|&&amount| amount > limit) {
            return refuse(format!("`amount` is {amount}, more than the limit of {limit}"), "pad less");
        }
        let amounts: Vec<usize> = self.amount.iter().map(|&amount| amount as usize).collect();
        let rank = shape.rank();
        let (mut low, mut high) = (vec![0; rank], vec![0; rank]);
        let axis = match self.axis {
            Some(axis) => Some(resolve(axis, shape)?),
            None => (rank == 1).then_some(0),
        };
        match (axis, amounts.as_slice()) {
            (Some(axis), &[both]) => (low[axis], high[axis]) = (both, both),
            (Some(axis), &[before, after]) => (low[axis], high[axis]) = (before, after),
            (Some(_), _) => {
                return refuse(
                    format!("{} amounts for one axis", amounts.len()),
                    "write `pad([before, after], axis = …)`",
                );
            }
            (None, _) if rank != 3 => {
                return Err(Misuse::new(format!("`pad` without `axis` takes a map, not {shape}"))
                    .argument("axis")
                    .help("write `pad([before, after], axis = …)`"));
            }
            (None, &[all]) => (low, high) = (vec![0, all, all], vec![0, all, all]),
            (None, &[rows, columns]) => (low, high) = (vec![0, rows, columns], vec![0, rows, columns]),
            (None, &[top, bottom, left, right]) => (low, high) = (vec![0, top, left], vec![0, bottom, right]),
            (None, _) => {
                return refuse(
                    format!("{} amounts for a map", amounts.len()),
                    "give one number, `[height, width]` or `[top, bottom, left, right]`",
                );
            }
        }
        Ok((low, high))
    }
}

impl Op for Pad {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let finite = (self.value as f32).is_finite();
        require_range("value", self.value, finite, "a finite f32")?;
        let shape = &inputs[0].shape;
        let (low, high) = self.resolve(shape)?;
        let grown = shape.dims().iter().zip(low.iter().zip(&high));
        let dims: Vec<u64> = grown.map(|(&extent, (&low, &high))| extent + low as u64 + high as u64).collect();
        Ok(Signature::of(TensorType::f32(Shape::new(shape.is_batched(), dims)?)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let (low, high) = self.resolve(&inputs[0].ty.shape).expect("`infer` accepted these amounts");
        let batch = inputs[0].ty.shape.is_batched().then_some(0);
        let low = batch.into_iter().chain(low).collect();
        let high = batch.into_iter().chain(high).collect();
        vec![graph.pad(inputs[0].value, low, high, self.value)]
    }
}
