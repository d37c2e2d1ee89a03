//! `cross_entropy`: for one class out of several, before the softmax.

use super::{at_label, mean_of_all, require_scores};
use crate::op::prelude::*;

declare_op! {
    /// −1/n Σ ln softmax(logits)[label], over the batch; for maps [classes, height, width] with labels
    /// [height, width] also over the pixels. Softmax and logarithm are one stable formula, so give logits, not
    /// probabilities.
    pub struct CrossEntropy = "cross_entropy"(logits, label) {}
}

impl Op for CrossEntropy {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        if require_scores("cross_entropy", &inputs[0], &inputs[1])? == 1 {
            return Err(Misuse::new("`cross_entropy` of one class is always 0")
                .input(0)
                .why("softmax of a single number is 1")
                .help("for yes or no use `binary_cross_entropy_with_logits(z, y)`"));
        }
        Ok(Signature::of(TensorType::f32(Shape::scalar())))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let logs = graph.log_softmax(inputs[0].value, inputs[0].axis(0));
        let chosen = at_label(graph, &inputs[0], logs, &inputs[1]);
        let mean = mean_of_all(graph, chosen);
        vec![graph.map1(mean, |x| -x)]
    }
}
