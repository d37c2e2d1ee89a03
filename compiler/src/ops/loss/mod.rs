//! Losses: one number from predictions and targets, the mean over the batch.

mod binary_cross_entropy;
mod binary_cross_entropy_with_logits;
mod cross_entropy;
mod cross_entropy_of;
mod l1;
mod mse;
mod nll;

use super::Family;
use crate::op::entry;
use crate::op::prelude::*;

/// The table.
pub static FAMILY: Family = Family {
    title: "Losses",
    entries: &[
        entry::<mse::Mse>(),
        entry::<l1::L1>(),
        entry::<binary_cross_entropy::BinaryCrossEntropy>(),
        entry::<binary_cross_entropy_with_logits::BinaryCrossEntropyWithLogits>(),
        entry::<cross_entropy::CrossEntropy>(),
        entry::<cross_entropy_of::CrossEntropyOf>(),
        entry::<nll::Nll>(),
    ],
};

fn infer_compared(name: &str, inputs: &[TensorType]) -> Result<Signature, Misuse> {
    require_numbers(inputs)?;
    require_same_shape(name, inputs)?;
    Ok(Signature::of(TensorType::f32(Shape::scalar())))
}

/// Arithmetic mean of a value over all its axes, the batch included.
fn mean_of_all(graph: &mut Builder, value: ValueId) -> ValueId {
    let axes: Vec<usize> = (0..graph.shape(value).len()).collect();
    graph.mean(value, &axes)
}

/// Checks class scores [classes, …] against class numbers […], for losses and metrics that compare them.
pub(crate) fn require_scores(name: &str, scores: &TensorType, labels: &TensorType) -> Result<u64, Misuse> {
    require_numbers(std::slice::from_ref(scores))?;
    let DType::Int { bound } = labels.dtype else {
        let help = if labels.shape.dims() == scores.shape.dims() {
            format!(
                "for one-hot targets use `cross_entropy_of(softmax(x), y)`; for class numbers declare `target \
                     label: int in 0..{};`",
                scores.shape.dims().first().copied().unwrap_or(2)
            )
        } else {
            "declare the target as class numbers: `target label: int in 0..classes;`".to_string()
        };
        return Err(Misuse::new(format!("`{name}` takes class numbers as labels, not {}", kind_of(labels)))
            .input(1)
            .help(help));
    };
    let Some((&classes, rest)) = scores.shape.dims().split_first() else {
        return Err(Misuse::new(format!("`{name}` takes scores [classes], not a single number"))
            .input(0)
            .help("give one score per class, as `dense(classes)` does"));
    };
    if rest != labels.shape.dims() {
        let wanted = Shape::fixed(rest.to_vec())?;
        let declared = if rest.is_empty() { String::new() } else { wanted.to_string() };
        return Err(Misuse::new(format!("`{name}`: scores {} and labels {} do not match", scores.shape, labels.shape))
            .input(1)
            .why(format!("scores [classes, …] need labels […], here {wanted}"))
            .help(format!("declare `target label: int{declared} in 0..{classes};`")));
    }
    if u64::from(bound) > classes {
        return Err(Misuse::new(format!("`{name}`: labels reach {}, but there are {classes} scores", bound - 1))
            .input(1)
            .why(format!("{} has {classes} classes, the labels are {}", scores.shape, labels.dtype))
            .help(format!("give {bound} scores, or labels in 0..{classes}")));
    }
    Ok(classes)
}

/// From scores [classes, …] to the one at each label: […]. No gather: a select by position, which fuses with the rows.
fn at_label(graph: &mut Builder, scores: &Operand, value: ValueId, labels: &Operand) -> ValueId {
    let batched = scores.ty.shape.is_batched() || labels.ty.shape.is_batched();
    let shape = scores.ty.shape.clone().with_batch(batched);
    let scores = Operand { value, ty: scores.ty.clone() };
    let value = broadcast::align(graph, std::slice::from_ref(&scores), &shape)[0];
    let extents = shape.concrete(graph.graph.batch);
    let axis = usize::from(batched);
    let batch = labels.ty.shape.is_batched().then_some(0);
    let axes = batch.into_iter().chain(axis + 1..extents.len()).collect();
    let labels = graph.broadcast_along(labels.value, &extents, axes);
    let chosen = graph.map2(value, labels, |value, label| Scalar::position(axis).equals(label).select(value, 0.0));
    graph.sum(chosen, &[axis])
}

/// ln p, at least −100 as in PyTorch. Below the normal numbers the gradient is zero instead of infinite.
fn log_of_probability(graph: &mut Builder, p: ValueId) -> ValueId {
    let smallest = f64::from(f32::MIN_POSITIVE);
    let constant = graph.detach(p);
    graph.map2(p, constant, |p, constant| {
        constant.less(smallest).select(constant.log().maximum(-100.0), p.maximum(smallest).log())
    })
}
