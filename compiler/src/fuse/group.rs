//! Which stored values share a kernel, and in which order kernels run.

use super::store::Decision;
use super::{Kernel, KernelKind, Output};
use crate::prim::{Phase, Prim, PrimGraph, ValueId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Outputs of one generated kernel, at most.
const MOST_OUTPUTS: usize = 6;

/// Kernels for all stored values; those `apart` share theirs with no other.
pub(super) fn group(graph: &PrimGraph, last: &[bool], decision: &Decision, apart: &BTreeSet<ValueId>) -> Vec<Kernel> {
    let mut groups = Groups {
        graph,
        last,
        decision,
        apart,
        late: late(graph),
        kernels: Vec::new(),
        producer: vec![None; graph.nodes.len()],
        is_read: vec![false; graph.nodes.len()],
        recent: HashMap::new(),
    };
    for id in graph.ids().filter(|id| decision.rules[id.0 as usize].is_some()) {
        groups.place(id);
    }
    groups.kernels.into_iter().flatten().collect()
}

/// For each value: whether nothing but new states depends on it, so that it can wait for the loss.
pub(crate) fn late(graph: &PrimGraph) -> Vec<bool> {
    let mut late = vec![true; graph.nodes.len()];
    for (_, value) in &graph.results {
        late[value.0 as usize] = false;
    }
    let mut read = vec![false; graph.nodes.len()];
    for (_, value) in &graph.updates {
        read[value.0 as usize] = true;
    }
    for id in graph.ids().rev() {
        late[id.0 as usize] &= read[id.0 as usize];
        for input in &graph.node(id).inputs {
            read[input.0 as usize] = true;
            late[input.0 as usize] &= late[id.0 as usize];
        }
    }
    late
}

struct Groups<'a> {
    graph: &'a PrimGraph,
    last: &'a [bool],
    decision: &'a Decision,
    apart: &'a BTreeSet<ValueId>,
    late: Vec<bool>,
    /// Kernels in order; none where one has moved to the end.
    kernels: Vec<Option<Kernel>>,
    /// The last kernel that writes a value.
    producer: Vec<Option<usize>>,
    /// For each value: whether a kernel reads it that does not write it.
    is_read: Vec<bool>,
    /// The last generated kernel with outputs of these extents.
    recent: HashMap<Vec<usize>, usize>,
}

