//! Which elements of a segment's buffers hold their values.
//!
//! A buffer claims its memory when it is first written. From then on whatever claimed any of that memory before holds
//! nothing.

use crate::program::BufferId;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// The buffers of one segment that hold something.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    /// First element, one past the last, and the buffer there; disjoint.
    claims: BTreeMap<usize, (usize, BufferId)>,
    held: HashMap<BufferId, Held>,
}

/// What was written to one buffer.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Ascending ranges that do not touch.
    ranges: Vec<(i64, i64)>,
    /// Ranges written since, in their order.
    fresh: Vec<(i64, i64)>,
}

impl Owners {
    /// Makes this memory the buffer's, for writing.
    pub fn claim(&mut self, memory: Range<usize>, owner: BufferId) -> &mut Held {
        if !self.held.contains_key(&owner) && !memory.is_empty() {
            while let Some((&start, &(end, known))) = self.claims.range(..memory.end).next_back()
                && end > memory.start
            {
                self.claims.remove(&start);
                self.held.remove(&known);
            }
            self.claims.insert(memory.start, (memory.end, owner));
        }
        self.held.entry(owner).or_default()
    }

    /// Whether all elements `low..=high` of the buffer hold its value.
    pub fn holds(&mut self, owner: BufferId, low: i64, high: i64) -> bool {
        low > high || self.held.get_mut(&owner).is_some_and(|held| held.holds(low, high + 1))
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.claims.clear();
        self.held.clear();
    }
}

impl Held {
    /// Elements `start..end` of the buffer are written.
    pub fn write(&mut self, start: i64, end: i64) {
        let extends = |last: &&mut (i64, i64)| last.0 <= start && start <= last.1;
        if let Some(last) = self.fresh.last_mut().filter(extends) {
            last.1 = last.1.max(end);
        } else if !matches!(self.ranges[..], [(from, to)] if from <= start && end <= to) {
            self.fresh.push((start, end));
        }
    }

    /// Sorts what was written since the last look: runs of a strided box come in order, so this merges few sequences.
    fn holds(&mut self, start: i64, end: i64) -> bool {
        if !self.fresh.is_empty() {
            self.ranges.append(&mut self.fresh);
            self.ranges.sort();
            self.ranges.dedup_by(|next, last| {
                let joins = next.0 <= last.1;
                if joins {
                    last.1 = last.1.max(next.1);
                }
                joins
            });
        }
        let after = self.ranges.partition_point(|range| range.0 <= start);
        after > 0 && self.ranges[after - 1].1 >= end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_memory_changes_hands() {
        let (a, b) = (BufferId(0), BufferId(1));
        let mut owners = Owners::default();
        for (start, end) in [(4, 6), (0, 2), (2, 4), (8, 10)] {
            owners.claim(100..110, a).write(start, end);
        }
        assert!(owners.holds(a, 0, 5) && owners.holds(a, 8, 9) && owners.holds(a, 3, 2));
        assert!(!owners.holds(a, 0, 6) && !owners.holds(a, 6, 8) && !owners.holds(b, 0, 0));
        owners.claim(100..110, a).write(6, 8);
        assert!(owners.holds(a, 0, 9) && !owners.holds(a, 0, 10));
        owners.claim(110..120, b).write(0, 10);
        assert!(owners.holds(a, 0, 9) && owners.holds(b, 0, 9));
        owners.claim(95..101, BufferId(2)).write(0, 6);
        assert!(!owners.holds(a, 5, 5) && owners.holds(b, 0, 9));
        owners.claim(100..110, a).write(0, 1);
        assert!(owners.holds(a, 0, 0) && !owners.holds(a, 0, 1) && !owners.holds(BufferId(2), 0, 0));
    }
}
