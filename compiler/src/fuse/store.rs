//! Which values are stored and which are recomputed by their readers.

use super::rows::is_per_row;
use super::rule::{End, Rule};
use super::{order, root};
use crate::prim::scalar::{Binary, ScalarOp, ScalarProgram, Unary};
use crate::prim::{ConvForm, Phase, Prim, PrimGraph, ReduceOp, Source, ValueId, View, WindowGeometry, WindowOp};
use crate::program::affine::common_divisor;
use std::collections::BTreeSet;

/// Work that may be repeated rather than stored, in elements times operations: about 5 µs.
const REPEATED: u64 = 40_000;
/// Operations per element of one inlined expression, at most.
const MOST_WORK: u64 = 96;
/// Loads of one inlined expression, at most.
const MOST_LOADS: u64 = 12;
/// Values that are inlined one into the other, at most: borders and views cost nothing, but emission follows them.
const DEEPEST: u32 = 64;

/// Taps of a window that are written out one by one, at most; so few are picked anew rather than stored.
pub(crate) const FEW_TAPS: usize = 9;
/// Remainders of a divisor that are computed together rather than in a loop each: neighbours share what they read.
pub(crate) const TOGETHER: u32 = 4;

/// What `decide` found.
pub(super) struct Decision {
    /// For each value: why it is stored, if it is.
    pub rules: Vec<Option<Rule>>,
    /// For each value: whether readers compute it again although it is stored.
    pub repeated: Vec<bool>,
    /// For each value: the contraction whose sums it finishes.
    pub finishes: Vec<Option<ValueId>>,
    /// For each value: whether it depends on states and constants alone.
    pub fixed: Vec<bool>,
}

/// Decides for every value of a graph.
pub(super) fn decide(graph: &PrimGraph, last: &[bool], additional: &BTreeSet<ValueId>) -> Decision {
    let readers = readers(graph);
    let mut rules = required(graph, &readers);
    for value in additional {
        rules[value.0 as usize].get_or_insert(Rule::Asked);
    }
    let forced = rules.clone();
    let finishes = epilogues(graph, &readers, &mut rules, additional);
    let fixed = fixed(graph);
    maps(graph, last, &readers, &fixed, &mut rules);
    for id in graph.ids().rev() {
        if matches!(graph.node(id).prim, Prim::Reduce { .. }) && forced[id.0 as usize].is_none() {
            rules[id.0 as usize] = (!is_per_row(graph, last, &readers, &rules, &finishes, id)).then_some(Rule::Rows);
        }
    }
    let repeated = repeated(graph, &readers, additional);
    Decision { rules, repeated, finishes, fixed }
}

/// Constants, and new states of one element that cost a few operations on other states: a kernel that needs one, as
/// Adam's products of βᵗ, computes it again and waits for no other kernel.
fn repeated(graph: &PrimGraph, readers: &[Vec<ValueId>], additional: &BTreeSet<ValueId>) -> Vec<bool> {
    let mut repeated = vec![false; graph.nodes.len()];
    let mut is_wanted = vec![false; graph.nodes.len()];
    graph.results.iter().for_each(|result| is_wanted[result.1.0 as usize] = true);
    additional.iter().for_each(|value| is_wanted[value.0 as usize] = true);
    graph.ids().filter(|&id| is_fill(graph, id)).for_each(|id| repeated[id.0 as usize] = true);
    for &(_, value) in &graph.updates {
        let node = graph.node(value);
        let Prim::Map(program) = &node.prim else { continue };
        let is_source = |input: &ValueId| matches!(graph.node(*input).prim, Prim::Source(_));
        let is_inlined = |reader: &ValueId| matches!(graph.node(*reader).prim, Prim::Map(_) | Prim::View(_));
        repeated[value.0 as usize] = node.ty.elements() == 1
            && program_work(program) <= 6
            && node.inputs.iter().all(is_source)
            && readers[value.0 as usize].iter().all(is_inlined)
            && !is_wanted[value.0 as usize];
    }
    repeated
}

/// For each value the nodes that read it, ascending.
pub(crate) fn readers(graph: &PrimGraph) -> Vec<Vec<ValueId>> {
    let mut readers = vec![Vec::new(); graph.nodes.len()];
    for id in graph.ids() {
        for input in &graph.node(id).inputs {
            if readers[input.0 as usize].last() != Some(&id) {
                readers[input.0 as usize].push(id);
            }
        }
    }
    readers
}

