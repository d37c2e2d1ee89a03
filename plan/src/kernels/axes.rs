//! Axes of kernel plans: extents, strides, and which elements they reach.

/// Why a plan is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// An extent is zero; an axis that is not used has extent 1.
    ZeroExtent,
    /// Offsets or products exceed what executors compute without overflow (2⁴⁰ elements).
    TooLarge,
    /// A stride inside a packed panel is no multiple of 32, or a panel stride is missing.
    Panel,
    /// An epilogue has fewer operands than it reads, more than eight, or a column stride other than 0 and 1.
    Operand,
    /// Chunks are computed into slots but there is only one chunk.
    Slots,
    /// Axes are joined by the maximum that have strides in C, or in a call of several chunks or with such an epilogue.
    Maxima,
    /// A border's kernel runs backwards, or its columns do.
    Border,
    /// The valid part of a copied axis lies outside the axis.
    Valid,
    /// Two positions write the same element.
    Overlap,
}

impl core::fmt::Display for PlanError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            PlanError::ZeroExtent => "an axis has extent 0",
            PlanError::TooLarge => "an offset or product exceeds 2^40 elements",
            PlanError::Panel => "a stride does not fit packed panels of 32 columns",
            PlanError::Operand => "the epilogue's operands do not fit its kind",
            PlanError::Slots => "slots need at least two chunks",
            PlanError::Maxima => "no maximum can be taken over these axes",
            PlanError::Border => "a border needs a kernel and rows that run forwards",
            PlanError::Valid => "the valid part of a copied axis lies outside of it",
            PlanError::Overlap => "two positions write the same element",
        })
    }
}

impl core::error::Error for PlanError {}

/// An axis of a written box: `extent` positions, `stride` elements apart.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axis {
    /// Number of positions.
    pub extent: u32,
    /// Elements from one position to the next.
    pub stride: i64,
}

impl Axis {
    /// An axis that is not used.
    pub const UNUSED: Self = Self { extent: 1, stride: 0 };
}

/// An axis over which a contraction repeats: images, groups, output rows.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OuterAxis {
    /// Number of positions.
    pub extent: u32,
    /// Stride in A.
    pub a: i64,
    /// Stride in B.
    pub b: i64,
    /// Stride in C.
    pub c: i64,
}

impl OuterAxis {
    /// An axis that is not used.
    pub const UNUSED: Self = Self { extent: 1, a: 0, b: 0, c: 0 };
}

/// The axis m: rows of A and C that share B.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowAxis {
    /// Number of rows.
    pub extent: u32,
    /// Stride in A.
    pub a: i64,
    /// Stride in C.
    pub c: i64,
}

/// An axis that is summed over: a kernel's rows and columns, images of a weight gradient, k.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TapAxis {
    /// Number of terms.
    pub extent: u32,
    /// Stride in A.
    pub a: i64,
    /// Stride in B.
    pub b: i64,
}

impl TapAxis {
    /// An axis that is not used.
    pub const UNUSED: Self = Self { extent: 1, a: 0, b: 0 };
}

/// How the columns of B, of C or of an epilogue's operand lie in memory.
///
/// Columns are cut into panels of 32; column `32·p + lane` lies `p·stride + lane` elements after column 0. A row-major
/// matrix has `stride = 32` ([`Panels::ROWS`]). In a *packed* operand all rows of a panel lie together; its last panel,
/// of `r < 32` columns, is stored `w = r rounded up to 8` columns wide, and every stride *inside* the panel shrinks by
/// `w/32` there. Strides of m, taps and k lie inside; those of outer axes only where `inside` says so. Columns from
/// `r` to `w` hold zeros; kernels neither write them nor let them count.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Panels {
    /// Elements from one panel of 32 columns to the next.
    pub stride: i64,
    /// Bit [`Panels::PACKED`] for a packed operand; bit `i` if the stride of outer axis `i` lies inside a panel.
    pub inside: u32,
}

impl Panels {
    /// Columns of a panel.
    pub const COLUMNS: u32 = 32;
    /// The bit of `inside` that marks a packed operand.
    pub const PACKED: u32 = 1 << 31;
    /// A row-major matrix: columns follow each other.
    pub const ROWS: Self = Self { stride: 32, inside: 0 };

