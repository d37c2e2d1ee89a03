//! Maps as tiles see them: what a transform reads or writes, and what is fetched of it while tiles before are multiplied.
//! Products leave memory idle, and a transform has too little to compute to wait for it.

use netc_plan::MapStrides;

/// Floats of a cache line.
const LINE: usize = 16;

/// The pixels of a map in tiles, some channels of each.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    /// The first channel of the map's first pixel.
    pub base: *const f32,
    pub strides: MapStrides,
    /// Tiles along a column and along a row of a map.
    pub grid: (u32, u32),
    /// Pixels from one tile to the next.
    pub side: u32,
    pub rows: u32,
    pub columns: u32,
    pub channels: usize,
}

/// What is done with pixels that are fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Into the second-level cache.
    Read,
    /// So that no other cache has them.
    Write,
}

impl Pixels {
    /// Fetches the pixels of part `part` of `parts` of the tiles `first..past`.
    #[inline]
    pub fn fetch(&self, access: Access, (first, past): (u64, u64), (part, parts): (u64, u64)) {
        let at = |part: u64| first + (past - first) * part / parts;
        for tile in at(part)..at(part + 1) {
            self.each(tile, |pixel| {
                for channel in (0..self.channels).step_by(LINE) {
                    fetch(access, pixel.wrapping_add(channel));
                }
            });
        }
    }

    /// The pixels from the first of a tile to the first of its neighbours.
    #[inline]
    fn each(&self, tile: u64, mut visit: impl FnMut(*const f32)) {
        let (down, across) = (u64::from(self.grid.0), u64::from(self.grid.1));
        let image = (tile / (down * across)) as u32;
        let (top, left) = ((tile / across % down) as u32 * self.side, (tile % across) as u32 * self.side);
        for row in top..(top + self.side).min(self.rows) {
            for column in left..(left + self.side).min(self.columns) {
                visit(self.base.wrapping_offset(self.strides.at(image, row, column) as isize));
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
    use super::*;

    #[test]
    fn tiles_share_out_the_pixels_of_all_maps() {
        // Two maps of 5 × 6, tiles of 4 × 4.
        let strides = MapStrides { image: 1000, row: 100, pixel: 10 };
        let map = Pixels { base: core::ptr::null(), strides, grid: (2, 2), side: 4, rows: 5, columns: 6, channels: 3 };
        let mut found = Vec::new();
        (0..8).for_each(|tile| map.each(tile, |pixel| found.push(pixel as usize / size_of::<f32>())));
        found.sort_unstable();
        let all = (0..2)
            .flat_map(|image| (0..5).flat_map(move |row| (0..6).map(move |at| 1000 * image + 100 * row + 10 * at)));
        assert_eq!(found, all.collect::<Vec<usize>>());
    }
}
