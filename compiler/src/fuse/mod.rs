//! From primitives to kernels: which values are stored, which are recomputed where they are read, and what shares a
//! kernel.
//!
//! A kernel graph is the primitive graph and two decisions. A value is *stored* or it is inlined into every kernel
//! that reads it; and stored values are grouped into kernels, in an order in which they can run. Contractions and
//! convolutions are kernels of their own, followed by the elementwise work on their sums; everything else is
//! generated loops, in which reductions over the innermost axes are computed once per row.

mod group;
pub mod order;
mod prepare;
pub mod print;
mod reductions;
mod rows;
mod rule;
mod store;
mod sums;

use crate::prim::{Prim, PrimGraph, Source, ValueId};
use std::collections::BTreeSet;

/// Stored values and the kernels that compute them.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelGraph {
    /// What is computed; variances are spelled out and long reductions cut in two.
    pub prims: PrimGraph,
    /// For each value: why a kernel writes it to memory, if one does. Of sources only constants are ever stored.
    pub rules: Vec<Option<Rule>>,
    /// For each value: whether it is stored for the caller alone, because its readers rather compute it again.
    pub repeated: Vec<bool>,
    /// Values that are stored whatever else would be better: parts of long reductions, and what `lower` asked for.
    pub additional: BTreeSet<ValueId>,
    /// Kernels, each after those that it reads from.
    pub kernels: Vec<Kernel>,
}

/// What computes some stored values.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// How.
    pub kind: KernelKind,
    /// What it writes; all outputs of a generated kernel have the extents of the first.
    pub outputs: Vec<Output>,
    /// Stored values and sources that it reads, ascending.
    pub inputs: Vec<ValueId>,
}

/// How a kernel computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelKind {
    /// Generated loops.
    Loop,
    /// A call for a `Contract` or `Conv`; the output is this sum or elementwise work on it.
    Contract {
        /// The contraction.
        sum: ValueId,
    },
    /// A call for an `Attend`.
    Attend,
    /// A call for a `Random`.
    Random,
}

/// A value and where it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What is computed.
    pub value: ValueId,
    /// The stored value that it becomes, or becomes a part of (a `Concat`).
    pub into: ValueId,
    /// Where the part begins, per axis.
    pub offset: Vec<usize>,
}

/// Decides what is stored and what shares a kernel. Values that no result and no update needs disappear.
pub fn fuse(graph: &PrimGraph) -> KernelGraph {
    let mut prims = prepare::prepare(graph);
    let last = order::channels_last(&prims);
    let partials = reductions::split(&mut prims, &last).into_iter().collect();
    regroup(prims, &partials, &BTreeSet::new())
}

pub(crate) use group::late;
pub use rule::{End, Rule};
pub(crate) use store::{FEW_TAPS, TOGETHER, fixed, readers};

/// Decides anew with additional values stored, and some of the stored ones apart from all others.
pub(crate) fn regroup(prims: PrimGraph, additional: &BTreeSet<ValueId>, apart: &BTreeSet<ValueId>) -> KernelGraph {
    let last = order::channels_last(&prims);
    let decision = store::decide(&prims, &last, additional);
    let kernels = group::group(&prims, &last, &decision, apart);
    let (rules, repeated) = (decision.rules, decision.repeated);
    KernelGraph { prims, rules, repeated, additional: additional.clone(), kernels }
}

impl KernelGraph {
    /// Whether kernels read this value from memory: it comes from outside, or is stored and not computed again.
    pub fn is_loaded(&self, value: ValueId) -> bool {
        is_loaded(&self.prims, &self.rules, &self.repeated, value)
    }
}

fn is_loaded(graph: &PrimGraph, rules: &[Option<Rule>], repeated: &[bool], value: ValueId) -> bool {
    match &graph.node(value).prim {
        Prim::Source(Source::Fill(_)) => false,
        Prim::Source(_) => true,
        _ => rules[value.0 as usize].is_some() && !repeated[value.0 as usize],
    }
}

/// The value behind a chain of views.
pub fn root(graph: &PrimGraph, mut value: ValueId) -> ValueId {
    while let Prim::View(_) | Prim::Detach = graph.node(value).prim {
        value = graph.node(value).inputs[0];
    }
    value
}
