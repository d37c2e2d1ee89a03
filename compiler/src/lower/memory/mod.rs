//! Offsets of intermediate values in one arena.
//!
//! Buffers that are written in place of each other share a slot. Slots are placed as densely as possible or, where the
//! arena is one that cores hold in their caches, so that threads keep their parts.

mod apart;
mod fit;

use super::schedule::LINE;
use crate::program::touch::may_share;
use crate::program::{Buffer, BufferId, LoopKernel, Segment, Step};
use std::collections::BTreeSet;

/// Elements of an arena whose layers are worth more than one thread.
const SHARED: usize = 1 << 17;
/// Elements of an arena that stays, at least in part, in the caches of two cores from one run to the next.
const CACHED: usize = 1 << 23;

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
    let (offsets, end) = place(&slots, run.len());
    for (buffer, slot) in buffers.iter_mut().zip(slot_of) {
        if let Some(slot) = slot {
            buffer.offset = offsets[slot];
        }
    }
    end
}

/// The offsets of slots that live during so many steps, and the end of the last.
fn place(slots: &[Slot], steps: usize) -> (Vec<usize>, usize) {
    let dense = fit::densest(slots, steps);
    let apart = apart::by_halves(slots);
    let is_worth = dense.1 >= SHARED && apart.1 <= CACHED && apart.1 <= 2 * dense.1;
    if is_worth { apart } else { dense }
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

/// Whether a step may write `new` over `old`.
fn shares(step: &Step, kernels: &[LoopKernel], new: BufferId, old: BufferId) -> bool {
    let Step::Loop { kernel, operands, .. } = step else { return false };
    let find = |buffer| operands.iter().position(|operand| operand.0 == buffer);
    let (Some(written), Some(read)) = (find(new), find(old)) else { return false };
    new != old && may_share(&kernels[kernel.0 as usize], written as u16, read as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_keep_their_parts_where_two_cores_hold_the_arena() {
        // The second value dies with the first, and the third is half as large.
        let offsets = |size: usize| {
            let slots = [(size, 0, 1), (size, 1, 2), (size / 2, 2, 3)];
            place(&slots.map(|(size, from, to)| Slot { size, from, to }), 4)
        };
        for (size, third) in [(1 << 14, 0), (1 << 17, 1 << 15), (1 << 22, 1 << 20), (1 << 23, 0)] {
            assert_eq!(offsets(size), (vec![0, size, third], 2 * size), "{size}");
        }
    }
}
