//! `cross_entropy_of`: the textbook's formula on probabilities.

use super::{log_of_probability, mean_of_all};
use crate::op::prelude::*;

declare_op! {
    /// −1/n Σ y·ln p, summed over the classes (the first axis) and averaged over the batch and, for maps, the pixels;
    /// for probabilities p and one-hot (or soft) targets y. Logarithms are at least −100. Prefer `cross_entropy` on
    /// logits: it does not saturate.
    pub struct CrossEntropyOf = "cross_entropy_of"(probabilities, target) {}
}

impl Op for CrossEntropyOf {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        if matches!(inputs[1].dtype, DType::Int { .. }) {
            return Err(Misuse::new(format!("`cross_entropy_of` takes one-hot targets, not {}", kind_of(&inputs[1])))
                .input(1)
                .help("use `cross_entropy(logits, label)`, or `one_hot(label)`"));
        }
        require_numbers(inputs)?;
        require_same_shape("cross_entropy_of", inputs)?;
        if inputs[0].shape.rank() == 0 {
            return Err(Misuse::new("`cross_entropy_of` takes probabilities [classes], not a single number")
                .input(0)
                .help("for yes or no use `binary_cross_entropy(p, y)`"));
        }
        Ok(Signature::of(TensorType::f32(Shape::scalar())))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let logs = Operand { value: log_of_probability(graph, inputs[0].value), ty: inputs[0].ty.clone() };
        let batched = inputs.iter().any(|input| input.ty.shape.is_batched());
        let each = broadcast::map(graph, &[logs, inputs[1].clone()], |args| &args[0] * &args[1]);
        let summed = graph.sum(each, &[usize::from(batched)]);
        let mean = mean_of_all(graph, summed);
        vec![graph.map1(mean, |x| -x)]
    }
}