impl Groups<'_> {
    fn place(&mut self, id: ValueId) {
        let node = self.graph.node(id);
        let whole = |value| Output { value, into: id, offset: vec![0; node.ty.shape.len()] };
        if let Some(sum) = self.decision.finishes[id.0 as usize] {
            let mut inputs = self.reads(id, Some(sum));
            for &operand in &self.graph.node(sum).inputs {
                let operand = self.operand(operand);
                inputs.entry(operand).or_insert(false);
            }
            self.push(KernelKind::Contract { sum }, vec![whole(id)], inputs);
            return;
        }
        match &node.prim {
            Prim::Random { .. } => self.push(KernelKind::Random, vec![whole(id)], BTreeMap::new()),
            Prim::Attend { .. } => {
                let inputs = node.inputs.iter().map(|&operand| (self.operand(operand), false)).collect();
                self.push(KernelKind::Attend, vec![whole(id)], inputs);
            }
            Prim::Concat { axis } => {
                let mut begin = 0;
                for &part in &node.inputs {
                    let mut offset = vec![0; node.ty.shape.len()];
                    offset[*axis] = begin;
                    begin += self.graph.ty(part).shape[*axis];
                    let inputs = self.reads_of(part);
                    self.push(KernelKind::Loop, vec![Output { value: part, into: id, offset }], inputs);
                }
            }
            _ => {
                let inputs = self.reads(id, None);
                match self.host(id, &inputs) {
                    Some(kernel) => self.join(kernel, whole(id), &inputs),
                    None => self.push(KernelKind::Loop, vec![whole(id)], inputs),
                }
                let shape = node.ty.shape.clone();
                self.recent.insert(shape, self.producer[id.0 as usize].expect("placed above"));
            }
        }
    }

    /// Adds an output to a kernel, which moves to the end if the output reads what was computed after it.
    fn join(&mut self, mut kernel: usize, output: Output, inputs: &BTreeMap<ValueId, bool>) {
        let needs = inputs.keys().filter_map(|input| self.producer[input.0 as usize]).max();
        if needs.is_some_and(|needs| needs > kernel) {
            let moved = self.kernels[kernel].take();
            self.kernels.push(moved);
            kernel = self.kernels.len() - 1;
        }
        let host = self.kernels[kernel].as_mut().expect("hosts exist");
        host.outputs.push(output);
        let own: Vec<ValueId> = host.outputs.iter().map(|output| output.into).collect();
        host.inputs.extend(inputs.keys().filter(|input| !own.contains(input)));
        host.inputs.sort();
        host.inputs.dedup();
        for input in &host.inputs {
            self.is_read[input.0 as usize] = true;
        }
        for output in &host.outputs {
            self.producer[output.into.0 as usize] = Some(kernel);
        }
    }

    fn push(&mut self, kind: KernelKind, outputs: Vec<Output>, inputs: BTreeMap<ValueId, bool>) {
        self.producer[outputs[0].into.0 as usize] = Some(self.kernels.len());
        let inputs: Vec<ValueId> = inputs.into_keys().collect();
        for input in &inputs {
            self.is_read[input.0 as usize] = true;
        }
        self.kernels.push(Some(Kernel { kind, outputs, inputs }));
    }

    /// A kernel that can compute this value beside its own: of the same extents, after all that the value reads or
    /// free to move there, and if the value reads the kernel's own outputs, then at the same coordinates.
    fn host(&self, id: ValueId, inputs: &BTreeMap<ValueId, bool>) -> Option<usize> {
        let like = |input: &ValueId| self.graph.ty(*input).shape == self.graph.ty(id).shape;
        let producers = inputs.keys().filter(|input| like(input)).filter_map(|input| self.producer[input.0 as usize]);
        let recent = self.recent.get(&self.graph.ty(id).shape).copied();
        [producers.max(), recent].into_iter().flatten().find(|&kernel| {
            let Some(host) = &self.kernels[kernel] else { return false };
            let first = host.outputs[0].into;
            let is_own = |input: &ValueId| host.outputs.iter().any(|output| output.into == *input);
            let is_like = host.kind == KernelKind::Loop
                && host.outputs.len() < MOST_OUTPUTS
                && self.graph.ty(first).shape == self.graph.ty(id).shape
                && host.outputs[0].value == first
                && ![first, id].iter().any(|value| self.apart.contains(value))
                && self.last[first.0 as usize] == self.last[id.0 as usize]
                && self.late[first.0 as usize] == self.late[id.0 as usize]
                && self.decision.fixed[first.0 as usize] == self.decision.fixed[id.0 as usize];
            let is_free = host.outputs.iter().all(|output| !self.is_read[output.into.0 as usize]);
            let is_ready = inputs.iter().all(|(input, aligned)| match self.producer[input.0 as usize] {
                Some(producer) if producer == kernel => *aligned && is_own(input),
                Some(producer) => producer < kernel || is_free,
                None => true,
            });
            let shares = inputs.keys().any(|input| is_own(input) || host.inputs.binary_search(input).is_ok());
            let is_one_phase =
                (self.graph.node(first).phase == Phase::Update) == (self.graph.node(id).phase == Phase::Update);
            is_like && is_ready && shares && is_one_phase
        })
    }

    fn is_loaded(&self, value: ValueId) -> bool {
        super::is_loaded(self.graph, &self.decision.rules, &self.decision.repeated, value)
    }

    /// The stored value behind an operand of a contraction.
    fn operand(&self, value: ValueId) -> ValueId {
        if self.is_loaded(value) { value } else { super::root(self.graph, value) }
    }

    fn reads_of(&self, value: ValueId) -> BTreeMap<ValueId, bool> {
        if self.is_loaded(value) { BTreeMap::from([(value, true)]) } else { self.reads(value, None) }
    }

    /// What computing a value loads, and whether only at the value's own coordinates.
    fn reads(&self, id: ValueId, except: Option<ValueId>) -> BTreeMap<ValueId, bool> {
        let mut found = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        let mut open = vec![(id, true)];
        while let Some((value, aligned)) = open.pop() {
            if Some(value) == except {
                continue;
            }
            let node = self.graph.node(value);
            let keeps = matches!(node.prim, Prim::Map(_) | Prim::Detach);
            for &input in &node.inputs {
                let aligned = aligned && keeps;
                if self.is_loaded(input) && Some(input) != except {
                    found.entry(input).and_modify(|known| *known &= aligned).or_insert(aligned);
                } else if seen.insert((input, aligned)) {
                    open.push((input, aligned));
                }
            }
        }
        found
    }
}
