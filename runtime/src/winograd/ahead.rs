//! Pixels that are fetched while the tiles before them are multiplied: products leave memory idle, and a transform has
//! too little to compute to wait for it.

use super::pixels::Pixels;
use super::places::Places;

/// Floats of a cache line.
const LINE: usize = 16;

/// What is done with pixels that are fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Into the second-level cache.
    Read,
    /// So that no other cache has them.
    Write,
}

/// A run of tiles of which each turn fetches an equal share.
pub(super) struct Ahead {
    map: Pixels,
    access: Access,
    places: Places,
    /// Tiles of all turns.
    tiles: u64,
    /// Turns.
    turns: u64,
    /// Tiles that are due, times the turns.
    due: u64,
}

impl Ahead {
    /// The tiles `first..past` of a map in so many turns.
    pub fn of(map: Pixels, access: Access, (first, past): (u64, u64), turns: u64) -> Self {
        Self { map, access, places: map.tiling.places(first), tiles: past - first, turns, due: 0 }
    }

    /// One turn; any pixels may be named.
    #[inline]
    pub fn turn(&mut self) {
        self.next(fetch);
    }

    /// Gives every line of the next turn's tiles.
    #[inline]
    fn next(&mut self, mut line: impl FnMut(Access, *const f32)) {
        self.due += self.tiles;
        while self.due >= self.turns {
            self.due -= self.turns;
            if let Some(place) = self.places.next() {
                self.map.each(place, |pixel| {
                    (0..self.map.channels).step_by(LINE).for_each(|at| line(self.access, pixel.wrapping_add(at)));
                });
            }
        }
    }
}

#[inline(always)]
fn fetch(access: Access, line: *const f32) {
    #[cfg(target_arch = "x86_64")]
    match access {
        Access::Read => crate::isa::fetch_into_second(line),
        Access::Write => crate::isa::fetch_to_write(line),
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (access, line);
}

#[cfg(test)]
mod tests {
    use netc_plan::MapStrides;

    use super::super::places::Tiling;
    use super::*;

    #[test]
    fn turns_fetch_every_line_of_the_tiles_once_and_in_equal_shares() {
        let tiling = Tiling { grid: (2, 3), side: 4, ends_short: [false; 2] };
        let strides = MapStrides { image: 6400, row: 640, pixel: 40 };
        let map = Pixels { base: core::ptr::null(), strides, tiling, rows: 8, columns: 12, channels: 40 };
        let (tiles, turns) = ((2, 9), 5);
        let mut ahead = Ahead::of(map, Access::Read, tiles, turns);
        let (mut found, mut shares) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            let before = found.len();
            ahead.next(|_, line| found.push(line));
            shares.push((found.len() - before) / (3 * 16));
        }
        let mut all = Vec::new();
        tiling.places(tiles.0).take(7).for_each(|place| {
            map.each(place, |pixel| all.extend([0, 16, 32].map(|at| pixel.wrapping_add(at))));
        });
        assert_eq!(found, all);
        assert_eq!(shares, [1, 1, 2, 1, 2]);
    }
}
