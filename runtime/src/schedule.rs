//! The schedule: a table of steps, walked by a small loop.

use netc_plan::StepFn;

/// One step of a schedule: a call of a kernel with its plan, its table of pointers and its number of units.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What is executed.
    pub function: StepFn,
    /// First argument of `function`.
    pub plan: *const u8,
    /// The call's table of base pointers.
    pub pointers: *const *mut f32,
    /// Independent units; 1 runs on the calling thread alone.
    pub units: u32,
    /// Units that a thread takes together while its own are as many: neighbours that cost less together. At least 1.
    pub together: u32,
    /// If not null: a number that is looked at when the step is done; unless it is 0, the walk stops there.
    pub stop: *const f32,
}

// SAFETY: a step is a record of addresses. Using them is `unsafe` (`walk`), and whoever walks promises that they are
// valid and that units may run on any thread.
unsafe impl Send for Step {}
// SAFETY: as above; a shared step is only read.
unsafe impl Sync for Step {}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Every step was executed.
    Done,
    /// The step of this index asked to stop; later ones were not executed.
    Stopped(usize),
}

/// Executes `steps` in order on the calling thread.
///
/// # Safety
/// For every step, `function` may be called with the step's `plan` and `pointers` for units `0..units`, and `stop` is
/// null or readable; `scratch` is as large as any step needs.
#[inline]
pub unsafe fn walk(steps: &[Step], scratch: *mut f32) -> Walk {
    for (index, step) in steps.iter().enumerate() {
        // SAFETY: by the caller's promise.
        unsafe { (step.function)(step.plan, step.pointers, 0, step.units, scratch) };
        // SAFETY: by the caller's promise.
        if unsafe { wants_stop(step) } {
            return Walk::Stopped(index);
        }
    }
    Walk::Done
}

/// Whether a step that is done asks to stop.
///
/// # Safety
/// `step.stop` is null or readable.
#[inline]
pub(crate) unsafe fn wants_stop(step: &Step) -> bool {
    // SAFETY: by the caller's promise.
    !step.stop.is_null() && unsafe { *step.stop } != 0.0
}
