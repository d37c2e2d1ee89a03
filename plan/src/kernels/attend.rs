//! Scaled dot-product attention over strided queries, keys and values.

use super::axes::disjoint;
use super::units::{clamp, min};
use super::{Axis, Panels, PlanError, Reach};

/// An axis over which attention repeats: samples, heads.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttendAxis {
    /// Number of positions.
    pub extent: u32,
    /// Stride in Q.
    pub q: i64,
    /// Stride in K.
    pub k: i64,
    /// Stride in V.
    pub v: i64,
    /// Stride in O.
    pub o: i64,
}

impl AttendAxis {
    /// An axis that is not used.
    pub const UNUSED: Self = Self { extent: 1, q: 0, k: 0, v: 0, o: 0 };
}

/// The steps of a sequence, or their features, in two operands.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SharedAxis {
    /// Number of positions.
    pub extent: u32,
    /// Stride in the first operand.
    pub first: i64,
    /// Stride in the second operand.
    pub second: i64,
}

/// `O[outer…, t, e] = Σₛ p(t, s)·V[outer…, s, e] / Σₛ p(t, s)` with `p = exp(score − largest)`.
///
/// **Meaning, to the bit.** `score(t, s)` is a chain of fused multiply-adds over the depth, from +0 and in ascending
/// order, of Q and K, times `scale`. Query t sees all keys, or, if `causal`, keys 0 to t. `largest` is the maximum of
/// the scores that it sees, in which NaN sticks. `p` is [`crate::math::exp`] of the difference, and +0 for keys that it
/// does not see. The divisor is 16 partial sums, of the keys s ≡ l mod 16 in ascending order, combined in halves; an
/// element of O is a chain of fused multiply-adds over the keys in ascending order, divided by it. With `causal` the
/// chain goes to the end of the block of 32 keys that holds key t.
///
/// **Pointers of a call**: O, Q, K, V. O overlaps no other operand.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AttendPlan {
    /// Axes over which attention repeats, outermost first; unused ones anywhere.
    pub outer: [AttendAxis; 6],
    /// Queries: strides in Q and O.
    pub queries: SharedAxis,
    /// Keys: strides in K and V.
    pub keys: SharedAxis,
    /// Features of queries and keys: strides in Q and K.
    pub depth: SharedAxis,
    /// Features of values: strides in V, which is 1, and in O.
    pub width: SharedAxis,
    /// Factor of the products.
    pub scale: f32,
    /// Whether query t sees keys 0 to t alone.
    pub causal: bool,
}

impl AttendPlan {
    /// Keys, and queries of a block, come in multiples of this.
    pub const BLOCK: u32 = Panels::COLUMNS;
    /// Scores of a block of queries that stay in a core's cache.
    const CACHED: u64 = 64 * 1024;
    /// Work of a unit in multiply-adds, about 5 µs on one core.
    const UNIT: u64 = 1 << 18;

    /// Positions of the outer axes together.
    pub const fn outer_positions(&self) -> u64 {
        let mut positions = 1u64;
        let mut axis = 0;
        while axis < 6 {
            positions = positions.saturating_mul(self.outer[axis].extent as u64);
            axis += 1;
        }
        positions
    }

    /// Multiply-adds of the whole call, keys that are not seen included.
    pub const fn macs(&self) -> u64 {
        let scores = self.outer_positions() * self.queries.extent as u64 * self.keys.extent as u64;
        scores * (self.depth.extent as u64 + self.width.extent as u64)
    }

    /// Keys that query `t` multiplies with values: those that it sees, to the end of the last block.
    pub const fn reached(&self, t: u32) -> u32 {
        if !self.causal {
            return self.keys.extent;
        }
        min(self.keys.extent as u64, (t as u64 / Self::BLOCK as u64 + 1) * Self::BLOCK as u64) as u32
    }

    /// Keys that query `t` sees.
    pub const fn seen(&self, t: u32) -> u32 {
        if self.causal { min(self.keys.extent as u64, t as u64 + 1) as u32 } else { self.keys.extent }
    }

    /// Floats from one query's scores to the next's in scratch: no power of two, which would crowd the cache.
    pub const fn score_stride(&self) -> u64 {
        (self.keys.extent as u64).next_multiple_of(Self::BLOCK as u64) + 16
    }

    /// Queries of a block, a multiple of [`AttendPlan::BLOCK`]: as many as their scores fit a cache, fewer where there
    /// would be too few blocks to share out.
    pub const fn block_rows(&self) -> u32 {
        let block = Self::BLOCK as u64;
        let mut rows = clamp(Self::CACHED / self.score_stride() / block * block, block, 4 * block);
        while rows > block && self.outer_positions() * (self.queries.extent as u64).div_ceil(rows) < 8 {
            rows -= block;
        }
        rows as u32
    }

