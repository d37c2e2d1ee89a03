//! The order of a training step: new states after the loss was found finite, each as early as may be.

use super::{Lowering, Planned};
use crate::prim::{Role, StateId, ValueType};
use crate::program::{BufferId, LoopKernel, Step};
use std::collections::{HashMap, HashSet};

impl Lowering<'_> {
    /// The steps of a training step: a judge of the loss, and after it, as early as their operands allow, the steps
    /// that only new states depend on. A gradient then is in the cache when its parameter is updated.
    pub(super) fn order(&self, steps: Vec<Planned>, results: &[(Role, ValueType, BufferId)]) -> Vec<Step> {
        let loss = results.iter().find(|(role, ..)| *role == Role::Loss).map(|result| result.2);
        let mut used: HashSet<BufferId> = HashSet::new();
        let mut judged = 0;
        for (position, planned) in steps.iter().enumerate() {
            for touch in planned.step.touched(&self.kernels) {
                if !touch.writes {
                    used.insert(touch.buffer);
                } else if !planned.late && Some(touch.buffer) == loss {
                    judged = position;
                }
            }
        }
        let replaced: HashMap<BufferId, BufferId> = self.replaced().collect();
        let mut uses = Uses::new(&replaced, &self.kernels);
        let (mut keyed, mut last) = (Vec::new(), Vec::new());
        for (position, Planned { step, late, .. }) in steps.into_iter().enumerate() {
            if late && step.touched(&self.kernels).all(|touch| !touch.writes || !used.contains(&touch.buffer)) {
                last.push(step);
                continue;
            }
            let key = if late { (judged.max(uses.ready(&step)), 2, position) } else { (position, 0, position) };
            uses.add(&step, key.0);
            keyed.push((key, step));
        }
        keyed.extend(loss.map(|buffer| ((judged, 1, 0), Step::StopUnlessFinite { buffer })));
        keyed.sort_by_key(|(key, _)| *key);
        let order: Vec<Step> = keyed.into_iter().map(|(_, step)| step).collect();
        // Steps that only replace states wait for the states' readers.
        let mut uses = Uses::new(&replaced, &self.kernels);
        order.iter().enumerate().for_each(|(position, step)| uses.add(step, position));
        let judge = order.iter().position(|step| matches!(step, Step::StopUnlessFinite { .. })).unwrap_or(0);
        let mut after: Vec<Vec<Step>> = vec![Vec::new(); order.len().max(1)];
        for step in last {
            let position = judge.max(uses.ready(&step));
            uses.add(&step, position);
            after[position].push(step);
        }
        let mut order = order.into_iter();
        after.into_iter().flat_map(|followers| order.next().into_iter().chain(followers)).collect()
    }

    /// Buffers of new versions with those of the states that they replace.
    fn replaced(&self) -> impl Iterator<Item = (BufferId, BufferId)> + '_ {
        self.prims().updates.iter().filter_map(|&(StateId(state), value)| {
            let place = self.places.of[value.0 as usize].as_ref()?;
            Some((place.buffer, self.states[state as usize]))
        })
    }
}

/// The last positions at which buffers are written and read, so far.
struct Uses<'a> {
    /// Buffers of new versions with those of the states that they replace.
    replaced: &'a HashMap<BufferId, BufferId>,
    kernels: &'a [LoopKernel],
    written: HashMap<BufferId, usize>,
    read: HashMap<BufferId, usize>,
}

impl<'a> Uses<'a> {
    fn new(replaced: &'a HashMap<BufferId, BufferId>, kernels: &'a [LoopKernel]) -> Self {
        Uses { replaced, kernels, written: HashMap::new(), read: HashMap::new() }
    }

    /// The position after which a step's operands are there, and the states that it replaces are read no more.
    fn ready(&self, step: &Step) -> usize {
        let positions = step.touched(self.kernels).flat_map(|touch| {
            let state = self.replaced.get(&touch.buffer).filter(|_| touch.writes);
            [self.written.get(&touch.buffer), state.and_then(|state| self.read.get(state))]
        });
        positions.flatten().max().copied().unwrap_or(0)
    }

    fn add(&mut self, step: &Step, position: usize) {
        for touch in step.touched(self.kernels) {
            let known = if touch.writes { &mut self.written } else { &mut self.read };
            let last = known.entry(touch.buffer).or_default();
            *last = (*last).max(position);
        }
    }
}
