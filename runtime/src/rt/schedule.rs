//! A generated program: its steps, the sizes of its memory, and running it.

use super::line::{Line, REGIONS};

/// Floats of a program's regions.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Parameters and buffers of the network.
    pub params: usize,
    /// Slots of the optimiser.
    pub state: usize,
    /// Everything that a run writes.
    pub work: usize,
    /// The last part of `work`: scratch of the running thread.
    pub scratch: usize,
}

/// A program of one mode and batch.
#[derive(Debug)]
pub struct Schedule {
    sizes: Sizes,
    constants: &'static [f32],
    /// Where in `work` the scalars are: numbers of the step, then five words; and how many numbers there are.
    scalars: (usize, usize),
    prepare: &'static [Line],
    run: &'static [Line],
    writes_states: bool,
}

/// What the derived values in a workspace belong to.
#[derive(Clone, Copy, Debug)]
pub struct Prepared {
    version: super::Version,
    schedule: *const Schedule,
}

// SAFETY: the address is compared and never read.
unsafe impl Send for Prepared {}
// SAFETY: as above.
unsafe impl Sync for Prepared {}

/// The numbers of one step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub rate: f32,
    pub seed: u64,
    pub step: u64,
    pub first: u64,
}

impl Schedule {
    /// A program that reads parameters.
    ///
    /// # Panics
    /// While Rust compiles, if a step reaches beyond a region or writes parameters.
    pub const fn new(
        sizes: Sizes,
        scalars: (usize, usize),
        constants: &'static [f32],
        prepare: &'static [Line],
        run: &'static [Line],
    ) -> Self {
        assert!(sizes.state == 0, "a program that only reads has no optimiser");
        Self::checked(sizes, scalars, constants, prepare, run, false)
    }

    /// A program that also changes parameters and slots.
    ///
    /// # Panics
    /// While Rust compiles, if a step reaches beyond a region.
    pub const fn training(
        sizes: Sizes,
        scalars: (usize, usize),
        constants: &'static [f32],
        run: &'static [Line],
    ) -> Self {
        Self::checked(sizes, scalars, constants, &[], run, true)
    }

    const fn checked(
        sizes: Sizes,
        scalars: (usize, usize),
        constants: &'static [f32],
        prepare: &'static [Line],
        run: &'static [Line],
        writes_states: bool,
    ) -> Self {
        let regions = [sizes.params, sizes.state, sizes.work, constants.len()];
        assert!(sizes.scratch <= sizes.work, "scratch is a part of the work");
        let (mut list, mut index) = (prepare, 0);
        while index < list.len() {
            list[index].check(regions, sizes.scratch, writes_states);
            index += 1;
        }
        (list, index) = (run, 0);
        while index < list.len() {
            list[index].check(regions, sizes.scratch, writes_states);
            index += 1;
        }
        Self { sizes, constants, scalars, prepare, run, writes_states }
    }

    /// Floats of its regions.
    pub const fn sizes(&self) -> Sizes {
        self.sizes
    }

    /// Runs it, first what depends on parameters alone if they changed. Whether it came to the end: not if a loss was
    /// not finite, or if a region is too small.
    pub(super) fn read(
        &'static self,
        params: &[f32],
        version: super::Version,
        work: &mut [f32],
        prepared: &mut Option<Prepared>,
        numbers: Numbers,
    ) -> bool {
        if self.writes_states || params.len() < self.sizes.params || work.len() < self.sizes.work {
            return false;
        }
        self.set(work, numbers);
        let bases = self.bases(params.as_ptr().cast_mut(), core::ptr::null_mut(), work);
        let is_prepared =
            prepared.is_some_and(|prepared| prepared.version == version && core::ptr::eq(prepared.schedule, self));
        if !is_prepared {
            // SAFETY: all lines were checked with the sizes of the regions, which are as large, and none writes
            // parameters or state; `work` is borrowed mutably.
            unsafe { self.walk(self.prepare, &bases) };
            *prepared = Some(Prepared { version, schedule: self });
        }
        // SAFETY: as above.
        unsafe { self.walk(self.run, &bases) }
    }

    /// Runs a program that changes parameters and slots; see [`Schedule::read`].
    pub(super) fn write(
        &'static self,
        params: &mut [f32],
        state: &mut [f32],
        work: &mut [f32],
        numbers: Numbers,
    ) -> bool {
        let Sizes { params: n_params, state: n_state, work: n_work, .. } = self.sizes;
        if params.len() < n_params || state.len() < n_state || work.len() < n_work {
            return false;
        }
        self.set(work, numbers);
        let bases = self.bases(params.as_mut_ptr(), state.as_mut_ptr(), work);
        // SAFETY: all lines were checked with the sizes of the regions, which are as large and borrowed mutably.
        unsafe { self.walk(self.run, &bases) }
    }

    fn set(&self, work: &mut [f32], numbers: Numbers) {
        let Numbers { rate, seed, step, first } = numbers;
        let (at, named) = self.scalars;
        let Some(scalars) = work.get_mut(at..) else { return };
        let words = [seed, seed >> 32, step, step >> 32, first].map(|word| f32::from_bits(word as u32));
        for (scalar, value) in scalars.iter_mut().zip(core::iter::repeat_n(rate, named).chain(words)) {
            *scalar = value;
        }
    }

    fn bases(&self, params: *mut f32, state: *mut f32, work: &mut [f32]) -> [*mut f32; REGIONS] {
        [params, state, work.as_mut_ptr(), self.constants.as_ptr().cast_mut()]
    }

    /// # Safety
    /// The lines are this schedule's; the bases lead to regions of its sizes, `Work` for this call alone, and the
    /// others too where lines write them.
    unsafe fn walk(&self, lines: &[Line], bases: &[*mut f32; REGIONS]) -> bool {
        let scratch = bases[super::Region::Work as usize].wrapping_add(self.sizes.work - self.sizes.scratch);
        // SAFETY: by the caller's promise.
        lines.iter().all(|line| unsafe { line.execute(bases, scratch) })
    }
}
