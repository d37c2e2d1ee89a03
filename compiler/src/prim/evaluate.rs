//! Evaluates a primitive graph on plain tensors: the meaning of every primitive, in f32 or f64.
//!
//! Slow and obvious where the loop program is fast and exact: sums run in ascending order, nothing is fused. It
//! serves gradient checks in f64 and the tests of everything behind it.

use super::tensor::{Real, Tensor};
use super::{
    Prim, PrimGraph, Source, StateId, StepScalar, ValueId, attend, concat, contract, conv, map, pad, reduce, view,
    window,
};
use std::borrow::Cow;

/// What a graph reads from outside.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a, T> {
    /// Inputs and then targets.
    pub inputs: &'a [Tensor<T>],
    /// Every state before the step.
    pub states: &'a [Tensor<T>],
    /// Gradients of results, where the graph has no loss.
    pub upstreams: &'a [Tensor<T>],
    /// This step's learning rate.
    pub rate: f64,
    /// Seed of random numbers.
    pub seed: u64,
    /// Number of the step.
    pub step: u64,
}

/// What a graph gives.
#[derive(Clone, Debug)]
pub struct Outcome<T> {
    /// One tensor per entry of [`PrimGraph::results`].
    pub results: Vec<Tensor<T>>,
    /// One tensor per entry of [`PrimGraph::updates`].
    pub updates: Vec<(StateId, Tensor<T>)>,
    /// A hash of every decision taken: signs at `relu` and `abs`, winners of maxima, comparisons, roundings. Two runs
    /// with different hashes lie on different sides of a kink.
    pub branches: u64,
}

/// Collects decisions into a hash (FNV-1a over words).
#[derive(Debug)]
pub struct Branches(u64);

impl Branches {
    /// Before any decision.
    pub fn new() -> Branches {
        Branches(0xcbf2_9ce4_8422_2325)
    }

    /// Adds one.
    #[inline]
    pub fn note(&mut self, decision: u64) {
        self.0 = (self.0 ^ decision).wrapping_mul(0x0100_0000_01b3);
    }
}

impl Default for Branches {
    fn default() -> Branches {
        Branches::new()
    }
}

/// Runs the graph once. Values that are no longer needed are freed on the way.
pub fn evaluate<T: Real>(graph: &PrimGraph, given: Given<'_, T>) -> Outcome<T> {
    reevaluate(graph, given, &[], &vec![true; graph.nodes.len()])
}

/// Every value of one run.
pub fn trace<T: Real>(graph: &PrimGraph, given: Given<'_, T>) -> Vec<Tensor<T>> {
    let mut values: Vec<Option<Cow<'_, Tensor<T>>>> = Vec::with_capacity(graph.nodes.len());
    for id in graph.ids() {
        let value = apply(graph, id, &values, given, &mut Branches::new());
        values.push(Some(value));
    }
    values.into_iter().flatten().map(Cow::into_owned).collect()
}

/// Runs the nodes that are `stale`; the others have their values in `known`. Only decisions of stale nodes are noted.
pub fn reevaluate<'a, T: Real>(
    graph: &PrimGraph,
    given: Given<'a, T>,
    known: &'a [Tensor<T>],
    stale: &[bool],
) -> Outcome<T> {
    let last_use = last_uses(graph);
    let mut values: Vec<Option<Cow<'_, Tensor<T>>>> = Vec::with_capacity(graph.nodes.len());
    let mut branches = Branches::new();
    for id in graph.ids() {
        let value = match stale[id.0 as usize] {
            true => apply(graph, id, &values, given, &mut branches),
            false => Cow::Borrowed(&known[id.0 as usize]),
        };
        values.push(Some(value));
        for input in &graph.node(id).inputs {
            if last_use[input.0 as usize] == id.0 {
                values[input.0 as usize] = None;
            }
        }
        if last_use[id.0 as usize] == 0 && id.0 != 0 {
            values[id.0 as usize] = None;
        }
    }
    let take = |id: ValueId| match &values[id.0 as usize] {
        Some(value) => value.clone().into_owned(),
        None => unreachable!("results are kept to the end"),
    };
    Outcome {
        results: graph.results.iter().map(|&(_, id)| take(id)).collect(),
        updates: graph.updates.iter().map(|&(state, id)| (state, take(id))).collect(),
        branches: branches.0,
    }
}