/// Results, new states, products of kernels, and what kernels read.
fn required(graph: &PrimGraph, readers: &[Vec<ValueId>]) -> Vec<Option<Rule>> {
    let mut rules = vec![None; graph.nodes.len()];
    let mut store = |value: ValueId, rule: Rule| {
        if !matches!(graph.node(value).prim, Prim::Source(_) if !is_fill(graph, value)) {
            rules[value.0 as usize].get_or_insert(rule);
        }
    };
    graph.results.iter().for_each(|result| store(result.1, Rule::Result));
    graph.updates.iter().for_each(|update| store(update.1, Rule::State));
    for id in graph.ids() {
        let node = graph.node(id);
        match &node.prim {
            Prim::Contract { .. } | Prim::Attend { .. } => {
                store(id, Rule::Kernel);
                node.inputs.iter().for_each(|&input| store(root(graph, input), Rule::Operand(id)));
            }
            Prim::Conv { form, .. } => {
                store(id, Rule::Kernel);
                for (position, &input) in node.inputs.iter().enumerate() {
                    let is_weight = position == 1 && *form != ConvForm::WeightGradient;
                    store(if is_weight { root(graph, input) } else { input }, Rule::Operand(id));
                }
            }
            Prim::Random { .. } => store(id, Rule::Kernel),
            // Gaps need loops of their own; a stored border is part of them.
            Prim::Pad { interior, .. } if interior.iter().any(|&gap| gap > 0) => store(id, Rule::Gaps),
            Prim::Concat { .. } => store(id, Rule::Parts),
            Prim::Reduce { op: ReduceOp::Argmax, .. } => store(id, Rule::Position),
            Prim::Window { op: WindowOp::Pick, geometry } if !tiles(graph, readers, id, geometry) => {
                store(id, Rule::Position);
            }
            _ => {}
        }
    }
    let strided = strided(graph, readers);
    for id in graph.ids() {
        if let Prim::View(View::Reshape) = graph.node(id).prim {
            let source = root_of_reshape(graph, id);
            let is_inner = !matches!(graph.node(source).prim, Prim::Map(_) | Prim::Reduce { .. } | Prim::Source(_));
            if is_inner && !is_sliver(graph, id) && !strided[id.0 as usize] {
                store(source, Rule::Shape(id));
            }
        }
    }
    rules
}

/// Whether windows lie side by side and cover their input, and whoever reads what they picked is their only adjoint: it
/// computes the picks anew, once for all elements of a window.
fn tiles(graph: &PrimGraph, readers: &[Vec<ValueId>], pick: ValueId, geometry: &WindowGeometry) -> bool {
    let (windows, input) = (&graph.ty(pick).shape, &graph.ty(graph.node(pick).inputs[0]).shape);
    let lead = windows.len() - geometry.kernel.len();
    let covers = (0..geometry.kernel.len()).all(|axis| {
        let (kernel, stride) = (geometry.kernel[axis], geometry.stride[axis]);
        let runs_together = kernel <= TOGETHER as usize;
        runs_together
            && kernel == stride
            && geometry.dilation[axis] == 1
            && windows[lead + axis] * stride == input[lead + axis]
    });
    let [reader] = readers[pick.0 as usize][..] else { return false };
    let is_small = geometry.kernel.iter().product::<usize>() <= FEW_TAPS;
    covers && is_small && matches!(graph.node(reader).prim, Prim::Window { op: WindowOp::SpreadPick, .. })
}

/// For each value whether only contractions and attention read it, possibly behind views: they walk memory by strides,
/// and ask for a copy where no strides do.
fn strided(graph: &PrimGraph, readers: &[Vec<ValueId>]) -> Vec<bool> {
    let mut strided = vec![false; graph.nodes.len()];
    for id in graph.ids().rev() {
        let walks = |reader: &ValueId| match graph.node(*reader).prim {
            Prim::Contract { .. } | Prim::Attend { .. } => true,
            Prim::View(_) => strided[reader.0 as usize],
            _ => false,
        };
        let own = &readers[id.0 as usize];
        strided[id.0 as usize] = !own.is_empty() && own.iter().all(walks);
    }
    strided
}

fn is_fill(graph: &PrimGraph, value: ValueId) -> bool {
    matches!(graph.node(value).prim, Prim::Source(Source::Fill(_)))
}

fn root_of_reshape(graph: &PrimGraph, mut value: ValueId) -> ValueId {
    while let Prim::View(View::Reshape) | Prim::Detach = graph.node(value).prim {
        value = graph.node(value).inputs[0];
    }
    value
}

/// Whether a reshape only adds or removes axes of one element.
pub(super) fn is_sliver(graph: &PrimGraph, id: ValueId) -> bool {
    let long = |value: ValueId| graph.ty(value).shape.iter().copied().filter(|&extent| extent > 1).collect::<Vec<_>>();
    long(id) == long(graph.node(id).inputs[0])
}

