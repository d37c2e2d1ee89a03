//! Which values are stored and which are recomputed by their readers.

use super::rows::is_per_row;
use super::{order, root};
use crate::prim::scalar::{Binary, ScalarOp, ScalarProgram, Unary};
use crate::prim::{ConvForm, Phase, Prim, PrimGraph, ReduceOp, Source, ValueId, View, WindowGeometry, WindowOp};
use std::collections::BTreeSet;

/// Work that may be repeated rather than stored, in elements times operations: about 5 µs.
const REPEATED: u64 = 40_000;
/// Operations per element of one inlined expression, at most.
const MOST_WORK: u64 = 96;
/// Loads of one inlined expression, at most.
const MOST_LOADS: u64 = 12;

/// Taps of a window that are written out one by one, at most; so few are picked anew rather than stored.
pub(crate) const FEW_TAPS: usize = 9;
/// Remainders of a divisor that are computed together rather than in a loop each: neighbours share what they read.
pub(crate) const TOGETHER: u32 = 4;

/// What `decide` found.
pub(super) struct Decision {
    /// For each value: whether it is stored.
    pub stored: Vec<bool>,
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
    let mut stored = required(graph, &readers);
    for value in additional {
        stored[value.0 as usize] = true;
    }
    let forced = stored.clone();
    let finishes = epilogues(graph, &readers, &mut stored, additional);
    let fixed = fixed(graph);
    maps(graph, last, &readers, &fixed, &mut stored);
    for id in graph.ids().rev() {
        if matches!(graph.node(id).prim, Prim::Reduce { .. }) && !forced[id.0 as usize] {
            stored[id.0 as usize] = !is_per_row(graph, last, &readers, &stored, &finishes, id);
        }
    }
    let repeated = repeated(graph, &readers, additional);
    Decision { stored, repeated, finishes, fixed }
}

/// Constants, and new states of one element that cost a few operations on other states: a kernel that needs one, as Adam's products
/// of βᵗ, computes it again and waits for no other kernel.
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
fn required(graph: &PrimGraph, readers: &[Vec<ValueId>]) -> Vec<bool> {
    let mut stored = vec![false; graph.nodes.len()];
    let mut store = |value: ValueId| {
        stored[value.0 as usize] = !matches!(graph.node(value).prim, Prim::Source(_) if !is_fill(graph, value));
    };
    graph.results.iter().for_each(|result| store(result.1));
    graph.updates.iter().for_each(|update| store(update.1));
    for id in graph.ids() {
        let node = graph.node(id);
        match &node.prim {
            Prim::Contract { .. } | Prim::Attend { .. } => {
                store(id);
                node.inputs.iter().for_each(|&input| store(root(graph, input)));
            }
            Prim::Conv { form, .. } => {
                store(id);
                for (position, &input) in node.inputs.iter().enumerate() {
                    let is_weight = position == 1 && *form != ConvForm::WeightGradient;
                    store(if is_weight { root(graph, input) } else { input });
                }
            }
            Prim::Random { .. } => store(id),
            // Gaps need loops of their own; a stored border is part of them.
            Prim::Pad { interior, .. } if interior.iter().any(|&gap| gap > 0) => store(id),
            Prim::Reduce { op: ReduceOp::Argmax, .. } => store(id),
            Prim::Window { op: WindowOp::Pick, geometry } if !tiles(graph, readers, id, geometry) => store(id),
            _ => {}
        }
    }
    let strided = strided(graph, readers);
    for id in graph.ids() {
        if let Prim::View(View::Reshape) = graph.node(id).prim {
            let source = root_of_reshape(graph, id);
            let is_inner = !matches!(graph.node(source).prim, Prim::Map(_) | Prim::Reduce { .. } | Prim::Source(_));
            if is_inner && !is_sliver(graph, id) && !strided[id.0 as usize] {
                stored[source.0 as usize] = true;
            }
        }
    }
    stored
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
    stored: &mut [bool],
    additional: &BTreeSet<ValueId>,
) -> Vec<Option<ValueId>> {
    let mut finishes = vec![None; graph.nodes.len()];
    let mut ends = vec![false; graph.nodes.len()];
    graph.results.iter().for_each(|result| ends[result.1.0 as usize] = true);
    graph.updates.iter().for_each(|update| ends[update.1.0 as usize] = true);
    additional.iter().for_each(|value| ends[value.0 as usize] = true);
    let mut claimed = vec![false; graph.nodes.len()];
    for id in graph.ids() {
        let is_contraction = match &graph.node(id).prim {
            Prim::Contract { .. } => true,
            Prim::Conv { form: ConvForm::WeightGradient, .. } => false,
            Prim::Conv { form: ConvForm::InputGradient, geometry } => {
                // A phase without taps is filled, not computed, so nothing could finish it.
                let kernel = &graph.ty(graph.node(id).inputs[1]).shape[2..];
                (0..kernel.len()).all(|axis| kernel[axis] >= geometry.stride[axis] || geometry.stride[axis] == 1)
            }
            Prim::Conv { .. } => true,
            _ => continue,
        };
        finishes[id.0 as usize] = Some(id);
        let mut end = id;
        let mut work = 0;
        while is_contraction && !ends[end.0 as usize] {
            let &[next] = &readers[end.0 as usize][..] else { break };
            let Prim::Map(program) = &graph.node(next).prim else { break };
            let finished = |input: &ValueId| *input == end || !matches!(graph.node(*input).prim, Prim::Reduce { .. });
            work += program_work(program);
            let has_position = program.ops.iter().any(|op| matches!(op, ScalarOp::Position(_)));
            let is_float = graph.ty(next).dtype == crate::types::DType::F32;
            let is_fit = is_float
                && !has_position
                && graph.node(next).phase != Phase::Update
                && graph.node(next).inputs.iter().all(finished);
            if work > MOST_WORK || claimed[next.0 as usize] || !is_fit {
                break;
            }
            claimed[next.0 as usize] = true;
            end = next;
        }
        if end != id {
            stored[id.0 as usize] = false;
            stored[end.0 as usize] = true;
            finishes[id.0 as usize] = None;
            finishes[end.0 as usize] = Some(id);
        }
    }
    finishes
}

