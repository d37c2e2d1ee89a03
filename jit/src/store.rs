//! Parameters and optimiser state: held once, shared by all instances of a network's programs.

use netc_compiler::program::{BufferId, Program, Segment};
use netc_runtime::Arena;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The segments `Params` and `State`. Their layout depends on neither mode nor batch, so every program of a network
/// that has the same states finds them at the same places.
#[derive(Debug)]
pub struct Store {
    params: Arena,
    /// Made when a training program first needs it.
    state: OnceLock<Arena>,
    lock: RwLock<()>,
    /// Changes whenever a parameter may have changed, so that derived values are made anew.
    version: AtomicU64,
}

// SAFETY: what the arenas hold is read under the read lock and written under the write lock only, through their
// addresses; the arenas themselves never change.
unsafe impl Sync for Store {}

/// Memory that was asked for and is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes that were asked for.
    pub bytes: usize,
}

impl std::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not enough memory for {} bytes", self.bytes)
    }
}

impl std::error::Error for OutOfMemory {}

/// Elements of an arena; to be used under a lock.
///
/// # Panics
/// If the arena has fewer.
fn elements(arena: &Arena, range: Range<usize>) -> *mut [f32] {
    assert!(range.start <= range.end && range.end <= arena.len(), "{range:?} of {} elements", arena.len());
    std::ptr::slice_from_raw_parts_mut(arena.as_ptr().cast_mut().wrapping_add(range.start), range.len())
}

/// An arena of zeros.
pub(crate) fn zeros(elements: usize) -> Result<Arena, OutOfMemory> {
    Arena::new(elements).ok_or(OutOfMemory { bytes: elements.saturating_mul(4) })
}

impl Store {
    /// Zeros for so many elements of parameters, and no optimiser state yet.
    pub fn new(params: usize) -> Result<Store, OutOfMemory> {
        Ok(Store { params: zeros(params)?, state: OnceLock::new(), lock: RwLock::new(()), version: AtomicU64::new(1) })
    }

    /// Makes room for the optimiser's state, zeroed. Returns whether it was made now and so wants its start values.
    pub fn make_state(&self, elements: usize) -> Result<bool, OutOfMemory> {
        if self.state.get().is_some() {
            return Ok(false);
        }
        let arena = zeros(elements)?;
        Ok(self.state.set(arena).is_ok())
    }

    /// A copy of a buffer of `Params` or `State`.
    pub fn read(&self, program: &Program, buffer: BufferId) -> Vec<f32> {
        let _guard = self.reading();
        let (segment, range) = place(program, buffer);
        // SAFETY: the read lock is held, so nobody writes.
        self.arena(segment).map_or_else(Vec::new, |arena| unsafe { &*elements(arena, range) }.to_vec())
    }

    /// Overwrites a buffer of `Params` or `State`.
    ///
    /// # Panics
    /// If `values` has another length than the buffer, or there is no state yet.
    pub fn write(&self, program: &Program, buffer: BufferId, values: &[f32]) {
        self.fill(program, buffer, |elements| elements.copy_from_slice(values));
    }

    /// Gives a buffer of `Params` or `State` to a function that overwrites its elements.
    ///
    /// # Panics
    /// If there is no state yet.
    pub fn fill(&self, program: &Program, buffer: BufferId, write: impl FnOnce(&mut [f32])) {
        let _guard = self.writing();
        let (segment, range) = place(program, buffer);
        let elements = elements(self.arena(segment).expect("state was made"), range);
        // SAFETY: the write lock is held, so nobody else reads or writes.
        write(unsafe { &mut *elements });
    }

    /// Elements of a segment.
    pub(crate) fn len(&self, segment: Segment) -> usize {
        self.arena(segment).map_or(0, Arena::len)
    }

    /// The first element of a segment; to be used under a lock.
    pub(crate) fn base(&self, segment: Segment) -> *mut f32 {
        self.arena(segment).map_or(std::ptr::null_mut(), |arena| arena.as_ptr().cast_mut())
    }

    #[inline]
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    #[inline]
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever writes makes all derived values stale.
    pub(crate) fn writing(&self) -> RwLockWriteGuard<'_, ()> {
        let guard = self.lock.write().unwrap_or_else(PoisonError::into_inner);
        self.version.fetch_add(1, Ordering::AcqRel);
        guard
    }

    fn arena(&self, segment: Segment) -> Option<&Arena> {
        if segment == Segment::State { self.state.get() } else { Some(&self.params) }
    }
}

fn place(program: &Program, buffer: BufferId) -> (Segment, Range<usize>) {
    let buffer = &program.buffers[buffer.0 as usize];
    (buffer.segment, buffer.offset..buffer.offset + buffer.elements)
}
