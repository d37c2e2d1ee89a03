//! Where a map ends: terms of a contraction that read the zeros around it.

use super::ContractPlan;

/// The end, along one axis, of a map that A is read from.
///
/// A kernel's position `t` of the result's position `outer…, m` lies at `first + Σ outer·position + m·row + tap·t` of
/// the map; outside of `0..extent` A holds zeros. Executors may leave those terms out, which changes no result but a
/// sum of −0 or one with a factor in B that is not finite.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Border {
    /// Positions of the map; 0 where it ends nowhere.
    pub extent: u32,
    /// Where the kernel's first position lies at the result's first.
    pub first: i32,
    /// Positions of the map from one position of an outer axis to the next.
    pub outer: [i32; 6],
    /// The same from row to row.
    pub m: i32,
    /// The same from one position of the kernel to the next; positive.
    pub tap: i32,
    /// Consecutive terms of the reduction axis at each position of the kernel: channels.
    pub run: u32,
}

impl Border {
    /// A map that ends nowhere.
    pub const NONE: Self = Self { extent: 0, first: 0, outer: [0; 6], m: 0, tap: 1, run: 1 };

    /// Whether no border is known.
    pub const fn is_none(&self) -> bool {
        self.extent == 0
    }

    /// The terms `begin..end`, of `terms`, that lie in the map in row `m` at an outer position. `begin` ≤ `end`.
    pub const fn inside(&self, outer: &[u32; 6], m: u32, terms: u32) -> (u32, u32) {
        if self.is_none() {
            return (0, terms);
        }
        let mut at = self.first as i64 + m as i64 * self.m as i64;
        let mut axis = 0;
        while axis < 6 {
            at += outer[axis] as i64 * self.outer[axis] as i64;
            axis += 1;
        }
        let begin = self.terms_before(-at, terms);
        let end = self.terms_before(self.extent as i64 - at, terms);
        (begin, end)
    }

    /// Terms at positions of the kernel that lie less than `distance` from its first.
    const fn terms_before(&self, distance: i64, terms: u32) -> u32 {
        if distance <= 0 {
            return 0;
        }
        let positions = (distance as u64).div_ceil(self.tap as u64);
        let before = positions.saturating_mul(self.run as u64);
        if before < terms as u64 { before as u32 } else { terms }
    }

    /// The border without an axis whose positions are now rows of another axis.
    pub(super) const fn without(self, axis: usize) -> Self {
        if self.outer[axis] != 0 || self.m != 0 { Self::NONE } else { self }
    }

    /// Whether executors understand it.
    pub(super) const fn is_valid(&self) -> bool {
        self.is_none() || self.tap > 0 && self.m >= 0 && self.run > 0
    }
}

impl ContractPlan {
    /// Whether a term, at positions of `taps…, k`, lies beyond a border in row `m` at an outer position.
    pub fn is_beyond(&self, outer: &[u32; 6], m: u32, term: [u32; 5]) -> bool {
        if self.tap_border.is_none() && self.k_border.is_none() {
            return false;
        }
        let lies_in = |border: &Border, extent: u32, at: u32| {
            let (begin, end) = border.inside(outer, m, extent);
            (begin..end).contains(&at)
        };
        let outermost = self.taps.iter().position(|tap| tap.extent > 1);
        let in_rows = outermost.is_none_or(|axis| lies_in(&self.tap_border, self.taps[axis].extent, term[axis]));
        !(in_rows && lies_in(&self.k_border, self.k.extent, term[4]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kernel of three positions, one of them before the map, over a map of seven; two channels.
    const BORDER: Border = Border { extent: 7, first: -1, m: 1, run: 2, ..Border::NONE };

    #[test]
    fn terms_within_the_map_are_counted_from_both_ends() {
        assert_eq!(BORDER.inside(&[0; 6], 0, 6), (2, 6));
        assert_eq!(BORDER.inside(&[0; 6], 3, 6), (0, 6));
        assert_eq!(BORDER.inside(&[0; 6], 6, 6), (0, 4));
        assert_eq!(Border::NONE.inside(&[0; 6], 6, 6), (0, 6));
    }

    #[test]
    fn steps_over_the_map_and_gaps_in_the_kernel_count() {
        let border = Border { first: -2, m: 0, outer: [0, 3, 0, 0, 0, 0], tap: 2, run: 1, ..BORDER };
        assert_eq!(border.inside(&[9, 0, 0, 0, 0, 0], 0, 3), (1, 3));
        assert_eq!(border.inside(&[0, 1, 0, 0, 0, 0], 0, 3), (0, 3));
        assert_eq!(border.inside(&[0, 2, 0, 0, 0, 0], 0, 3), (0, 2));
        assert_eq!(border.inside(&[0, 9, 0, 0, 0, 0], 0, 3), (0, 0));
    }

    #[test]
    fn a_term_is_beyond_if_a_row_or_a_column_is() {
        let mut plan = ContractPlan::dense(7, 8, 6);
        plan.taps[1].extent = 3;
        plan.tap_border = Border { m: 0, outer: [1, 0, 0, 0, 0, 0], run: 1, ..BORDER };
        plan.k_border = BORDER;
        assert!(plan.is_beyond(&[0; 6], 3, [0, 0, 0, 0, 3]));
        assert!(plan.is_beyond(&[3, 0, 0, 0, 0, 0], 0, [0, 1, 0, 0, 1]));
        assert!(!plan.is_beyond(&[3, 0, 0, 0, 0, 0], 0, [0, 1, 0, 0, 2]));
    }
}
