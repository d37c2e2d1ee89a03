//! Where tiles lie: along a row of a map, row after row, map after map.

/// A tile's map and the first pixel that is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub image: u32,
    pub top: u32,
    pub left: u32,
}

/// The places of tiles that follow one another.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// Pixels along a side of what belongs to a tile.
    side: u32,
    /// Where rows and columns of tiles end, in pixels.
    ends: (u32, u32),
    next: Place,
}

impl Places {
    /// From tile `first` on, `grid` tiles down and across each map, `side` pixels apart.
    pub fn from(first: u64, grid: (u32, u32), side: u32) -> Self {
        let (down, across) = (u64::from(grid.0), u64::from(grid.1));
        let (row, column) = (first / across, (first % across) as u32);
        let next = Place { image: (row / down) as u32, top: (row % down) as u32 * side, left: column * side };
        Self { side, ends: (grid.0 * side, grid.1 * side), next }
    }
}

impl Iterator for Places {
    type Item = Place;

    #[inline]
    fn next(&mut self) -> Option<Place> {
        let place = self.next;
        self.next.left += self.side;
        if self.next.left == self.ends.1 {
            (self.next.left, self.next.top) = (0, place.top + self.side);
            if self.next.top == self.ends.0 {
                (self.next.top, self.next.image) = (0, place.image + 1);
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
        let all: Vec<Place> = Places::from(0, (2, 3), 4).take(12).collect();
        let want = (0..2)
            .flat_map(|image| [0, 4].into_iter().flat_map(move |top| [0, 4, 8].map(|left| Place { image, top, left })));
        assert_eq!(all, want.collect::<Vec<_>>());
        for first in 0..12 {
            assert_eq!(Places::from(first, (2, 3), 4).next(), Some(all[first as usize]));
        }
    }
}
