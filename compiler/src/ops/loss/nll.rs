//! `nll`: the negative log-likelihood, for one class out of several, after `log_softmax`.

use super::{at_label, mean_of_all, require_scores};
use crate::op::prelude::*;

declare_op! {
    /// −1/n Σ log_probabilities[label], over the batch and, for maps, the pixels; takes the result of `log_softmax`.
    pub struct Nll = "nll"(log_probabilities, label) {}
}

impl Op for Nll {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_scores("nll", &inputs[0], &inputs[1])?;
        Ok(Signature::of(TensorType::f32(Shape::scalar())))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let chosen = at_label(graph, &inputs[0], inputs[0].value, &inputs[1]);
        let mean = mean_of_all(graph, chosen);
        vec![graph.map1(mean, |x| -x)]
    }
}
