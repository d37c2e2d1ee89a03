//! Windows of a pooling: their sums are joined by the maximum in registers, before anything is stored.

use core::ops::Range;

use netc_plan::{ContractPlan, Panels};

use super::ContractCall;
use super::sums::{PanelPart, advance, triple};
use super::tile::{Heights, Run, Tile, each_run};

/// Most windows that are joined in registers.
const MOST_WINDOWS: usize = 9;
/// Most runs of all windows.
const MOST_RUNS: usize = 64;

/// The runs of all windows of a row block. They hold for the next block too, unless other taps read its map.
struct Runs {
    runs: [Run; MOST_RUNS],
    count: usize,
    /// Taps of each window.
    taps: [(u32, u32); MOST_WINDOWS],
}

impl ContractCall {
    /// Whether kernels join the windows of the panel.
    pub(super) fn joins_windows(&self, panel: u32) -> bool {
        let is_full = self.plan.n - panel * Panels::COLUMNS >= Panels::COLUMNS;
        self.has_few_windows && is_full && !self.tiles().joined.is_empty()
    }

    /// Computes the row blocks `blocks` of one panel whose windows kernels join.
    ///
    /// # Safety
    /// As for the first phase.
    pub(super) unsafe fn joined_rows(&self, pointers: *const *mut f32, panel: u32, blocks: Range<u64>) {
        let plan = &self.plan;
        let kernels = self.tiles().joined;
        let part = self.panel_part(panel);
        let mut runs = Runs { runs: [Run::NONE; MOST_RUNS], count: 0, taps: [(0, 0); MOST_WINDOWS] };
        for (index, outer, rows) in self.row_blocks(blocks) {
            runs.update(self, &part, &outer);
            // SAFETY: the table has these entries.
            let mut tile = unsafe {
                Tile {
                    a: self.a(pointers, &outer, 0).wrapping_offset(rows.start as isize * plan.m.a as isize),
                    b: self.b(pointers, &outer, &part, 0),
                    c: self.output(pointers, 0, &outer, index, &part).wrapping_offset(rows.start as isize * part.c_row),
                    a_row: plan.m.a as isize,
                    c_row: part.c_row,
                    k: triple(part.axes[4]),
                    columns: part.columns,
                    ..Tile::PLAIN
                }
            };
            // SAFETY: by the caller's promise.
            let finish = unsafe { self.finish(pointers, &part, &outer, true) };
            for (first, height) in Heights::of(rows.end - rows.start, kernels.len() as u32).each() {
                tile.finish = finish.at((rows.start + first) as isize, 0);
                // SAFETY: by the caller's promise; the kernel is that of the instruction set for this height.
                unsafe { kernels[height as usize - 1](&tile, &runs.runs[..runs.count]) };
                tile.a = tile.a.wrapping_offset(height as isize * tile.a_row);
                tile.c = tile.c.wrapping_offset(height as isize * tile.c_row);
            }
        }
    }
}

impl Runs {
    /// Makes the runs of the row blocks at an outer position of the panel.
    #[inline]
    fn update(&mut self, call: &ContractCall, part: &PanelPart, outer: &[u32; 6]) {
        let plan = &call.plan;
        let outermost = plan.taps.iter().position(|tap| tap.extent > 1);
        let extent = outermost.map_or(1, |axis| plan.taps[axis].extent);
        let mut taps = [(0, 0); MOST_WINDOWS];
        let mut at = *outer;
        for taps in &mut taps[..call.joined as usize] {
            *taps = call.taps_inside(&at, 0, extent);
            advance(plan, &mut at, plan.written()..6);
        }
        if self.taps != taps {
            (self.taps, self.count) = (taps, 0);
            for (begin, end) in taps.into_iter().take(call.joined as usize) {
                let mut axes = part.axes.map(triple);
                if let Some(axis) = outermost {
                    axes[axis].0 = (end - begin) as usize;
                    self.add(plan, &at, axes, begin as isize * axes[axis].1, begin as isize * axes[axis].2);
                } else {
                    self.add(plan, &at, axes, 0, 0);
                }
                advance(plan, &mut at, plan.written()..6);
            }
        }
    }

    /// Adds the window at an outer position, its taps from a place in A and B on.
    fn add(&mut self, plan: &ContractPlan, outer: &[u32; 6], axes: [(usize, isize, isize); 5], a: isize, b: isize) {
        let joined = plan.written()..6;
        let a = a + joined.map(|axis| outer[axis] as isize * plan.outer[axis].a as isize).sum::<isize>();
        let [t0, t1, t2, t3, k] = axes;
        let origin = core::ptr::null::<f32>();
        let window = Window { a: origin.wrapping_offset(a), b: origin.wrapping_offset(b), taps: [t0, t1, t2, t3] };
        each_run!(window, |a, b| {
            self.runs[self.count] = Run { a: a as isize, b: b as isize, terms: k.0, ends: 0 };
            self.count += 1;
        });
        self.runs[self.count - 1].ends = 1;
    }
}

/// Where a window lies, from the tile that its panel's first window is.
struct Window {
    a: *const f32,
    b: *const f32,
    taps: [(usize, isize, isize); 4],
}

/// Whether a call has windows that kernels join: few enough, of few enough runs, over one B.
pub(super) const fn are_few(plan: &ContractPlan) -> bool {
    let windows = plan.joined_positions();
    let mut axis = plan.written();
    while axis < 6 {
        if plan.outer[axis].b != 0 {
            return false;
        }
        axis += 1;
    }
    !plan.is_by_column()
        && windows > 1
        && windows <= MOST_WINDOWS as u64
        && windows * (plan.terms() / plan.k.extent as u64) <= MOST_RUNS as u64
}
