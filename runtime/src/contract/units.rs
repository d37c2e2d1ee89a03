//! From a range of units to rectangles: row blocks × groups of panels of one group of chunks.

use core::ops::Range;

use netc_plan::kernels::{ContractUnits, split_range};

/// Units that are computed together, so that rows of several units read a panel of B while it is in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    pub chunk_group: u32,
    pub row_blocks: Range<u64>,
    pub panel_groups: Range<u32>,
}

/// The rectangles of units `begin..end`: what is left of a group of the outer kind, whole groups, what was begun of
/// one.
pub(super) fn rectangles(grid: ContractUnits, units: Range<u32>) -> impl Iterator<Item = Rectangle> {
    let ContractUnits { panel_groups, row_groups, by_rows, one_by_one, .. } = grid;
    let (outer_groups, inner_groups) = if by_rows { (row_groups, panel_groups) } else { (panel_groups, row_groups) };
    let Range { start: mut unit, end } = units;
    core::iter::from_fn(move || {
        if unit >= end {
            return None;
        }
        let (inner, outer) = (unit % inner_groups, unit / inner_groups % outer_groups);
        let whole = (end - unit) / inner_groups;
        let (outer, inner) = if inner > 0 || whole == 0 {
            (outer..outer + 1, inner..inner_groups.min(inner + end - unit))
        } else {
            let whole = if one_by_one { 1 } else { whole };
            (outer..outer_groups.min(outer + whole), 0..inner_groups)
        };
        let chunk_group = unit / inner_groups / outer_groups;
        unit += outer.len() as u32 * inner.len() as u32;
        let (rows, panel_groups) = if by_rows { (outer, inner) } else { (inner, outer) };
        let blocks = |group| split_range(grid.row_blocks, row_groups, group);
        Some(Rectangle { chunk_group, row_blocks: blocks(rows.start).0..blocks(rows.end - 1).1, panel_groups })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three groups of two row blocks, five panels, two chunks.
    const GRID: ContractUnits = ContractUnits {
        m_blocks: 1,
        row_blocks: 6,
        panels: 5,
        chunk_groups: 2,
        panel_groups: 5,
        row_groups: 3,
        by_rows: true,
        one_by_one: false,
    };

    #[test]
    fn rectangles_cover_each_unit_once() {
        for (by_rows, one_by_one) in [(false, false), (true, false), (true, true)] {
            let grid = ContractUnits { by_rows, one_by_one, ..GRID };
            for (begin, end) in (0..30).flat_map(|begin| (begin..=30).map(move |end| (begin, end))) {
                let mut covered = vec![0; 30];
                for Rectangle { chunk_group, row_blocks, panel_groups } in rectangles(grid, begin..end) {
                    assert!(row_blocks.start % 2 == 0 && row_blocks.end % 2 == 0);
                    for row in row_blocks.start as u32 / 2..row_blocks.end as u32 / 2 {
                        for panel in panel_groups.clone() {
                            let place = if by_rows { row * 5 + panel } else { panel * 3 + row };
                            covered[(chunk_group * 15 + place) as usize] += 1;
                        }
                    }
                }
                let wanted: Vec<i32> = (0..30).map(|unit| i32::from((begin..end).contains(&unit))).collect();
                assert_eq!(covered, wanted, "{begin}..{end}");
            }
        }
    }

    #[test]
    fn one_thread_takes_a_chunk_as_a_whole() {
        let chunk = |chunk_group| Rectangle { chunk_group, row_blocks: 0..6, panel_groups: 0..5 };
        for by_rows in [false, true] {
            let taken: Vec<Rectangle> = rectangles(ContractUnits { by_rows, ..GRID }, 0..30).collect();
            assert_eq!(taken, [chunk(0), chunk(1)]);
        }
    }

    #[test]
    fn groups_of_rows_follow_each_other_where_b_stays_in_the_cache() {
        let taken = rectangles(ContractUnits { one_by_one: true, ..GRID }, 0..15);
        let rows: Vec<Range<u64>> = taken.map(|taken| taken.row_blocks).collect();
        assert_eq!(rows, [0..2, 2..4, 4..6]);
    }
}
