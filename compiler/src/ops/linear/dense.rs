//! `dense`: every output is a weighted sum of all inputs.

use crate::op::prelude::*;
use crate::op::weights::{WeightArguments, weight_and_bias};

declare_op! {
    /// y = W·x + b on a vector [inputs], or on every step of a sequence [steps, inputs].
    /// Parameters: `weight` [features, inputs] and `bias` [features].
    pub struct Dense = "dense"(x) {
        /// Number of outputs.
        features | out_features: usize,
        /// Whether a vector is added, or its start.
        bias: Bias = Bias::Default,
        /// Start of the weight; PyTorch's default is uniform within ±1/√inputs.
        init: Option<Initialiser> = None,
        /// Given weight.
        weight: Option<Initialiser> = None,
        /// Whether the optimiser changes weight and bias.
        trainable: bool = true,
    }
}

impl Op for Dense {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_numbers(inputs)?;
        let shape = &inputs[0].shape;
        let n = match *shape.dims() {
            [n] | [_, n] => n,
            [] => {
                return Err(Misuse::new("`dense` takes a vector, not a single number")
                    .input(0)
                    .help("write `reshape([1])` before it"));
            }
            _ => {
                return Err(Misuse::new(format!("`dense` takes a vector or a sequence of vectors, not {shape}"))
                    .input(0)
                    .why(format!("{shape} has {} axes", shape.rank()))
                    .help(format!(
                        "write `flatten` before it, which gives [{}]; for the same layer at every pixel use \
                         `conv2d({}, kernel = 1)`",
                        shape.elements(),
                        self.features
                    )));
            }
        };
        let mut dims = shape.dims().to_vec();
        if let Some(last) = dims.last_mut() {
            *last = self.features as u64;
        }
        let output = TensorType::f32(Shape::new(shape.is_batched(), dims)?);
        let arguments =
            WeightArguments { weight: &self.weight, init: &self.init, bias: &self.bias, trainable: self.trainable };
        let params = weight_and_bias(vec![self.features as u64, n], self.features as u64, arguments)?;
        Ok(Signature { outputs: vec![output], params })
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], params: &Params) -> Vec<ValueId> {
        let leading = &b"nt"[..graph.shape(inputs[0].value).len() - 1];
        let labels = |last: u8| leading.iter().copied().chain([last]).collect::<Vec<u8>>();
        let weight = params.get("weight");
        let product = graph.contract_labels(labels(b'i'), inputs[0].value, b"oi".to_vec(), weight, labels(b'o'));
        match params.find("bias") {
            Some(bias) => vec![graph.add(product, bias)],
            None => vec![product],
        }
    }
}
