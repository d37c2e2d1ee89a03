//! Maps as tiles see them: what a transform reads or writes.

use netc_plan::MapStrides;

use super::places::{Place, Tiling};

/// The pixels of a map in tiles, some channels of each.
#[derive(Clone, Copy)]
pub(super) struct Pixels {
    /// The first channel of the map's first pixel.
    pub base: *const f32,
    pub strides: MapStrides,
    pub tiling: Tiling,
    pub rows: u32,
    pub columns: u32,
    pub channels: usize,
}

impl Pixels {
    /// The first channel of every pixel from the first of a tile to the first of its neighbours.
    #[inline]
    pub fn each(&self, place: Place, mut visit: impl FnMut(*const f32)) {
        let Place { image, top, left, .. } = place;
        let mut row = self.base.wrapping_offset(self.strides.at(image, top, left) as isize);
        for _ in top..(top + self.tiling.side).min(self.rows) {
            let mut pixel = row;
            for _ in left..(left + self.tiling.side).min(self.columns) {
                visit(pixel);
                pixel = pixel.wrapping_offset(self.strides.pixel as isize);
            }
            row = row.wrapping_offset(self.strides.row as isize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_share_out_the_pixels_of_all_maps() {
        // Two maps of 5 × 6, tiles of 4 × 4.
        let strides = MapStrides { image: 1000, row: 100, pixel: 10 };
        let tiling = Tiling { grid: (2, 2), side: 4, ends_short: [true; 2] };
        let map = Pixels { base: core::ptr::null(), strides, tiling, rows: 5, columns: 6, channels: 3 };
        let mut found = Vec::new();
        tiling
            .places(0)
            .take(8)
            .for_each(|place| map.each(place, |pixel| found.push(pixel as usize / size_of::<f32>())));
        found.sort_unstable();
        let all = (0..2)
            .flat_map(|image| (0..5).flat_map(move |row| (0..6).map(move |at| 1000 * image + 100 * row + 10 * at)));
        assert_eq!(found, all.collect::<Vec<usize>>());
    }
}
