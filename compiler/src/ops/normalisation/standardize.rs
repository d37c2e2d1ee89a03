//! `standardize`: features brought to mean 0 and deviation 1 by statistics of the training data.

use crate::model::init::Statistic;
use crate::op::prelude::*;

declare_op! {
    /// y = (x − mean)/deviation per feature of a vector, or per channel of a map. Both are buffers that are fitted on
    /// the training part before the first step and saved with the weights; a constant feature has deviation 1.
    pub struct Standardize = "standardize"(x) {}
}

impl Op for Standardize {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let shape = &inputs[0].shape;
        if !shape.is_batched() || !matches!(shape.rank(), 1 | 3) {
            return Err(Misuse::new(format!("`standardize` takes a vector of features or a map, not {shape}"))
                .input(0)
                .help("put it right after an input of shape [features] or [channels, height, width]"));
        }
        let features = vec![shape.dims()[0]];
        let fit = |statistic, start| Init::Fit { statistic, start };
        let mean = ParamSpec::new("mean", features.clone(), fit(Statistic::Mean, 0.0), ParamKind::Buffer)?;
        let deviation = ParamSpec::new("deviation", features, fit(Statistic::Deviation, 1.0), ParamKind::Buffer)?;
        Ok(Signature::same_as(inputs)?.with(mean).with(deviation))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let shape = graph.shape(inputs[0].value).to_vec();
        let mean = graph.broadcast_along(params.get("mean"), &shape, vec![1]);
        let deviation = graph.broadcast_along(params.get("deviation"), &shape, vec![1]);
        vec![graph.map(&[inputs[0].value, mean, deviation], |args| (&args[0] - &args[1]) / &args[2])]
    }
}