    /// A packed operand whose panels hold `rows` rows each; outer axes lie outside the panels.
    pub const fn packed(rows: u64) -> Self {
        Self { stride: (rows * Self::COLUMNS as u64) as i64, inside: Self::PACKED }
    }

    /// The same with the stride of outer axis `axis` inside a panel (a kernel's taps in a weight gradient).
    pub const fn with_outer_inside(self, axis: u32) -> Self {
        Self { stride: self.stride, inside: self.inside | 1 << axis }
    }

    /// Whether all rows of a panel lie together.
    pub const fn is_packed(&self) -> bool {
        self.inside & Self::PACKED != 0
    }

    /// Elements of a packed operand of `rows` rows and `columns` columns, tail rounded up to 8 included.
    pub const fn packed_len(rows: u64, columns: u64) -> u64 {
        rows * columns.next_multiple_of(8)
    }

    /// `stride`, which lies inside a panel, as it is in the panel that starts at column `32·panel` of `n`.
    pub const fn scale(&self, stride: i64, panel: u32, n: u32) -> i64 {
        let left = n - panel * Self::COLUMNS;
        if !self.is_packed() || left >= Self::COLUMNS {
            return stride;
        }
        stride / Self::COLUMNS as i64 * left.next_multiple_of(8) as i64
    }

    /// The stride of outer axis `axis` in that panel.
    pub const fn scale_outer(&self, axis: usize, stride: i64, panel: u32, n: u32) -> i64 {
        if self.inside >> axis & 1 == 0 { stride } else { self.scale(stride, panel, n) }
    }
}

/// The lowest and highest element offset, both inclusive, that a call touches relative to a base pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Lowest offset; at most 0.
    pub low: i64,
    /// Highest offset; at least 0.
    pub high: i64,
}

/// Offsets beyond this are refused, so that sums of a dozen of them cannot overflow.
pub(crate) const LIMIT: u64 = 1 << 40;

impl Reach {
    /// The base element alone.
    pub const POINT: Self = Self { low: 0, high: 0 };

    /// Floats from the lowest offset to the highest, both included.
    pub const fn floats(&self) -> u64 {
        (self.high - self.low + 1) as u64
    }

    /// The reach after an axis of `extent` positions is added; `TooLarge` beyond 2⁴⁰ elements.
    pub const fn along(self, extent: u32, stride: i64) -> Result<Self, PlanError> {
        if extent == 0 {
            return Err(PlanError::ZeroExtent);
        }
        let last = match ((extent - 1) as u64).checked_mul(stride.unsigned_abs()) {
            Some(last) if last < LIMIT => last as i64,
            _ => return Err(PlanError::TooLarge),
        };
        Ok(if stride < 0 {
            Self { low: self.low - last, high: self.high }
        } else {
            Self { low: self.low, high: self.high + last }
        })
    }

    /// The smallest reach that covers both.
    pub const fn hull(self, other: Self) -> Self {
        Self {
            low: if self.low < other.low { self.low } else { other.low },
            high: if self.high > other.high { self.high } else { other.high },
        }
    }
}

/// Whether distinct positions of a box have distinct offsets: sorted by stride, each axis steps over all smaller ones.
/// (Sufficient, and necessary for the nested layouts that programs use.)
pub(crate) const fn disjoint<const RANK: usize>(mut axes: [Axis; RANK]) -> bool {
    let mut from = 0;
    while from < RANK {
        let mut least = from;
        let mut at = from + 1;
        while at < RANK {
            if axes[at].stride.unsigned_abs() < axes[least].stride.unsigned_abs() {
                least = at;
            }
            at += 1;
        }
        let axis = axes[least];
        axes[least] = axes[from];
        axes[from] = axis;
        from += 1;
    }
    let mut covered = 0u64;
    let mut at = 0;
    while at < RANK {
        if axes[at].extent > 1 {
            let stride = axes[at].stride.unsigned_abs();
            if stride <= covered {
                return false;
            }
            covered += (axes[at].extent - 1) as u64 * stride;
        }
        at += 1;
    }
    true
}
