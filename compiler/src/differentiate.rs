//! Reverse-mode differentiation: from a primitive graph to one that also computes gradients.
//!
//! A reverse sweep over the nodes that lie between what is wanted and what is differentiated; each primitive's rule
//! stands in the primitive's file and answers in primitives. Only needed gradients are generated: none through
//! integers, `Detach` or towards values that depend on nothing wanted.

use crate::prim::builder::Builder;
use crate::prim::{
    OriginId, Phase, Prim, PrimGraph, ReduceOp, Reverse, Role, Source, StateId, ValueId, attend, concat, contract,
    conv, map, pad, reduce, view, window,
};
use std::collections::{BTreeMap, BTreeSet};

/// By what a loss is differentiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// A parameter, in the version at the start of the step.
    State(StateId),
    /// The n-th input.
    Input(u32),
}

/// Appends the gradients of a scalar `loss`; results gain one [`Role::Gradient`] or [`Role::InputGradient`] per wanted
/// tensor, in order. What the loss does not depend on has gradient 0.
pub fn differentiate(graph: PrimGraph, loss: ValueId, wanted: &[Wanted]) -> PrimGraph {
    sweep(graph, &[loss], wanted, |builder, _| builder.fill(1.0, &[]))
}

/// Appends the gradients of Σ ⟨output, upstream⟩ with one [`Source::Upstream`] of the output's type per output: what a
/// network costs backward, where there is no loss.
pub fn differentiate_outputs(graph: PrimGraph, outputs: &[ValueId], wanted: &[Wanted]) -> PrimGraph {
    sweep(graph, outputs, wanted, |builder, index| {
        let ty = builder.graph.ty(outputs[index]).clone();
        builder.push(Prim::Source(Source::Upstream(index as u32)), vec![], ty)
    })
}

fn sweep(
    graph: PrimGraph,
    seeds: &[ValueId],
    wanted: &[Wanted],
    mut seed: impl FnMut(&mut Builder, usize) -> ValueId,
) -> PrimGraph {
    let n_forward = graph.nodes.len();
    let set: BTreeSet<Wanted> = wanted.iter().copied().collect();
    let needed = needed(&graph, &set);
    let mut builder = Builder::resume(graph);
    builder.phase = Phase::Backward;
    let mut parts: Vec<Vec<ValueId>> = vec![Vec::new(); n_forward];
    for (index, &value) in seeds.iter().enumerate() {
        if needed[value.0 as usize] {
            builder.origin = builder.graph.node(value).origin;
            let gradient = seed(&mut builder, index);
            parts[value.0 as usize].push(gradient);
        }
    }
    let mut gradients: Vec<Option<ValueId>> = vec![None; n_forward];
    for index in (0..n_forward).rev() {
        if parts[index].is_empty() {
            continue;
        }
        builder.origin = builder.graph.nodes[index].origin;
        let upstream = total(&mut builder, &parts[index]);
        gradients[index] = Some(upstream);
        let node = &builder.graph.nodes[index];
        let asked: Vec<bool> = node.inputs.iter().map(|input| needed[input.0 as usize]).collect();
        if !asked.contains(&true) {
            continue;
        }
        let (prim, inputs) = (node.prim.clone(), node.inputs.clone());
        let at = Reverse { inputs: &inputs, result: ValueId(index as u32), upstream, wanted: &asked };
        for ((input, &asked), part) in inputs.iter().zip(&asked).zip(gradient(&mut builder, &prim, &at)) {
            parts[input.0 as usize].extend(part.filter(|_| asked));
        }
    }
    let mut parts = parts_by_wanted(&builder, &gradients, &set);
    for &wanted in wanted {
        let parts = parts.remove(&wanted).unwrap_or_default();
        let gradient = collect(&mut builder, &parts, wanted);
        let role = match wanted {
            Wanted::State(state) => Role::Gradient(state),
            Wanted::Input(index) => Role::InputGradient(index),
        };
        builder.graph.results.push((role, gradient));
    }
    builder.graph
}