/// Values that depend on states and constants alone.
pub(crate) fn fixed(graph: &PrimGraph) -> Vec<bool> {
    let mut fixed = vec![false; graph.nodes.len()];
    for id in graph.ids() {
        let node = graph.node(id);
        fixed[id.0 as usize] = match &node.prim {
            Prim::Source(Source::State(_) | Source::Constant(_) | Source::Fill(_)) => !graph.mode.trains(),
            Prim::Source(_) | Prim::Random { .. } => false,
            _ => node.inputs.iter().all(|input| fixed[input.0 as usize]),
        };
    }
    fixed
}

/// Attaches elementwise work to the contractions whose sums nothing else reads.
fn epilogues(
    graph: &PrimGraph,
    readers: &[Vec<ValueId>],
    rules: &mut [Option<Rule>],
    additional: &BTreeSet<ValueId>,
) -> Vec<Option<ValueId>> {
    let mut finishes = vec![None; graph.nodes.len()];
    let mut ends = vec![false; graph.nodes.len()];
    graph.results.iter().for_each(|result| ends[result.1.0 as usize] = true);
    graph.updates.iter().for_each(|update| ends[update.1.0 as usize] = true);
    additional.iter().for_each(|value| ends[value.0 as usize] = true);
    let mut claimed = vec![false; graph.nodes.len()];
    for id in graph.ids() {
        let alone = match &graph.node(id).prim {
            Prim::Contract { .. } => None,
            Prim::Conv { form: ConvForm::WeightGradient, .. } => Some(End::Weights),
            Prim::Conv { form: ConvForm::InputGradient, geometry } => {
                // A phase without taps is filled, not computed, so nothing could finish it. Taps reach all phases if
                // they are as many and their distance has no divisor in common with the stride.
                let kernel = &graph.ty(graph.node(id).inputs[1]).shape[2..];
                let reaches = |axis: usize| {
                    let (stride, dilation) = (geometry.stride[axis], geometry.dilation[axis]);
                    kernel[axis] >= stride && common_divisor(stride as u64, dilation as u64) == 1
                };
                (!(0..kernel.len()).all(reaches)).then_some(End::Taps)
            }
            Prim::Conv { .. } => None,
            _ => continue,
        };
        let (mut end, mut work) = (id, 0);
        let why = loop {
            match alone.map_or_else(|| next(graph, readers, &ends, &claimed, (end, work)), Err) {
                Ok((next, all)) => {
                    claimed[next.0 as usize] = true;
                    (end, work) = (next, all);
                }
                Err(why) => break why,
            }
        };
        rules[id.0 as usize] = None;
        rules[end.0 as usize] = Some(Rule::Epilogue(why));
        finishes[end.0 as usize] = Some(id);
    }
    finishes
}

/// The elementwise work behind the end of an epilogue, and the work of all; or why it is not applied to the sums.
fn next(
    graph: &PrimGraph,
    readers: &[Vec<ValueId>],
    ends: &[bool],
    claimed: &[bool],
    (end, work): (ValueId, u64),
) -> Result<(ValueId, u64), End> {
    if ends[end.0 as usize] {
        return Err(End::Wanted);
    }
    let next = match readers[end.0 as usize][..] {
        [] => return Err(End::Unread),
        [next] => next,
        ref many => return Err(End::Readers(many.len())),
    };
    let node = graph.node(next);
    let Prim::Map(program) = &node.prim else { return Err(End::Reader(next)) };
    let has_position = program.ops.iter().any(|op| matches!(op, ScalarOp::Position(_)));
    let is_reduction = |input: &ValueId| *input != end && matches!(graph.node(*input).prim, Prim::Reduce { .. });
    let work = work + program_work(program);
    if has_position || node.ty.dtype != crate::types::DType::F32 {
        Err(End::Reader(next))
    } else if node.phase == Phase::Update {
        Err(End::Update(next))
    } else if node.inputs.iter().any(is_reduction) {
        Err(End::Reduction(next))
    } else if work > MOST_WORK {
        Err(End::Long(next))
    } else if claimed[next.0 as usize] {
        Err(End::Other(next))
    } else {
        Ok((next, work))
    }
}

