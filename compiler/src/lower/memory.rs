//! Offsets of intermediate values in one arena.
//!
//! Buffers that are written in place of each other share a slot. Slots are placed by best fit over the steps, forwards
//! and backwards, both in O(n log n), and where there are few by size, largest first; the smallest arena wins.

use super::schedule::LINE;
use crate::program::touch::may_share;
use crate::program::{Buffer, BufferId, LoopKernel, Segment, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Slots up to which placing by size, which is quadratic, is tried.
const FEW: usize = 2048;

/// Memory of one or more buffers, from the first step that touches it to the last.
#[derive(Clone, Copy, Debug)]
struct Slot {
    size: usize,
    from: usize,
    to: usize,
}

/// Places the arena's buffers for the steps of an entry; gives the arena's elements.
pub(super) fn plan(buffers: &mut [Buffer], run: &[Step], kernels: &[LoopKernel]) -> usize {
    let (slots, slot_of) = slots(buffers, run, kernels);
    let mut plans = vec![best_fit(&slots, run.len(), false), best_fit(&slots, run.len(), true)];
    if slots.len() <= FEW {
        plans.push(by_size(&slots));
    }
    let Some((offsets, end)) = plans.into_iter().min_by_key(|plan| plan.1) else { return 0 };
    for (buffer, slot) in buffers.iter_mut().zip(slot_of) {
        if let Some(slot) = slot {
            buffer.offset = offsets[slot];
        }
    }
    end
}

/// Slots, and for each buffer of the arena its slot.
fn slots(buffers: &[Buffer], run: &[Step], kernels: &[LoopKernel]) -> (Vec<Slot>, Vec<Option<usize>>) {
    let mut last: Vec<usize> = vec![0; buffers.len()];
    for (position, step) in run.iter().enumerate() {
        step.touched(kernels).for_each(|touch| last[touch.buffer.0 as usize] = position);
    }
    let mut slots: Vec<Slot> = Vec::new();
    let mut slot_of: Vec<Option<usize>> = vec![None; buffers.len()];
    for (position, step) in run.iter().enumerate() {
        let arena = |buffer: BufferId| buffers[buffer.0 as usize].segment == Segment::Arena;
        let touched: Vec<BufferId> =
            step.touched(kernels).map(|touch| touch.buffer).filter(|&buffer| arena(buffer)).collect();
        let mut heirs: BTreeSet<usize> = BTreeSet::new();
        for &new in &touched {
            if slot_of[new.0 as usize].is_some() {
                continue;
            }
            let elements = buffers[new.0 as usize].elements;
            let inherited = touched.iter().find_map(|&old| {
                let slot = slot_of[old.0 as usize]?;
                let apt = last[old.0 as usize] == position
                    && slots[slot].from < position
                    && buffers[old.0 as usize].elements == elements
                    && !heirs.contains(&slot)
                    && shares(step, kernels, new, old);
                apt.then_some(slot)
            });
            let slot = inherited.unwrap_or_else(|| {
                slots.push(Slot { size: elements.next_multiple_of(LINE), from: position, to: position });
                slots.len() - 1
            });
            heirs.insert(slot);
            slots[slot].to = slots[slot].to.max(last[new.0 as usize]);
            slot_of[new.0 as usize] = Some(slot);
        }
    }
    (slots, slot_of)
}

/// Each slot gets the smallest free block that holds it when it begins (or, backwards, when it ends).
fn best_fit(slots: &[Slot], steps: usize, backwards: bool) -> (Vec<usize>, usize) {
    let mut begins: Vec<Vec<usize>> = vec![Vec::new(); steps];
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); steps];
    for (index, slot) in slots.iter().enumerate() {
        let (from, to) = if backwards { (steps - 1 - slot.to, steps - 1 - slot.from) } else { (slot.from, slot.to) };
        begins[from].push(index);
        ends[to].push(index);
    }
    let mut free = Free::default();
    let mut offsets = vec![0; slots.len()];
    for step in 0..steps {
        begins[step].sort_by_key(|&slot| (std::cmp::Reverse(slots[slot].size), slot));
        for &slot in &begins[step] {
            offsets[slot] = free.take(slots[slot].size);
        }
        for &slot in &ends[step] {
            free.give(offsets[slot], slots[slot].size);
        }
    }
    (offsets, free.end)
}

/// Each slot, the largest first, gets the lowest place that no slot of the same time has.
fn by_size(slots: &[Slot]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..slots.len()).collect();
    order.sort_by_key(|&slot| (std::cmp::Reverse(slots[slot].size), slots[slot].from, slot));
    let mut offsets = vec![0; slots.len()];
    // Placed slots by ascending offset.
    let mut placed: Vec<usize> = Vec::new();
    let mut end = 0;
    for slot in order {
        let Slot { size, from, to } = slots[slot];
        let mut at = 0;
        for &other in placed.iter().filter(|&&other| slots[other].from <= to && from <= slots[other].to) {
            if at + size <= offsets[other] {
                break;
            }
            at = at.max(offsets[other] + slots[other].size);
        }
        offsets[slot] = at;
        let position = placed.partition_point(|&other| offsets[other] <= at);
        placed.insert(position, slot);
        end = end.max(at + size);
    }
    (offsets, end)
}

/// Whether a step may write `new` over `old`.
fn shares(step: &Step, kernels: &[LoopKernel], new: BufferId, old: BufferId) -> bool {
    let Step::Loop { kernel, operands, .. } = step else { return false };
    let find = |buffer| operands.iter().position(|operand| operand.0 == buffer);
    let (Some(written), Some(read)) = (find(new), find(old)) else { return false };
    new != old && may_share(&kernels[kernel.0 as usize], written as u16, read as u16)
}

/// Free blocks of a growing arena.
#[derive(Default)]
struct Free {
    by_offset: BTreeMap<usize, usize>,
    by_size: BTreeSet<(usize, usize)>,
    end: usize,
}

impl Free {
    fn take(&mut self, size: usize) -> usize {
        if let Some(&(found, offset)) = self.by_size.range((size, 0)..).next() {
            self.remove(offset, found);
            if found > size {
                self.insert(offset + size, found - size);
            }
            return offset;
        }
        let last = self.by_offset.last_key_value().map(|(&offset, &found)| (offset, found));
        let offset = match last {
            Some((offset, found)) if offset + found == self.end => {
                self.remove(offset, found);
                offset
            }
            _ => self.end,
        };
        self.end = offset + size;
        offset
    }

    fn give(&mut self, mut offset: usize, mut size: usize) {
        if let Some((&before, &found)) = self.by_offset.range(..offset).next_back()
            && before + found == offset
        {
            self.remove(before, found);
            (offset, size) = (before, size + found);
        }
        if let Some(&found) = self.by_offset.get(&(offset + size)) {
            self.remove(offset + size, found);
            size += found;
        }
        self.insert(offset, size);
    }

    fn insert(&mut self, offset: usize, size: usize) {
        self.by_offset.insert(offset, size);
        self.by_size.insert((size, offset));
    }

    fn remove(&mut self, offset: usize, size: usize) {
        self.by_offset.remove(&offset);
        self.by_size.remove(&(size, offset));
    }
}
