//! Finds nodes that compute what an earlier one computes.

use crate::prim::scalar::ScalarOp;
use crate::prim::{Node, Prim, PrimGraph, Source, ValueId, View};
use crate::types::DType;
use std::collections::HashMap;

/// Nodes by their description. Only looked up, never iterated over, so its order reaches nothing.
#[derive(Debug, Default)]
pub struct Known {
    values: HashMap<Vec<u64>, ValueId>,
}

impl Known {
    /// The value of an equal node, or of this one, appended.
    pub fn find_or_push(&mut self, graph: &mut PrimGraph, node: Node) -> ValueId {
        let next = ValueId(graph.nodes.len() as u32);
        let value = *self.values.entry(describe(&node)).or_insert(next);
        if value == next {
            graph.nodes.push(node);
        }
        value
    }
}

/// Words that are equal for nodes with equal results: primitive, inputs and type.
fn describe(node: &Node) -> Vec<u64> {
    let mut words = Vec::with_capacity(16);
    let list = |words: &mut Vec<u64>, values: &[usize]| {
        words.push(values.len() as u64);
        words.extend(values.iter().map(|&value| value as u64));
    };
    list(&mut words, &node.ty.shape);
    words.extend(dtype_words(node.ty.dtype));
    words.push(node.inputs.len() as u64);
    words.extend(node.inputs.iter().map(|input| u64::from(input.0)));
    match &node.prim {
        Prim::Source(source) => match source {
            Source::Input(index) => words.extend([0, u64::from(*index)]),
            Source::State(state) => words.extend([1, u64::from(state.0)]),
            Source::Scalar(scalar) => words.extend([2, *scalar as u64]),
            Source::Fill(value) => words.extend([3, value.to_bits()]),
            Source::Constant(values) => {
                words.push(4);
                words.extend(values.iter().map(|value| u64::from(value.to_bits())));
            }
            Source::Upstream(index) => words.extend([5, u64::from(*index)]),
        },
        Prim::Map(program) => {
            words.push(6);
            program.ops.iter().for_each(|&op| words.extend(operation_words(op)));
        }
        Prim::Reduce { op, axes } => {
            words.extend([7, *op as u64]);
            list(&mut words, axes);
        }
        Prim::Contract { left, right, out } => {
            words.push(8);
            for labels in [left, right, out] {
                words.push(labels.len() as u64);
                words.extend(labels.iter().map(|&label| u64::from(label)));
            }
        }
        Prim::Conv { form, geometry } => {
            words.extend([9, *form as u64, geometry.groups as u64]);
            for values in [&geometry.stride, &geometry.low, &geometry.high, &geometry.dilation] {
                list(&mut words, values);
            }
        }
        Prim::Window { op, geometry } => {
            words.extend([10, *op as u64]);
            for values in [&geometry.kernel, &geometry.stride, &geometry.dilation] {
                list(&mut words, values);
            }
        }
        Prim::View(view) => match view {
            View::Reshape => words.push(11),
            View::Permute(axes) => {
                words.push(12);
                list(&mut words, axes);
            }
            View::Broadcast(axes) => {
                words.push(13);
                list(&mut words, axes);
            }
            View::Slice { start, step } => {
                words.push(14);
                list(&mut words, start);
                list(&mut words, step);
            }
            View::Flip(axes) => {
                words.push(15);
                list(&mut words, axes);
            }
        },
        Prim::Pad { low, high, interior, value } => {
            words.extend([16, value.to_bits()]);
            for values in [low, high, interior] {
                list(&mut words, values);
            }
        }
        Prim::Concat { axis } => words.extend([17, *axis as u64]),
        Prim::Random { key } => words.extend([18, *key]),
        Prim::Detach => words.push(19),
        Prim::Attend { causal, scale } => words.extend([20, u64::from(*causal), scale.to_bits()]),
    }
    words
}

fn dtype_words(dtype: DType) -> [u64; 2] {
    match dtype {
        DType::F32 => [0, 0],
        DType::F64 => [1, 0],
        DType::Bool => [2, 0],
        DType::Int { bound } => [3, u64::from(bound)],
    }
}

/// An operation of a scalar program in four words.
pub fn operation_words(op: ScalarOp) -> [u64; 4] {
    match op {
        ScalarOp::Input(index) => [0, u64::from(index), 0, 0],
        ScalarOp::Const(value) => [1, value.to_bits(), 0, 0],
        ScalarOp::Position(axis) => [2, u64::from(axis), 0, 0],
        ScalarOp::Unary(op, x) => [3 + 100 * op as u64, u64::from(x), 0, 0],
        ScalarOp::Binary(op, x, y) => [4 + 100 * op as u64, u64::from(x), u64::from(y), 0],
        ScalarOp::Select(c, x, y) => [5, u64::from(c), u64::from(x), u64::from(y)],
        ScalarOp::Cast(dtype, x) => {
            let [kind, bound] = dtype_words(dtype);
            [6, u64::from(x), kind, bound]
        }
    }
}
