//! The program of all planned steps, prepared ones apart; new states in place of old ones; and memory of buffers.

use super::{Lowering, Planned, memory};
use crate::prim::{Mode, Role, ValueType};
use crate::program::touch::may_share;
use crate::program::{Buffer, BufferId, Entry, LoopKernel, Program, Segment, Sizes, Step};
use std::collections::{HashMap, HashSet};

/// Elements of a cache line, to which buffers are aligned.
pub(super) const LINE: usize = 16;

impl Lowering<'_> {
    /// The program of all planned steps.
    pub(super) fn assemble(mut self, results: Vec<(Role, ValueType, BufferId)>) -> Program {
        let prims = self.prims();
        let mut run = std::mem::take(&mut self.steps);
        let prepared: Vec<Planned> = run.extract_if(.., |planned| planned.fixed).collect();
        let mut run = match prims.mode {
            Mode::Step => self.order(run, &results),
            _ => run.into_iter().map(|planned| planned.step).collect(),
        };
        if prims.mode == Mode::Step {
            self.update(&mut run);
        }
        let mut entries = Vec::new();
        if !prims.mode.trains() {
            let steps = prepared.into_iter().map(|planned| planned.step).collect();
            entries.push(Entry { name: "prepare", steps });
        }
        let name = match prims.mode {
            Mode::Predict => "predict",
            Mode::Evaluate => "evaluate",
            Mode::Gradients => "gradients",
            Mode::Step => "step",
        };
        entries.push(Entry { name, steps: run });
        self.place_segments(&entries.last().expect("there is an entry to run").steps);
        let mut sizes = sizes(&self.buffers, self.constants.len());
        sizes.scratch = scratch(&entries);
        for entry in &entries {
            sizes.arena = sizes.arena.max(memory::plan(&mut self.buffers, &entry.steps, &self.kernels));
        }
        empty_untouched(&mut self.buffers, &entries, &self.kernels);
        let states = prims.states.iter().cloned().zip(self.states).collect();
        Program {
            name: prims.name.clone(),
            mode: prims.mode,
            batch: prims.batch,
            layers: prims.layers.clone(),
            buffers: self.buffers,
            sizes,
            constants: self.constants,
            kernels: self.kernels,
            entries,
            inputs: self.inputs,
            results,
            states,
            scalars: self.scalars.iter().map(|scalar| scalar.0).collect(),
        }
    }

    /// Lets kernels write new versions in place where nothing reads the old one afterwards; copies them elsewhere.
    fn update(&mut self, run: &mut Vec<Step>) {
        let mut readers: HashMap<BufferId, Vec<usize>> = HashMap::new();
        let mut writers: HashMap<BufferId, Vec<usize>> = HashMap::new();
        for (position, step) in run.iter().enumerate() {
            for touch in step.touched(&self.kernels) {
                let users = if touch.writes { &mut writers } else { &mut readers };
                users.entry(touch.buffer).or_default().push(position);
            }
        }
        let judge = run.iter().position(|step| matches!(step, Step::StopUnlessFinite { .. })).unwrap_or(0);
        let mut in_place: HashMap<BufferId, BufferId> = HashMap::new();
        let mut copied = Vec::new();
        for (state, value) in self.prims().updates.clone() {
            let target = self.states[state.0 as usize];
            let shape = &self.prims().ty(value).shape;
            let apt = self.places.of[value.0 as usize].as_ref().filter(|place| {
                let segment = self.buffers[place.buffer.0 as usize].segment;
                let [writer] = writers.get(&place.buffer).map_or(&[][..], Vec::as_slice) else { return false };
                let is_last = |&reader: &usize| {
                    reader < *writer || reader == *writer && shares(&run[reader], self, place.buffer, target)
                };
                segment == Segment::Arena
                    && *writer > judge
                    && place.layout.is_plain(shape)
                    && !in_place.contains_key(&place.buffer)
                    && readers.get(&place.buffer).is_none_or(Vec::is_empty)
                    && readers.get(&target).is_none_or(|readers| readers.iter().all(is_last))
                    && matches!(run[*writer], Step::Loop { .. })
            });
            match apt {
                Some(place) => drop(in_place.insert(place.buffer, target)),
                None => copied.push((value, target)),
            }
        }
        for step in run.iter_mut() {
            if let Step::Loop { operands, .. } = step {
                for operand in operands {
                    operand.0 = in_place.get(&operand.0).copied().unwrap_or(operand.0);
                }
            }
        }
        for (value, target) in copied {
            let from = self.strided(value).unwrap_or_else(|_| unreachable!("new versions are stored or sources"));
            let shape = self.prims().ty(value).shape.clone();
            let layout = super::layout::Layout::plain(&shape);
            self.copy(&from, &shape, target, &layout, value);
        }
        run.extend(std::mem::take(&mut self.steps).into_iter().map(|planned| planned.step));
    }

    /// Memory of all segments but the arena, in the order of the buffers. What `prepare` computes is kept if `run`
    /// reads it; else it lies in the arena, as intermediate values of a run do.
    fn place_segments(&mut self, run: &[Step]) {
        let mut used: HashSet<BufferId> = HashSet::new();
        for step in run {
            used.extend(step.touched(&self.kernels).map(|touch| touch.buffer));
        }
        for index in 0..self.buffers.len() {
            let id = BufferId(index as u32);
            let is_kept = self.derived.contains(&id) && used.contains(&id);
            if is_kept && self.buffers[index].segment == Segment::Arena {
                self.buffers[index].segment = Segment::Derived;
            }
        }
        let mut ends: HashMap<Segment, usize> = HashMap::new();
        for buffer in &mut self.buffers {
            let end = ends.entry(buffer.segment).or_default();
            match buffer.segment {
                Segment::Arena | Segment::Constants | Segment::Scratch => {}
                Segment::Scalars => {
                    buffer.offset = *end;
                    *end += buffer.elements;
                }
                _ => {
                    buffer.offset = *end;
                    *end += buffer.elements.next_multiple_of(LINE);
                }
            }
        }
    }
}

