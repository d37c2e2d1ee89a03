//! Parts of concatenations that are computed where they belong, so that nothing is copied.

use super::Lowering;
use crate::fuse::{Kernel, KernelKind, Output};
use crate::prim::{Prim, ValueId};
use std::collections::{BTreeMap, BTreeSet};

/// Where a value lies in a concatenation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The concatenation.
    pub whole: ValueId,
    /// The axis along which values are joined.
    pub axis: usize,
    /// The value's first position on it.
    pub begin: usize,
}

/// The maps that convolutions, or gradients of their inputs, give, which are parts of one concatenation each and which
/// only loops read beside it: calls read maps with the zeros around them, channels together. Nor may a loop that writes
/// into the concatenation read them: what it writes would be memory that it reads.
pub(super) fn parts(lowering: &Lowering<'_>) -> BTreeMap<ValueId, Part> {
    let graph = lowering.prims();
    let results: BTreeSet<ValueId> = graph.results.iter().map(|result| result.1).collect();
    let (mut convolved, mut called) = (BTreeSet::new(), BTreeSet::<ValueId>::new());
    for kernel in &lowering.graph.kernels {
        match kernel.kind {
            KernelKind::Loop => continue,
            KernelKind::Contract { sum } => {
                let prim = &graph.node(sum).prim;
                if matches!(prim, Prim::Conv { .. }) && !prim.is_weight_gradient() {
                    convolved.insert(kernel.outputs[0].into);
                }
            }
            _ => {}
        }
        called.extend(&kernel.inputs);
    }
    let mut writers: BTreeMap<ValueId, Vec<&Kernel>> = BTreeMap::new();
    for kernel in &lowering.graph.kernels {
        let wholes: BTreeSet<ValueId> = kernel.outputs.iter().map(|output| output.into).collect();
        wholes.into_iter().for_each(|whole| writers.entry(whole).or_default().push(kernel));
    }
    let mut parts = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for whole in graph.ids().filter(|&id| lowering.graph.rules[id.0 as usize].is_some()) {
        let Prim::Concat { axis } = graph.node(whole).prim else { continue };
        let is_alike = |facts: &[bool], value: ValueId| facts[value.0 as usize] == facts[whole.0 as usize];
        let is_apt = |value: ValueId| {
            convolved.contains(&value)
                && !called.contains(&value)
                && !lowering.wanted_plain.contains(&value)
                && !results.contains(&value)
                && !results.contains(&whole)
                && !writers
                    .get(&whole)
                    .is_some_and(|kernels| kernels.iter().any(|kernel| reads(lowering, kernel, value)))
                && is_alike(&lowering.places.last, value)
                && is_alike(&lowering.fixed, value)
                && is_alike(&lowering.late, value)
        };
        let mut begin = 0;
        for &value in &graph.node(whole).inputs {
            if is_apt(value) && parts.insert(value, Part { whole, axis, begin }).is_some() {
                shared.insert(value);
            }
            begin += graph.ty(value).shape[axis];
        }
    }
    parts.retain(|value, _| !shared.contains(value));
    parts
}

/// Whether a kernel reads a stored value for more than to copy it.
fn reads(lowering: &Lowering<'_>, kernel: &Kernel, value: ValueId) -> bool {
    if !kernel.inputs.contains(&value) {
        return false;
    }
    let is_stored = |value: ValueId| lowering.graph.rules[value.0 as usize].is_some();
    let is_copied = |output: &Output| output.value != output.into && is_stored(output.value);
    let mut open: Vec<ValueId> =
        kernel.outputs.iter().filter(|output| !is_copied(output)).map(|output| output.value).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        for &input in &lowering.prims().node(id).inputs {
            if input == value {
                return true;
            }
            if !is_stored(input) && seen.insert(input) {
                open.push(input);
            }
        }
    }
    false
}

impl Lowering<'_> {
    /// The concatenation that a value lies in, else the value.
    pub(super) fn whole(&self, value: ValueId) -> ValueId {
        self.parts.get(&value).map_or(value, |part| part.whole)
    }
}