/// Decides for elementwise values and what lies between them, from the inputs on.
fn maps(graph: &PrimGraph, last: &[bool], readers: &[Vec<ValueId>], fixed: &[bool], rules: &mut [Option<Rule>]) {
    let mut work = vec![0u64; graph.nodes.len()];
    let mut loads = vec![1u64; graph.nodes.len()];
    let mut depth = vec![0u32; graph.nodes.len()];
    for id in graph.ids() {
        let at = id.0 as usize;
        let node = graph.node(id);
        let is_stored = |value: ValueId| rules[value.0 as usize].is_some();
        let inlined = |input: &&ValueId| !is_stored(**input);
        let mut own: u64 = node.inputs.iter().filter(inlined).map(|input| work[input.0 as usize]).sum();
        let deepest = node.inputs.iter().filter(inlined).map(|input| depth[input.0 as usize] + 1).max();
        let reads: u64 = node.inputs.iter().map(|x| if is_stored(*x) { 1 } else { loads[x.0 as usize] }).sum();
        match &node.prim {
            Prim::Map(program) => own += program_work(program),
            Prim::Window { geometry, .. } => own = (own + 1) * geometry.kernel.iter().product::<usize>() as u64,
            Prim::Reduce { .. } => own = 0,
            _ => {}
        }
        let is_reduce = matches!(node.prim, Prim::Reduce { .. });
        work[at] = own;
        depth[at] = deepest.unwrap_or(0);
        loads[at] = if is_reduce || is_stored(id) { 1 } else { reads.max(1) };
        if is_stored(id) || is_reduce || matches!(node.prim, Prim::Source(_) | Prim::View(_) | Prim::Detach) {
            continue;
        }
        let elements = node.ty.elements() as u64;
        let repeats = readers[at].len().saturating_sub(1) as u64;
        let is_heavy = own > MOST_WORK || reads > MOST_LOADS || depth[at] > DEEPEST || node.inputs.len() > 8;
        let is_repeated = repeats * own * elements > REPEATED && (own > 6 || reads > 3);
        let spreads = |reader: &&ValueId| own > 2 && multiplies(graph, last, **reader, elements, own);
        let is_prepared =
            fixed[at] && own > 0 && readers[at].iter().any(|&reader| leaves(graph, readers, fixed, reader));
        rules[at] = if is_heavy {
            Some(Rule::Long)
        } else if is_repeated {
            Some(Rule::Readers(readers[at].len()))
        } else if let Some(&reader) = readers[at].iter().find(spreads) {
            Some(Rule::Spread(reader))
        } else {
            is_prepared.then_some(Rule::Prepared)
        };
        if rules[at].is_some() {
            (work[at], loads[at]) = (0, 1);
        }
    }
}

/// Whether a reader of a fixed value is, possibly behind views, one that depends on inputs.
fn leaves(graph: &PrimGraph, readers: &[Vec<ValueId>], fixed: &[bool], mut reader: ValueId) -> bool {
    loop {
        if !fixed[reader.0 as usize] {
            return true;
        }
        match (&graph.node(reader).prim, &readers[reader.0 as usize][..]) {
            (Prim::View(_) | Prim::Detach, &[next]) => reader = next,
            (Prim::View(_) | Prim::Detach, _) => return true,
            _ => return false,
        }
    }
}

/// Whether a reader asks for each element of its input many times, and not once per row.
fn multiplies(graph: &PrimGraph, last: &[bool], reader: ValueId, elements: u64, work: u64) -> bool {
    let node = graph.node(reader);
    match &node.prim {
        Prim::View(View::Broadcast(axes)) => {
            let grown = node.ty.elements() as u64 / elements.max(1);
            if grown <= 1 || grown * elements * work <= REPEATED {
                return false;
            }
            let order = order::long_axes(graph, last, reader);
            let input = &graph.ty(node.inputs[0]).shape;
            let kept: Vec<usize> =
                axes.iter().enumerate().filter(|(axis, _)| input[*axis] > 1).map(|(_, &axis)| axis).collect();
            !order.iter().take(kept.len()).all(|axis| kept.contains(axis))
        }
        Prim::Window { geometry, .. } => {
            (0..geometry.kernel.len()).any(|axis| geometry.kernel[axis] > geometry.stride[axis])
        }
        _ => false,
    }
}

/// Work of one element in simple operations.
fn program_work(program: &ScalarProgram) -> u64 {
    let work = |op: &ScalarOp| match op {
        ScalarOp::Unary(op, _) => match op {
            Unary::Sqrt => 6,
            Unary::Exp => 12,
            Unary::Log | Unary::Tanh => 14,
            Unary::Sigmoid => 16,
            Unary::Erf => 20,
            Unary::Neg | Unary::Abs | Unary::Floor | Unary::Relu | Unary::Not => 1,
        },
        ScalarOp::Binary(Binary::Div, ..) => 4,
        ScalarOp::Binary(..) | ScalarOp::Select(..) => 1,
        ScalarOp::Input(_) | ScalarOp::Const(_) | ScalarOp::Position(_) | ScalarOp::Cast(..) => 0,
    };
    program.ops.iter().map(work).sum()
}
