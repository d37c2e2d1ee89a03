//! Which buffer's value each element of a segment holds.

use crate::program::BufferId;
use std::collections::BTreeMap;

/// Disjoint ranges with their owners.
#[derive(Clone, Debug, Default)]
pub(super) struct Owners {
    ranges: BTreeMap<usize, (usize, BufferId)>,
}

impl Owners {
    /// Elements `start..end` now hold a value of `owner`.
    pub fn give(&mut self, start: usize, end: usize, owner: BufferId) {
        let (mut start, mut end) = (start, end);
        if let Some((&before, &(reach, known))) = self.ranges.range(..start).next_back()
            && reach >= start
        {
            if known == owner {
                if reach >= end {
                    return;
                }
                start = before;
            } else {
                self.ranges.insert(before, (start, known));
                if reach > end {
                    self.ranges.insert(end, (reach, known));
                }
            }
        }
        while let Some((&next, &(reach, known))) = self.ranges.range(start..).next() {
            if next > end || next == end && known != owner {
                break;
            }
            self.ranges.remove(&next);
            if known == owner {
                end = end.max(reach);
            } else if reach > end {
                self.ranges.insert(end, (reach, known));
                break;
            }
        }
        self.ranges.insert(start, (end, owner));
    }

    /// Whether all of `start..end` hold values of `owner`.
    pub fn holds(&self, start: usize, end: usize, owner: BufferId) -> bool {
        let range = self.ranges.range(..=start).next_back();
        start >= end || range.is_some_and(|(_, &(reach, known))| known == owner && reach >= end)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.ranges.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_split_and_join() {
        let (a, b) = (BufferId(0), BufferId(1));
        let mut owners = Owners::default();
        owners.give(0, 10, a);
        owners.give(10, 20, a);
        assert!(owners.holds(0, 20, a));
        owners.give(5, 8, b);
        assert!(owners.holds(0, 5, a) && owners.holds(5, 8, b) && owners.holds(8, 20, a));
        assert!(!owners.holds(0, 20, a) && !owners.holds(4, 8, b));
        owners.give(2, 30, b);
        assert!(owners.holds(2, 30, b) && owners.holds(0, 2, a) && !owners.holds(0, 3, a));
        owners.give(0, 30, a);
        assert!(owners.holds(0, 30, a));
    }
}
