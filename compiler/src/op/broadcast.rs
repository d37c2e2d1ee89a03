//! Broadcasting of operands: written axes are aligned from the right as in NumPy, and the batch stands in front.

use super::{Misuse, Operand};
use crate::prim::ValueId;
use crate::prim::builder::Builder;
use crate::prim::scalar::Scalar;
use crate::types::{Shape, TensorType};

/// The common shape of all inputs.
///
/// # Errors
/// If two extents of an axis differ and neither is 1.
pub fn shape_of(inputs: &[TensorType]) -> Result<Shape, Misuse> {
    let rank = inputs.iter().map(|ty| ty.shape.rank()).max().unwrap_or(0);
    let mut dims = vec![1u64; rank];
    for (index, ty) in inputs.iter().enumerate() {
        let lead = rank - ty.shape.rank();
        for (axis, &extent) in ty.shape.dims().iter().enumerate() {
            let common = &mut dims[lead + axis];
            if *common == 1 {
                *common = extent;
            } else if extent != 1 && extent != *common {
                return Err(disagreement(inputs, index, lead + axis, rank, *common, extent));
            }
        }
    }
    Ok(Shape::new(inputs.iter().any(|ty| ty.shape.is_batched()), dims)?)
}

fn disagreement(inputs: &[TensorType], index: usize, axis: usize, rank: usize, common: u64, extent: u64) -> Misuse {
    let name = match (rank, axis) {
        (3, 0) => "channels".to_string(),
        (3, 1) => "height".to_string(),
        (3, 2) => "width".to_string(),
        (1, 0) => "length".to_string(),
        _ => format!("extent of axis {axis}"),
    };
    let shapes: Vec<String> = inputs.iter().map(|ty| ty.shape.to_string()).collect();
    let this = &inputs[index].shape;
    let vector_on_map = inputs.iter().map(|ty| &ty.shape).find(|shape| {
        let wanted = inputs.iter().find(|other| other.shape.rank() == 3).map(|other| other.shape.dims()[0]);
        shape.rank() == 1 && rank == 3 && wanted == Some(shape.dims()[0])
    });
    let help = match vector_on_map {
        Some(vector) => format!("for one number per channel write `reshape([{}, 1, 1])`", vector.dims()[0]),
        None if rank == 3 && axis > 0 => {
            "make both maps the same size: the same strides and padding on both paths".to_string()
        }
        None => format!("give both the same shape, or make this axis of {this} 1"),
    };
    Misuse::new(format!("{name} {common} and {extent} must agree, or one of them be 1"))
        .input(index)
        .why(format!("{} are aligned from the right", shapes.join(" and ")))
        .help(help)
}

/// The values of all operands with the shape of `result`, the batch included.
pub fn align(graph: &mut Builder, inputs: &[Operand], result: &Shape) -> Vec<ValueId> {
    let extents = result.concrete(graph.graph.batch);
    inputs.iter().map(|input| align_one(graph, input, result, &extents)).collect()
}

fn align_one(graph: &mut Builder, input: &Operand, result: &Shape, extents: &[usize]) -> ValueId {
    let shape = &input.ty.shape;
    let first = usize::from(result.is_batched()) + result.rank() - shape.rank();
    let batch = shape.is_batched().then_some(0);
    let axes = batch.into_iter().chain(first..first + shape.rank()).collect();
    graph.broadcast_along(input.value, extents, axes)
}

/// A scalar program on the elements of all inputs, broadcast to their common shape.
pub fn map(graph: &mut Builder, inputs: &[Operand], program: impl FnOnce(&[Scalar]) -> Scalar) -> ValueId {
    let types: Vec<TensorType> = inputs.iter().map(|input| input.ty.clone()).collect();
    let shape = shape_of(&types).expect("`infer` accepted these shapes");
    let aligned = align(graph, inputs, &shape);
    graph.map(&aligned, program)
}

/// A reduced value with its removed axes (ascending) back at the extents of `shape`.
pub fn restore(graph: &mut Builder, value: ValueId, shape: &[usize], removed: &[usize]) -> ValueId {
    let axes = (0..shape.len()).filter(|axis| !removed.contains(axis)).collect();
    graph.broadcast_along(value, shape, axes)
}