    /// Blocks of queries in all, those of one outer position together.
    pub const fn blocks(&self) -> u64 {
        self.outer_positions() * (self.queries.extent.div_ceil(self.block_rows())) as u64
    }

    /// Units of the call, each a range of blocks.
    pub const fn units(&self) -> u32 {
        // A power costs about as much as sixteen multiply-adds.
        let per_score = self.depth.extent as u64 + self.width.extent as u64 + 16;
        let work = self.macs() / (per_score - 16) * per_score;
        clamp(work / Self::UNIT, 1, min(self.blocks(), 1024)) as u32
    }

    /// Floats of scratch that a thread needs: a block's scores, a panel of keys, a tile of results and the divisors.
    pub const fn scratch_floats(&self) -> u64 {
        let panel = (Self::BLOCK * self.depth.extent) as u64;
        let rows = self.block_rows() as u64;
        let tile = rows * Self::BLOCK as u64;
        rows * self.score_stride() + panel + tile + rows
    }

    /// Which elements of O are written.
    pub const fn reach_o(&self) -> Result<Reach, PlanError> {
        self.reach(3, [(self.queries.extent, self.queries.second), (self.width.extent, self.width.second)])
    }

    /// Which elements of Q are read.
    pub const fn reach_q(&self) -> Result<Reach, PlanError> {
        self.reach(0, [(self.queries.extent, self.queries.first), (self.depth.extent, self.depth.first)])
    }

    /// Which elements of K are read.
    pub const fn reach_k(&self) -> Result<Reach, PlanError> {
        self.reach(1, [(self.keys.extent, self.keys.first), (self.depth.extent, self.depth.second)])
    }

    /// Which elements of V are read.
    pub const fn reach_v(&self) -> Result<Reach, PlanError> {
        self.reach(2, [(self.keys.extent, self.keys.second), (self.width.extent, self.width.first)])
    }

    const fn reach(&self, operand: usize, inner: [(u32, i64); 2]) -> Result<Reach, PlanError> {
        let mut reach = Reach::POINT;
        let mut axis = 0;
        while axis < 6 {
            let outer = &self.outer[axis];
            let stride = [outer.q, outer.k, outer.v, outer.o][operand];
            reach = match reach.along(outer.extent, stride) {
                Ok(reach) => reach,
                Err(error) => return Err(error),
            };
            axis += 1;
        }
        match reach.along(inner[0].0, inner[0].1) {
            Ok(reach) => reach.along(inner[1].0, inner[1].1),
            Err(error) => Err(error),
        }
    }

    /// Whether executors accept the plan: extents positive, offsets and work below their limits, values contiguous,
    /// no element of O written twice.
    pub const fn check(&self) -> Result<(), PlanError> {
        let reaches = [self.reach_o(), self.reach_q(), self.reach_k(), self.reach_v()];
        let mut operand = 0;
        while operand < 4 {
            if let Err(error) = reaches[operand] {
                return Err(error);
            }
            operand += 1;
        }
        if self.width.extent > 1 && self.width.first != 1 {
            return Err(PlanError::Panel);
        }
        let features = self.depth.extent as u128 + self.width.extent as u128;
        let scores = self.outer_positions() as u128 * self.queries.extent as u128 * self.keys.extent as u128;
        if self.outer_positions() > 1 << 40 || scores * features > 1 << 62 || self.depth.extent > 1 << 24 {
            return Err(PlanError::TooLarge);
        }
        if disjoint(self.written()) { Ok(()) } else { Err(PlanError::Overlap) }
    }

    /// The axes of O, for whoever wants to know what is written.
    pub const fn written(&self) -> [Axis; 8] {
        let mut axes = [Axis::UNUSED; 8];
        let mut axis = 0;
        while axis < 6 {
            axes[axis] = Axis { extent: self.outer[axis].extent, stride: self.outer[axis].o };
            axis += 1;
        }
        axes[6] = Axis { extent: self.queries.extent, stride: self.queries.second };
        axes[7] = Axis { extent: self.width.extent, stride: self.width.second };
        axes
    }
}

/// Positions in an attention's pointer table.
pub mod attend_pointer {
    /// The result.
    pub const O: usize = 0;
    /// Queries.
    pub const Q: usize = 1;
    /// Keys.
    pub const K: usize = 2;
    /// Values.
    pub const V: usize = 3;
}
