//! Slots in an arena that is as small as possible: by best fit over the steps, forwards and backwards, both in
//! O(n log n), and where there are few by size, largest first; the smallest arena wins.

use super::Slot;
use std::collections::{BTreeMap, BTreeSet};

/// Slots up to which placing by size, which is quadratic, is tried.
const FEW: usize = 2048;

/// The offsets of slots that live during so many steps, and the end of the last.
pub(super) fn densest(slots: &[Slot], steps: usize) -> (Vec<usize>, usize) {
    let both = [best_fit(slots, steps, false), best_fit(slots, steps, true)];
    let by_size = (slots.len() <= FEW).then(|| by_size(slots));
    let plans = both.into_iter().chain(by_size);
    plans.min_by_key(|plan| plan.1).expect("there are two plans at least")
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