/// Whether each value depends on a wanted tensor along real numbers.
fn needed(graph: &PrimGraph, wanted: &BTreeSet<Wanted>) -> Vec<bool> {
    let mut needed = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        needed.push(match &node.prim {
            Prim::Source(source) => reads(source, wanted).is_some(),
            Prim::Detach | Prim::Reduce { op: ReduceOp::Argmax, .. } => false,
            _ => node.ty.dtype.is_float() && node.inputs.iter().any(|input| needed[input.0 as usize]),
        });
    }
    needed
}

/// The wanted tensor that a source reads.
fn reads(source: &Source, wanted: &BTreeSet<Wanted>) -> Option<Wanted> {
    let read = match *source {
        Source::State(state) => Wanted::State(state),
        Source::Input(index) => Wanted::Input(index),
        Source::Scalar(_) | Source::Fill(_) | Source::Constant(_) | Source::Upstream(_) => return None,
    };
    wanted.contains(&read).then_some(read)
}

/// One rule per primitive; a gradient per input, `None` where it is zero.
fn gradient(graph: &mut Builder, prim: &Prim, at: &Reverse<'_>) -> Vec<Option<ValueId>> {
    match prim {
        Prim::Source(_) | Prim::Random { .. } | Prim::Detach => vec![None; at.inputs.len()],
        Prim::Map(program) => map::gradient(graph, program, at),
        Prim::Reduce { op, axes } => vec![reduce::gradient(graph, *op, axes, at)],
        Prim::Contract { left, right, out } => contract::gradient(graph, [left, right, out], at),
        Prim::Conv { form, geometry } => conv::gradient(graph, *form, geometry, at),
        Prim::Window { op, geometry } => vec![window::gradient(graph, *op, geometry, at), None],
        Prim::View(view) => vec![Some(view::gradient(graph, view, at))],
        Prim::Pad { low, interior, .. } => vec![Some(pad::gradient(graph, low, interior, at))],
        Prim::Concat { axis } => concat::gradient(graph, *axis, at),
        Prim::Attend { causal, scale } => attend::gradient(graph, *causal, *scale, at),
    }
}

/// Further terms of one sum: scalar programs stay small however often a value is used.
const TERMS: usize = 15;

/// The sum of all that flows into a value, in the order of arrival.
fn total(graph: &mut Builder, parts: &[ValueId]) -> ValueId {
    let mut sum = parts[0];
    for terms in parts[1..].chunks(TERMS) {
        let terms: Vec<ValueId> = std::iter::once(sum).chain(terms.iter().copied()).collect();
        sum = graph.map(&terms, |args| args[1..].iter().fold(args[0].clone(), |sum, part| sum + part));
    }
    sum
}

/// The gradients of each wanted tensor over all nodes that read it, with the origin of the last one.
fn parts_by_wanted(
    graph: &Builder,
    gradients: &[Option<ValueId>],
    wanted: &BTreeSet<Wanted>,
) -> BTreeMap<Wanted, Vec<(OriginId, ValueId)>> {
    let mut parts: BTreeMap<Wanted, Vec<(OriginId, ValueId)>> = BTreeMap::new();
    for (node, gradient) in graph.graph.nodes.iter().zip(gradients) {
        if let (Prim::Source(source), Some(gradient)) = (&node.prim, gradient)
            && let Some(wanted) = reads(source, wanted)
        {
            parts.entry(wanted).or_default().push((node.origin, *gradient));
        }
    }
    parts
}

/// The gradient of a wanted tensor; 0 where nothing flows into it.
fn collect(graph: &mut Builder, parts: &[(OriginId, ValueId)], wanted: Wanted) -> ValueId {
    let Some(&(origin, _)) = parts.last() else {
        let shape = match wanted {
            Wanted::State(state) => graph.graph.states[state.0 as usize].shape.clone(),
            Wanted::Input(index) => graph.graph.inputs[index as usize].1.shape.clone(),
        };
        return graph.fill(0.0, &shape);
    };
    graph.origin = origin;
    let values: Vec<ValueId> = parts.iter().map(|&(_, value)| value).collect();
    total(graph, &values)
}
