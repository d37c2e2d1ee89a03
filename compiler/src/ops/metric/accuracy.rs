//! `accuracy`: the fraction of samples (or pixels) whose class is right.

use super::binary_accuracy::count_same_side;
use super::{require_samples, sum_of_all};
use crate::op::prelude::*;
use crate::ops::loss::require_scores;
use crate::prim::ReduceOp;

declare_op! {
    /// The fraction of samples whose largest score is the label's; for maps [classes, height, width] of pixels. Scores
    /// may be logits or probabilities. A single probability means yes above `threshold`; one-hot targets stand for
    /// their largest element.
    pub struct Accuracy = "accuracy"(scores, label) {
        /// From where on a single probability means yes.
        threshold: f64 = 0.5,
    }
}

/// What the inputs mean.
enum Question {
    /// One probability against yes or no.
    YesOrNo,
    /// Scores [classes, …] against class numbers […].
    ClassNumber,
    /// Scores [classes, …] against one-hot targets of the same shape.
    OneHot,
}

fn question(scores: &TensorType, labels: &TensorType) -> Question {
    let single = scores.shape.elements() == 1;
    match labels.dtype {
        DType::Int { bound: 2 } if single && labels.shape.elements() == 1 => Question::YesOrNo,
        DType::Int { .. } => Question::ClassNumber,
        _ if single => Question::YesOrNo,
        _ => Question::OneHot,
    }
}

/// Samples or pixels.
pub(super) fn count(inputs: &[TensorType]) -> u64 {
    match question(&inputs[0], &inputs[1]) {
        Question::YesOrNo => 1,
        Question::ClassNumber => inputs[1].shape.elements(),
        Question::OneHot => inputs[0].shape.dims().iter().skip(1).product(),
    }
}

impl Op for Accuracy {
    fn infer(&self, inputs: &[TensorType]) -> Result<Signature, Misuse> {
        require_samples("accuracy", inputs)?;
        match question(&inputs[0], &inputs[1]) {
            Question::ClassNumber => {
                require_scores("accuracy", &inputs[0], &inputs[1])?;
            }
            Question::YesOrNo if matches!(inputs[1].dtype, DType::Int { .. }) => {
                require_numbers(&inputs[..1])?;
            }
            Question::YesOrNo => {
                require_numbers(inputs)?;
                require_same_shape("accuracy", inputs)?;
            }
            Question::OneHot => {
                require_numbers(inputs)?;
                require_same_shape("accuracy", inputs).map_err(|problem| {
                    problem.help("declare class numbers (`target label: int in 0..classes;`) or give one-hot targets")
                })?;
            }
        }
        Ok(Signature::of(TensorType::f32(Shape::scalar())))
    }

    fn expand(&self, graph: &mut Builder, inputs: &[Operand], _: &Params) -> Vec<ValueId> {
        let (scores, labels) = (&inputs[0], &inputs[1]);
        let best = |graph: &mut Builder, input: &Operand| {
            let shape = Shape::new(input.ty.shape.is_batched(), input.ty.shape.dims()[1..].to_vec());
            let ty = TensorType { dtype: input.ty.dtype, shape: shape.expect("a part of a shape is a shape") };
            Operand { value: graph.reduce(ReduceOp::Argmax, input.value, &[input.axis(0)]), ty }
        };
        let compared = match question(&scores.ty, &labels.ty) {
            Question::YesOrNo => {
                let shape = scores.ty.shape.clone().with_batch(labels.ty.shape.is_batched());
                let value = crate::op::batch::as_shape(graph, labels.value, &shape);
                let labels = Operand { value, ty: TensorType { dtype: labels.ty.dtype, shape } };
                return vec![count_same_side(graph, &[scores.clone(), labels], self.threshold)];
            }
            Question::ClassNumber => [best(graph, scores), labels.clone()],
            Question::OneHot => [best(graph, scores), best(graph, labels)],
        };
        let right = broadcast::map(graph, &compared, |args| args[0].equals(&args[1]).select(1.0, 0.0));
        vec![sum_of_all(graph, right)]
    }
}
