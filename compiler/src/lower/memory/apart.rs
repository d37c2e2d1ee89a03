//! Slots that share memory only where threads keep their parts of it.
//!
//! Threads compute equal parts of a value: the first its first half, the second the other. Where two values share
//! memory anyhow, a part of one lies where another core wrote or read a part of the other, and each of its lines must
//! come from there before it is written: 10 to 20 ns with cores that share a cache, 50 with others. A value in the
//! middle of the memory of a larger one has its halves in that one's.

use super::{LINE, Slot};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A value may lie in memory of at most so many times its size, which it keeps from all others.
const ROOM: usize = 4;

/// The offsets of slots, and the end of the last. A slot takes the smallest memory that was left and has room for it.
pub(super) fn by_halves(slots: &[Slot]) -> (Vec<usize>, usize) {
    let sorted = |key: fn(&Slot) -> usize| {
        let mut order: Vec<usize> = (0..slots.len()).collect();
        order.sort_by_key(|&slot| (key(&slots[slot]), slot));
        order
    };
    let mut leaving = sorted(|slot| slot.to).into_iter().peekable();
    // Offsets of memory that was left, by size, the last left at the end; and each slot's memory.
    let mut left: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut taken = vec![(0, 0); slots.len()];
    let (mut offsets, mut end) = (vec![0; slots.len()], 0);
    for slot in sorted(|slot| slot.from) {
        let Slot { size, from, .. } = slots[slot];
        while let Some(gone) = leaving.next_if(|&gone| slots[gone].to < from) {
            let (room, offset) = taken[gone];
            left.entry(room).or_default().push(offset);
        }
        let smallest = left.range_mut(size..=ROOM * size).next().and_then(|(&room, left)| Some((room, left.pop()?)));
        taken[slot] = smallest.unwrap_or_else(|| {
            end += size;
            (size, end - size)
        });
        if let Entry::Occupied(entry) = left.entry(taken[slot].0)
            && entry.get().is_empty()
        {
            entry.remove();
        }
        let (room, offset) = taken[slot];
        offsets[slot] = offset + (room - size) / 2 / LINE * LINE;
    }
    (offsets, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_take_the_middle_of_dead_ones_that_are_not_much_larger() {
        let slot = |lines, from, to| Slot { size: lines * LINE, from, to };
        let slots =
            [slot(4, 0, 1), slot(8, 1, 2), slot(4, 1, 3), slot(4, 2, 4), slot(5, 3, 5), slot(1, 5, 5), slot(9, 6, 6)];
        let (offsets, end) = by_halves(&slots);
        assert_eq!(offsets.iter().map(|offset| offset / LINE).collect::<Vec<_>>(), [0, 4, 12, 0, 5, 1, 16]);
        assert_eq!(end, 25 * LINE);
    }
}
