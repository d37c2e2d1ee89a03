//! `identity`: the input itself, as a named place.

use crate::op::prelude::*;

declare_op! {
    /// The input itself.
    pub struct Identity = "identity"(x) {}
}

impl Op for Identity {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        Signature::same_as(inputs)
    }

    fn expand(&self, _: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        vec![inputs[0].value]
    }
}
