//! In which order the tiles of a block are transformed and multiplied: so that those with products at a point follow
//! one another, whatever the point.

use core::ops::Range;

use super::places::{Place, Places, Tiling};

/// Kinds of tiles in their order in a block. Tiles that are short along columns lie at the two ends, tiles short along
/// rows at the second.
const KINDS: [[bool; 2]; 4] = [[true, false], [false, false], [false, true], [true, true]];

/// Consecutive tiles and their order.
#[derive(Clone, Copy)]
pub(super) struct Block {
    tiling: Tiling,
    pub first: u64,
    pub past: u64,
    /// Where each kind begins, and where the last ends.
    starts: [u64; 5],
}

impl Block {
    /// The tiles `first..past`.
    pub fn of(tiling: Tiling, (first, past): (u64, u64)) -> Self {
        let (before, through) = (tiling.kinds(first), tiling.kinds(past));
        let mut starts = [0; 5];
        for kind in 0..KINDS.len() {
            starts[kind + 1] = starts[kind] + through[kind] - before[kind];
        }
        Self { tiling, first, past, starts }
    }

    /// The slots of the tiles that have products at a point of which it is said whether short columns and rows have it.
    pub fn at(&self, kept: [bool; 2]) -> Range<u64> {
        let [_, whole, right, corner, past] = self.starts;
        match kept {
            [true, true] => 0..past,
            [true, false] => 0..right,
            [false, true] => whole..corner,
            [false, false] => whole..right,
        }
    }

    /// Where all its tiles lie.
    pub fn all(&self) -> Slots {
        self.slots((self.first, self.past))
    }

    /// Where the tiles `first..past` lie, which are among the block's.
    pub fn slots(&self, (first, past): (u64, u64)) -> Slots {
        let (before, start) = (self.tiling.kinds(first), self.tiling.kinds(self.first));
        let next = core::array::from_fn(|kind| self.starts[kind] + before[kind] - start[kind]);
        Slots { places: self.tiling.places(first), next, left: past - first }
    }
}

impl Tiling {
    /// How many of the tiles before tile `index` are of each kind.
    fn kinds(&self, index: u64) -> [u64; 4] {
        let (down, across) = (u64::from(self.grid.0), u64::from(self.grid.1));
        let (rows, column) = (index / across, index % across);
        let (maps, row) = (rows / down, rows % down);
        let [ends_columns, ends_rows] = self.ends_short.map(u64::from);
        let both = maps * ends_columns * ends_rows;
        let bottom = ends_columns * (maps * across + if row + 1 == down { column } else { 0 }) - both;
        let right = ends_rows * rows - both;
        [bottom, index - bottom - right - both, right, both]
    }
}

/// Tiles that follow one another, with their slots in a block.
#[derive(Clone, Copy)]
pub(super) struct Slots {
    places: Places,
    /// The next slot of each kind.
    next: [u64; 4],
    left: u64,
}

impl Iterator for Slots {
    type Item = (u64, Place);

    #[inline]
    fn next(&mut self) -> Option<(u64, Place)> {
        self.left = self.left.checked_sub(1)?;
        let place = self.places.next()?;
        let [down, along] = place.short;
        // As in KINDS.
        let next = &mut self.next[if down { 3 * usize::from(along) } else { 1 + usize::from(along) }];
        *next += 1;
        Some((*next - 1, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_with_products_at_a_point_follow_one_another() {
        let all = [false, true];
        for ends_short in all.into_iter().flat_map(|down| all.map(|along| [down, along])) {
            for grid in [(1, 1), (1, 3), (3, 1), (2, 3), (4, 4)] {
                let tiling = Tiling { grid, side: 4, ends_short };
                for (first, past) in [(0, 1), (0, 7), (3, 4), (5, 31), (16, 48)] {
                    let block = Block::of(tiling, (first, past));
                    let mut kinds = vec![None; (past - first) as usize];
                    let middle = (first + past) / 2;
                    let parts = [(first, middle), (middle, past)];
                    for (slot, place) in parts.into_iter().flat_map(|part| block.slots(part)) {
                        assert_eq!(kinds[slot as usize].replace(place.short), None, "two tiles in a slot");
                    }
                    for kept in all.into_iter().flat_map(|down| all.map(|along| [down, along])) {
                        let range = block.at(kept);
                        for (slot, kind) in (0..).zip(&kinds) {
                            let [down, along] = kind.expect("every slot has a tile");
                            let has_products = (kept[0] || !down) && (kept[1] || !along);
                            assert_eq!(range.contains(&slot), has_products, "{grid:?} {ends_short:?} {kept:?}");
                        }
                    }
                }
            }
        }
    }
}
