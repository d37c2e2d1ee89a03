//! Offsets of intermediate values in one arena: best fit over the steps of the run, in O(n log n).

use super::schedule::LINE;
use crate::program::touch::may_share;
use crate::program::{Buffer, BufferId, LoopKernel, Segment, Step};
use std::collections::{BTreeMap, BTreeSet};

/// First and last step that touch a buffer.
#[derive(Clone, Copy)]
struct Life {
    from: usize,
    to: usize,
}

/// Places the arena's buffers for a run; gives the arena's elements.
///
/// A buffer gets the smallest free block that holds it at its first step, or the memory of an operand that dies there
/// and is read in place.
pub(super) fn plan(buffers: &mut [Buffer], run: &[Step], kernels: &[LoopKernel]) -> usize {
    let mut lives: Vec<Option<Life>> = vec![None; buffers.len()];
    for (position, step) in run.iter().enumerate() {
        for touch in step.touched(kernels) {
            let index = touch.buffer.0 as usize;
            if buffers[index].segment == Segment::Arena {
                lives[index].get_or_insert(Life { from: position, to: position }).to = position;
            }
        }
    }
    let mut dying: Vec<Vec<BufferId>> = vec![Vec::new(); run.len()];
    for (index, life) in lives.iter().enumerate() {
        if let Some(life) = life {
            dying[life.to].push(BufferId(index as u32));
        }
    }
    let mut free = Free::default();
    let mut taken: BTreeSet<BufferId> = BTreeSet::new();
    for (position, step) in run.iter().enumerate() {
        let mut born: Vec<BufferId> = Vec::new();
        for touch in step.touched(kernels) {
            let is_new = lives[touch.buffer.0 as usize].is_some_and(|life| life.from == position);
            if is_new && !born.contains(&touch.buffer) {
                born.push(touch.buffer);
            }
        }
        born.sort_by_key(|buffer| (std::cmp::Reverse(buffers[buffer.0 as usize].elements), *buffer));
        for buffer in born {
            let elements = buffers[buffer.0 as usize].elements;
            let heir = dying[position].iter().copied().find(|old| {
                buffers[old.0 as usize].elements == elements
                    && !taken.contains(old)
                    && shares(step, kernels, buffer, *old)
            });
            buffers[buffer.0 as usize].offset = match heir {
                Some(old) => {
                    taken.insert(old);
                    buffers[old.0 as usize].offset
                }
                None => free.take(elements.next_multiple_of(LINE)),
            };
        }
        for old in dying[position].iter().filter(|old| !taken.contains(old)) {
            let Buffer { offset, elements, .. } = buffers[old.0 as usize];
            free.give(offset, elements.next_multiple_of(LINE));
        }
    }
    free.end
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
