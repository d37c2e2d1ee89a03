//! Where tiles lie: along a row of a map, row after row, map after map.

/// A tile's map and the first pixel that is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub image: u32,
    pub top: u32,
    pub left: u32,
    /// Whether the tile is short along a column and along a row.
    pub short: [bool; 2],
}

/// How maps fall into tiles.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    /// Tiles along a column and along a row of a map.
    pub grid: (u32, u32),
    /// Pixels from one tile to the next.
    pub side: u32,
    /// Whether the last tiles of a column and of a row are short.
    pub ends_short: [bool; 2],
}

impl Tiling {
    /// Where the tiles from `first` on lie.
    pub fn places(self, first: u64) -> Places {
        let (down, across) = (u64::from(self.grid.0), u64::from(self.grid.1));
        let (row, column) = (first / across, first % across);
        Places { tiling: self, image: (row / down) as u32, row: (row % down) as u32, column: column as u32 }
    }
}

/// The places of tiles that follow one another.
#[derive(Clone, Copy)]
pub(super) struct Places {
    tiling: Tiling,
    /// The next tile's map, and its row and column among the map's tiles.
    image: u32,
    row: u32,
    column: u32,
}

impl Iterator for Places {
    type Item = Place;

    #[inline]
    fn next(&mut self) -> Option<Place> {
        let Tiling { grid: (down, across), side, ends_short } = self.tiling;
        let (ends_column, ends_row) = (self.row + 1 == down, self.column + 1 == across);
        let short = [ends_short[0] & ends_column, ends_short[1] & ends_row];
        let place = Place { image: self.image, top: self.row * side, left: self.column * side, short };
        self.column += 1;
        if ends_row {
            (self.row, self.column) = (self.row + 1, 0);
            if ends_column {
                (self.image, self.row) = (self.image + 1, 0);
            }
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_follow_along_rows_and_maps() {
        let tiling = Tiling { grid: (2, 3), side: 4, ends_short: [true, false] };
        let all: Vec<Place> = tiling.places(0).take(12).collect();
        let want = (0..2).flat_map(|image| {
            let row = move |top| [0, 4, 8].map(|left| Place { image, top, left, short: [top == 4, false] });
            [0, 4].into_iter().flat_map(row)
        });
        assert_eq!(all, want.collect::<Vec<_>>());
        for first in 0..12 {
            assert_eq!(tiling.places(first).next(), Some(all[first as usize]));
        }
    }
}
