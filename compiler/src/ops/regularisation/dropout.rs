//! `dropout`: random zeros while training.

use crate::op::prelude::*;

declare_op! {
    /// While training every element is zero with probability `rate`, else divided by 1 − rate, so that the mean stays
    /// (Srivastava et al., 2014). Predictions pass unchanged.
    pub struct Dropout = "dropout"(x) {
        /// Probability of a zero.
        rate | p: f64 = 0.5,
    }
}

impl Op for Dropout {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let holds = (0.0..1.0).contains(&self.rate);
        require_range("rate", self.rate, holds, "a probability of at least 0 and less than 1")
            .map_err(|problem| problem.help("write `dropout(0.5)` to drop one half; with 1 nothing would be left"))?;
        Signature::same_as(inputs)
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let x = inputs[0].value;
        if !graph.training() || self.rate == 0.0 {
            return vec![x];
        }
        let shape = graph.shape(x).to_vec();
        let random = graph.random(&shape);
        vec![graph.map2(x, random, |x, random| random.less(self.rate).select(0.0, x * (1.0 / (1.0 - self.rate))))]
    }
}