/// Takes the memory from buffers of the arena that no step touches: of values that are computed together with others,
/// or in place of a state.
fn empty_untouched(buffers: &mut [Buffer], entries: &[Entry], kernels: &[LoopKernel]) {
    let mut is_touched = vec![false; buffers.len()];
    let steps = entries.iter().flat_map(|entry| &entry.steps);
    steps.flat_map(|step| step.touched(kernels)).for_each(|touch| is_touched[touch.buffer.0 as usize] = true);
    let untouched = buffers.iter_mut().zip(is_touched).filter(|(_, is_touched)| !is_touched);
    let of_arena = untouched.map(|(buffer, _)| buffer).filter(|buffer| buffer.segment == Segment::Arena);
    of_arena.for_each(|buffer| buffer.elements = 0);
}

/// Whether a step may write its buffer `new` over `old`.
fn shares(step: &Step, lowering: &Lowering<'_>, new: BufferId, old: BufferId) -> bool {
    let Step::Loop { kernel, operands, .. } = step else { return false };
    let find = |buffer| operands.iter().position(|operand| operand.0 == buffer);
    let (Some(written), Some(read)) = (find(new), find(old)) else { return false };
    may_share(&lowering.kernels[kernel.0 as usize], written as u16, read as u16)
}

/// The most scratch that a call wants of a thread.
fn scratch(entries: &[Entry]) -> usize {
    let of = |step: &Step| match step {
        Step::Call { kernel, .. } => kernel.scratch_floats() as usize,
        Step::Loop { .. } | Step::StopUnlessFinite { .. } => 0,
    };
    entries.iter().flat_map(|entry| &entry.steps).map(of).max().unwrap_or(0)
}

fn sizes(buffers: &[Buffer], constants: usize) -> Sizes {
    let end = |segment: Segment| {
        let ends = buffers.iter().filter(|buffer| buffer.segment == segment);
        ends.map(|buffer| buffer.offset + buffer.elements).max().unwrap_or(0)
    };
    Sizes {
        params: end(Segment::Params),
        state: end(Segment::State),
        derived: end(Segment::Derived),
        arena: 0,
        constants,
        scratch: 0,
        inputs: end(Segment::Inputs),
        outputs: end(Segment::Outputs),
        scalars: end(Segment::Scalars),
    }
}