/// Per value the index of its last reader; results and updates are read after the end.
fn last_uses(graph: &PrimGraph) -> Vec<u32> {
    let mut last = vec![0; graph.nodes.len()];
    for id in graph.ids() {
        for input in &graph.node(id).inputs {
            last[input.0 as usize] = id.0;
        }
    }
    let results = graph.results.iter().map(|&(_, id)| id);
    for id in results.chain(graph.updates.iter().map(|&(_, id)| id)) {
        last[id.0 as usize] = u32::MAX;
    }
    last
}

fn apply<'a, T: Real>(
    graph: &PrimGraph,
    id: ValueId,
    values: &[Option<Cow<'a, Tensor<T>>>],
    given: Given<'a, T>,
    branches: &mut Branches,
) -> Cow<'a, Tensor<T>> {
    let node = graph.node(id);
    let inputs: Vec<&Tensor<T>> = node
        .inputs
        .iter()
        .map(|input| match &values[input.0 as usize] {
            Some(value) => value.as_ref(),
            None => unreachable!("a value is kept until its last reader"),
        })
        .collect();
    let shape = |index: usize| graph.ty(node.inputs[index]).shape.as_slice();
    let result = &node.ty.shape;
    Cow::Owned(match &node.prim {
        Prim::Source(source) => return read(source, node.ty.dtype, node.ty.elements(), given),
        Prim::Map(program) => {
            let types: Vec<_> = node.inputs.iter().map(|&input| graph.ty(input).dtype).collect();
            map::evaluate(program, &inputs, &types, result, branches)
        }
        Prim::Reduce { op, axes } => reduce::evaluate(*op, axes, inputs[0], shape(0), branches),
        Prim::Contract { left, right, out } => {
            contract::evaluate([left, right, out], inputs[0].real(), shape(0), inputs[1].real(), shape(1))
        }
        Prim::Conv { form, geometry } => {
            conv::evaluate(*form, geometry, inputs[0].real(), shape(0), inputs[1].real(), shape(1), result)
        }
        Prim::Window { op, geometry } => window::evaluate(*op, geometry, &inputs, shape(0), result, branches),
        Prim::View(view) => view::evaluate(view, inputs[0], shape(0), result),
        Prim::Pad { low, interior, value, .. } => pad::evaluate(low, interior, *value, inputs[0], shape(0), &node.ty),
        Prim::Concat { axis } => {
            let shapes: Vec<&[usize]> = (0..inputs.len()).map(shape).collect();
            concat::evaluate(*axis, &inputs, &shapes, &node.ty)
        }
        Prim::Random { key } => {
            let draw = |element| {
                let key = netc_plan::philox::key(given.seed, *key);
                T::of(f64::from(netc_plan::philox::uniform(key, given.step, element)))
            };
            Tensor::Real((0..node.ty.elements() as u64).map(draw).collect())
        }
        Prim::Attend { causal, scale } => {
            let values = [inputs[0].real(), inputs[1].real(), inputs[2].real()];
            attend::evaluate(*causal, *scale, values, [shape(0), shape(1), shape(2)])
        }
        Prim::Detach => inputs[0].clone(),
    })
}

fn read<'a, T: Real>(
    source: &Source,
    dtype: crate::types::DType,
    elements: usize,
    given: Given<'a, T>,
) -> Cow<'a, Tensor<T>> {
    match source {
        Source::Input(index) => Cow::Borrowed(&given.inputs[*index as usize]),
        Source::State(state) => Cow::Borrowed(&given.states[state.0 as usize]),
        Source::Upstream(index) => Cow::Borrowed(&given.upstreams[*index as usize]),
        Source::Scalar(StepScalar::Rate) => Cow::Owned(Tensor::filled(dtype, given.rate, elements)),
        Source::Fill(value) => Cow::Owned(Tensor::filled(dtype, *value, elements)),
        Source::Constant(values) => Cow::Owned(match dtype.is_float() {
            true => Tensor::from_f32(values),
            false => Tensor::Int(values.iter().map(|&value| value as i32).collect()),
        }),
    }
}
