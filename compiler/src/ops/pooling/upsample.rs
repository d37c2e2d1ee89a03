//! `upsample`: a map enlarged by a whole factor.

use crate::op::prelude::*;
use crate::words;

words! {
    /// What stands between the pixels of an enlarged map.
    pub enum Interpolation {
        /// The nearest pixel: each one becomes a block.
        Nearest = "nearest",
    }
}

declare_op! {
    /// Each pixel of a map [channels, height, width] becomes a block of `factor` × `factor` equal pixels.
    pub struct Upsample = "upsample"(x) {
        /// How many times larger.
        factor | scale_factor: Pair,
        /// What stands between the pixels.
        mode: Interpolation = Interpolation::Nearest,
    }
}

impl Op for Upsample {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        let [channels, height, width] = require_map("upsample", &inputs[0])?;
        let [rows, columns] = self.factor.0.map(|factor| factor as u64);
        let dims = vec![channels, height * rows, width * columns];
        Ok(Signature::of(TensorType::f32(Shape::new(inputs[0].shape.is_batched(), dims)?)))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let shape = graph.shape(inputs[0].value).to_vec();
        let lead = shape.len() - 2;
        let [rows, columns] = self.factor.0;
        let (height, width) = (shape[lead], shape[lead + 1]);
        let blocks = [&shape[..lead], &[height, rows, width, columns]].concat();
        let axes = (0..lead).chain([lead, lead + 2]).collect();
        let spread = graph.broadcast_along(inputs[0].value, &blocks, axes);
        let enlarged = [&shape[..lead], &[height * rows, width * columns]].concat();
        vec![graph.reshape(spread, &enlarged)]
    }
}