/// Decides for elementwise values and what lies between them, from the inputs on.
fn maps(graph: &PrimGraph, last: &[bool], readers: &[Vec<ValueId>], fixed: &[bool], stored: &mut [bool]) {
    let mut work = vec![0u64; graph.nodes.len()];
    let mut loads = vec![1u64; graph.nodes.len()];
    for id in graph.ids() {
        let at = id.0 as usize;
        let node = graph.node(id);
        let inlined = |input: &&ValueId| !stored[input.0 as usize];
        let mut own: u64 = node.inputs.iter().filter(inlined).map(|input| work[input.0 as usize]).sum();
        let reads: u64 = node.inputs.iter().map(|x| if stored[x.0 as usize] { 1 } else { loads[x.0 as usize] }).sum();
        match &node.prim {
            Prim::Map(program) => own += program_work(program),
            Prim::Window { geometry, .. } => own = (own + 1) * geometry.kernel.iter().product::<usize>() as u64,
            Prim::Reduce { .. } => own = 0,
            _ => {}
        }
        let is_reduce = matches!(node.prim, Prim::Reduce { .. });
        work[at] = own;
        loads[at] = if is_reduce || stored[at] { 1 } else { reads.max(1) };
        if stored[at] || is_reduce || matches!(node.prim, Prim::Source(_) | Prim::View(_) | Prim::Detach) {
            continue;
        }
        let elements = node.ty.elements() as u64;
        let repeats = readers[at].len().saturating_sub(1) as u64;
        let is_heavy = own > MOST_WORK || reads > MOST_LOADS || node.inputs.len() > 8;
        let is_repeated = repeats * own * elements > REPEATED && (own > 6 || reads > 3);
        let is_spread = own > 2 && readers[at].iter().any(|&reader| multiplies(graph, last, reader, elements, own));
        let is_prepared =
            fixed[at] && own > 0 && readers[at].iter().any(|&reader| leaves(graph, readers, fixed, reader));
        if is_heavy || is_repeated || is_spread || is_prepared {
            stored[at] = true;
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
