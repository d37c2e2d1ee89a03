//! `binary_cross_entropy_with_logits`: for yes or no, before the sigmoid.

use super::{infer_compared, mean_of_all};
use crate::op::prelude::*;

declare_op! {
    /// `binary_cross_entropy(sigmoid(z), y)` without its overflow and saturation:
    /// 1/n Σ (max(z, 0) − z·y + ln(1 + exp(−|z|))), over all elements of the batch.
    pub struct BinaryCrossEntropyWithLogits = "binary_cross_entropy_with_logits"(logit, target) {}
}

impl Op for BinaryCrossEntropyWithLogits {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        infer_compared("binary_cross_entropy_with_logits", inputs)
    }

    /// With m = max(z, 0) as a constant the logarithm is ln(e⁻ᵐ + eᶻ⁻ᵐ), whose derivative σ(z) holds at 0 too.
    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let constant = Operand { value: graph.detach(inputs[0].value), ty: inputs[0].ty.clone() };
        let operands = [inputs[0].clone(), inputs[1].clone(), constant];
        let each = broadcast::map(graph, &operands, |args| {
            let [z, y, constant] = args else { unreachable!("three inputs") };
            let m = constant.relu();
            &(&m - &(z * y)) + &((-&m).exp() + &(z - &m).exp()).log()
        });
        vec![mean_of_all(graph, each)]
    }
}
