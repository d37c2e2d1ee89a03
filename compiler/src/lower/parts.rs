//! Parts of concatenations that are computed where they belong, so that nothing is copied.

use super::Lowering;
use crate::fuse::KernelKind;
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
/// only loops read beside it: calls read maps with the zeros around them, channels together.
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

impl Lowering<'_> {
    /// The concatenation that a value lies in, else the value.
    pub(super) fn whole(&self, value: ValueId) -> ValueId {
        self.parts.get(&value).map_or(value, |part| part.whole)
    }
}
