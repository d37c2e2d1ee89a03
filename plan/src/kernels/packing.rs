//! The copies between matrices in any layout and packed panels of 32 columns.

use super::{CopyAxis, CopyPlan, Panels};

/// A copy with the offsets of its bases from the bases of the whole source and destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyPart {
    /// The copy.
    pub plan: CopyPlan,
    /// Elements from the whole source's base to this copy's.
    pub source: i64,
    /// Elements from the whole destination's base to this copy's.
    pub destination: i64,
}

/// A run of panels of one width: the full ones, or the narrower last one.
#[derive(Clone, Copy)]
struct Run {
    /// The first panel.
    first: u32,
    panels: u32,
    /// Columns of each.
    columns: u32,
    /// Columns of each as stored.
    width: u32,
}

fn runs(columns: u32) -> [Option<Run>; 2] {
    let (full, tail) = (columns / Panels::COLUMNS, columns % Panels::COLUMNS);
    [
        (full > 0).then_some(Run { first: 0, panels: full, columns: Panels::COLUMNS, width: Panels::COLUMNS }),
        (tail > 0).then_some(Run { first: full, panels: 1, columns: tail, width: tail.next_multiple_of(8) }),
    ]
}

/// Strides of `rows` (slowest first) in panels of `width`, and elements of such a panel.
fn packed_strides(rows: &[(u32, i64)], width: u32) -> ([i64; 6], i64) {
    let mut strides = [0; 6];
    let mut stride = i64::from(width);
    for (axis, &(extent, _)) in rows.iter().enumerate().rev() {
        strides[axis] = stride;
        stride *= i64::from(extent);
    }
    (strides, stride)
}

/// Packs a strided matrix into panels, zeros in the columns by which the last one is rounded up.
///
/// `rows` are the row axes as (extent, source stride), slowest first and at most six: `[(taps, …), (k, …)]` gives
/// `[panel][tap][k][32]`. One copy for the full panels, one for the last.
///
/// # Panics
/// If there are more than six row axes.
pub fn pack(rows: &[(u32, i64)], columns: u32, column_stride: i64) -> [Option<CopyPart>; 2] {
    runs(columns).map(|run| run.map(|run| part(rows, run, column_stride, true)))
}

/// The inverse of [`pack`]: from panels to a strided matrix.
///
/// # Panics
/// If there are more than six row axes.
pub fn unpack(rows: &[(u32, i64)], columns: u32, column_stride: i64) -> [Option<CopyPart>; 2] {
    runs(columns).map(|run| run.map(|run| part(rows, run, column_stride, false)))
}

fn part(rows: &[(u32, i64)], run: Run, column_stride: i64, packs: bool) -> CopyPart {
    assert!(rows.len() <= 6, "at most six row axes");
    let (strides, panel) = packed_strides(rows, run.width);
    let (_, full_panel) = packed_strides(rows, Panels::COLUMNS);
    let axis = |extent, strided, packed| {
        if packs { CopyAxis::new(extent, strided, packed) } else { CopyAxis::new(extent, packed, strided) }
    };
    let mut plan = CopyPlan { axes: [CopyAxis::UNUSED; 8] };
    plan.axes[0] = axis(run.panels, i64::from(Panels::COLUMNS) * column_stride, panel);
    for (index, &(extent, stride)) in rows.iter().enumerate() {
        plan.axes[1 + index] = axis(extent, stride, strides[index]);
    }
    let padding = if packs { run.width - run.columns } else { 0 };
    plan.axes[7] = axis(run.columns, column_stride, 1).padded(0, padding);
    let strided = i64::from(run.first * Panels::COLUMNS) * column_stride;
    let packed = i64::from(run.first) * full_panel;
    if packs {
        CopyPart { plan, source: strided, destination: packed }
    } else {
        CopyPart { plan, source: packed, destination: strided }
    }
}

/// Transposes every tap of packed weights: from panels `[panel of n][tap][k][32]` to `[panel of k][tap][n][32]`, with
/// the taps in reverse order if `mirrored` (an input gradient of stride 1 is a convolution with mirrored taps). Up to
/// four copies, for full and last panels of either side.
pub fn transpose_packed(taps: u32, k: u32, n: u32, mirrored: bool) -> [Option<CopyPart>; 4] {
    let mut parts = [None; 4];
    let (k_runs, n_runs) = (runs(k), runs(n));
    for (index, slot) in parts.iter_mut().enumerate() {
        if let (Some(from), Some(to)) = (n_runs[index / 2], k_runs[index % 2]) {
            *slot = Some(transposed_part(taps, k, n, mirrored, from, to));
        }
    }
    parts
}

fn transposed_part(taps: u32, k: u32, n: u32, mirrored: bool, from: Run, to: Run) -> CopyPart {
    let columns = i64::from(Panels::COLUMNS);
    let (taps_long, k, n) = (i64::from(taps), i64::from(k), i64::from(n));
    let (from_width, to_width) = (i64::from(from.width), i64::from(to.width));
    let tap_there = n * to_width * if mirrored { -1 } else { 1 };
    let plan = CopyPlan {
        axes: [
            CopyAxis::new(from.panels, taps_long * k * columns, columns * to_width),
            CopyAxis::new(to.panels, columns * from_width, taps_long * n * columns),
            CopyAxis::new(taps, k * from_width, tap_there),
            CopyAxis::new(from.columns, 1, to_width),
            CopyAxis::new(to.columns, from_width, 1).padded(0, to.width - to.columns),
            CopyAxis::UNUSED,
            CopyAxis::UNUSED,
            CopyAxis::UNUSED,
        ],
    };
    let (from_first, to_first) = (i64::from(from.first), i64::from(to.first));
    let last_tap = if mirrored { (taps_long - 1) * n * to_width } else { 0 };
    CopyPart {
        plan,
        source: from_first * taps_long * k * columns + to_first * columns * from_width,
        destination: from_first * columns * to_width + to_first * taps_long * n * columns + last_tap,
    }
}
