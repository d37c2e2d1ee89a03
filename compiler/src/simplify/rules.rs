//! The rules on nodes. Each keeps every bit of the result.

use super::scalar::simplify_program;
use crate::prim::scalar::{ScalarOp, ScalarProgram};
use crate::prim::{Node, Prim, PrimGraph, ReduceOp, Source, ValueId, View};

/// What a rule makes of a node.
pub enum Rewrite {
    /// An existing value.
    Value(ValueId),
    /// Another primitive on other inputs, of the same type.
    Node {
        /// The primitive.
        prim: Prim,
        /// Its inputs.
        inputs: Vec<ValueId>,
    },
    /// No rule applies.
    Done,
}

/// Applies one rule to a node whose inputs are simple already.
pub fn rewrite(graph: &PrimGraph, node: &Node) -> Rewrite {
    match &node.prim {
        Prim::Detach => Rewrite::Value(node.inputs[0]),
        Prim::Map(program) => map(graph, node, program),
        Prim::View(view) => self::view(graph, node, view),
        Prim::Reduce { op: ReduceOp::Sum | ReduceOp::Max, axes } => {
            let shape = &graph.ty(node.inputs[0]).shape;
            if axes.iter().all(|&axis| shape[axis] == 1) { reshape(node.inputs[0]) } else { Rewrite::Done }
        }
        Prim::Pad { value, .. } => match fill(graph, node.inputs[0]) {
            Some(inner) if inner.to_bits() == value.to_bits() => filled(inner),
            _ => Rewrite::Done,
        },
        Prim::Concat { .. } if node.inputs.len() == 1 => Rewrite::Value(node.inputs[0]),
        Prim::Concat { .. } => {
            let first = fill(graph, node.inputs[0]);
            let bits = |value: &ValueId| fill(graph, *value).map(f64::to_bits);
            match first {
                Some(value) if node.inputs.iter().all(|other| bits(other) == Some(value.to_bits())) => filled(value),
                _ => Rewrite::Done,
            }
        }
        Prim::Source(_)
        | Prim::Reduce { .. }
        | Prim::Contract { .. }
        | Prim::Conv { .. }
        | Prim::Window { .. }
        | Prim::Attend { .. }
        | Prim::Random { .. } => Rewrite::Done,
    }
}

fn reshape(input: ValueId) -> Rewrite {
    Rewrite::Node { prim: Prim::View(View::Reshape), inputs: vec![input] }
}

fn filled(value: f64) -> Rewrite {
    Rewrite::Node { prim: Prim::Source(Source::Fill(value)), inputs: Vec::new() }
}

fn fill(graph: &PrimGraph, value: ValueId) -> Option<f64> {
    match graph.node(value).prim {
        Prim::Source(Source::Fill(number)) => Some(number),
        _ => None,
    }
}

/// Fills become constants of the program, equal inputs one, unread ones go; then the program itself is simplified.
fn map(graph: &PrimGraph, node: &Node, program: &ScalarProgram) -> Rewrite {
    let mut ops = program.ops.clone();
    let mut inputs: Vec<ValueId> = Vec::new();
    for op in &mut ops {
        let ScalarOp::Input(index) = *op else { continue };
        let input = node.inputs[index as usize];
        let known = inputs.iter().position(|&other| other == input);
        *op = match fill(graph, input).filter(|_| graph.ty(input).dtype.is_float()) {
            Some(value) => ScalarOp::Const(value),
            None => ScalarOp::Input(known.unwrap_or(inputs.len()) as u16),
        };
        if known.is_none() && matches!(op, ScalarOp::Input(_)) {
            inputs.push(input);
        }
    }
    let types: Vec<_> = inputs.iter().map(|&input| graph.ty(input).dtype).collect();
    let program = simplify_program(&ScalarProgram { ops }, &types, &node.ty.shape);
    match program.ops.as_slice() {
        [ScalarOp::Input(index)] => return Rewrite::Value(inputs[*index as usize]),
        [ScalarOp::Const(value)] if node.ty.dtype.is_float() => return filled(*value),
        _ => {}
    }
    let (program, inputs) = read_inputs(program, &inputs);
    match &node.prim {
        Prim::Map(old) if *old == program && node.inputs == inputs => Rewrite::Done,
        _ => Rewrite::Node { prim: Prim::Map(program), inputs },
    }
}

/// Numbers the inputs in the order in which the program reads them.
fn read_inputs(mut program: ScalarProgram, inputs: &[ValueId]) -> (ScalarProgram, Vec<ValueId>) {
    let mut read: Vec<ValueId> = Vec::new();
    for op in &mut program.ops {
        if let ScalarOp::Input(index) = op {
            let input = inputs[*index as usize];
            let known = read.iter().position(|&other| other == input);
            *index = known.unwrap_or(read.len()) as u16;
            if known.is_none() {
                read.push(input);
            }
        }
    }
    (program, read)
}

/// Views of fills are fills, views of views one view, views that change nothing none.
fn view(graph: &PrimGraph, node: &Node, view: &View) -> Rewrite {
    let input = node.inputs[0];
    if let Some(value) = fill(graph, input) {
        return filled(value);
    }
    let (from, to) = (&graph.ty(input).shape, &node.ty.shape);
    if changes_nothing(view, from, to) {
        return Rewrite::Value(input);
    }
    let inner = graph.node(input);
    let one = |view: View| Rewrite::Node { prim: Prim::View(view), inputs: vec![inner.inputs[0]] };
    match (view, &inner.prim) {
        (View::Reshape, Prim::View(View::Reshape)) => one(View::Reshape),
        (View::Permute(outer), Prim::View(View::Permute(inner))) => {
            one(View::Permute(outer.iter().map(|&axis| inner[axis]).collect()))
        }
        (View::Broadcast(outer), Prim::View(View::Broadcast(inner))) => {
            one(View::Broadcast(inner.iter().map(|&axis| outer[axis]).collect()))
        }
        (View::Slice { start, step }, Prim::View(View::Slice { start: first, step: pace })) => {
            let axes = 0..start.len();
            one(View::Slice {
                start: axes.clone().map(|axis| first[axis] + start[axis] * pace[axis]).collect(),
                step: axes.map(|axis| step[axis] * pace[axis]).collect(),
            })
        }
        (View::Flip(outer), Prim::View(View::Flip(inner))) => {
            let all = 0..from.len();
            one(View::Flip(all.filter(|axis| outer.contains(axis) != inner.contains(axis)).collect()))
        }
        (View::Broadcast(_), _) if from.iter().product::<usize>() == to.iter().product() => reshape(input),
        _ => Rewrite::Done,
    }
}

fn changes_nothing(view: &View, from: &[usize], to: &[usize]) -> bool {
    from == to
        && match view {
            View::Reshape | View::Broadcast(_) => true,
            View::Permute(axes) => axes.iter().copied().eq(0..axes.len()),
            View::Slice { .. } => true,
            View::Flip(axes) => axes.iter().all(|&axis| from[axis] == 1),
        }
}
