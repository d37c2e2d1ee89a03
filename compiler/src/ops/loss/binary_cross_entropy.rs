//! `binary_cross_entropy`: for probabilities of yes or no.

use super::{infer_compared, log_of_probability, mean_of_all};
use crate::op::prelude::*;

declare_op! {
    /// −1/n Σ (y·ln p + (1 − y)·ln(1 − p)), over all elements of the batch, for probabilities p in 0..1 and targets y
    /// in 0..1. Logarithms are at least −100, as in PyTorch. Prefer `binary_cross_entropy_with_logits` where p is a
    /// sigmoid: it does not saturate.
    pub struct BinaryCrossEntropy = "binary_cross_entropy"(probability, target) {}
}

impl Op for BinaryCrossEntropy {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("binary_cross_entropy", inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let types = [inputs[0].ty.clone(), inputs[1].ty.clone()];
        let shape = broadcast::shape_of(&types).expect("`infer` accepted these shapes");
        let aligned = broadcast::align(graph, inputs, &shape);
        let (p, y) = (aligned[0], aligned[1]);
        let opposite = graph.map1(p, |p| 1.0 - p);
        let log_yes = log_of_probability(graph, p);
        let log_no = log_of_probability(graph, opposite);
        let each = graph.map(&[y, log_yes, log_no], |args| {
            let [y, yes, no] = args else { unreachable!("three inputs") };
            -(y * yes + &((1.0 - y) * no))
        });
        vec![mean_of_all(graph, each)]
    }
}
