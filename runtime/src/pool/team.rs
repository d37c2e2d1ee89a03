//! What the threads of a pool share: the published job, who takes which unit, and how workers wait.
//!
//! Three facts make it safe to go on without the workers.
//!
//! 1. **Units are taken by moving their lane's word from `(epoch, unit)` to `(epoch, unit + n)`**, in one
//!    compare-exchange. A word belongs to one step alone, so a worker that woke too late fails on every lane. (Epochs
//!    have 40 bits: one would have to sleep through 2⁴⁰ steps, and wake exactly then.)
//! 2. **Who takes a unit has read that unit's job whole.** The walker changes all lanes, then (release fence) the job,
//!    then (release) the epoch. A worker reads the epoch (acquire), the job, then (acquire fence) the lanes. If any
//!    part of the job that it read belongs to a later step, the fences order that step's lanes before its
//!    compare-exchange, which then finds a later epoch and fails.
//! 3. **The walker goes on when all units are counted as done** (acquire), and only who took units counts them
//!    (release), after executing them. So no job changes while someone executes it, all that a step wrote is seen by
//!    the walker and, through the next epoch, by the workers; and nobody counts for a later step.

use core::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::thread::{self, JoinHandle};

use netc_plan::StepFn;

/// Turns of the waiting loop before a worker parks: from a tenth of a millisecond to one, as long as the processor's
/// `pause` takes.
const SPINS: u32 = 20_000;

/// Of its own units a thread takes one in two that are left, of another's one in eight: rarely, since taking some
/// waits for the stores of those before, and few at last, so that threads end together.
const OWN: u32 = 2;
const OTHERS: u32 = 8;

/// A step of several units, as one thread sees it.
#[derive(Clone, Copy)]
pub(super) struct Job {
    pub function: StepFn,
    pub plan: *const u8,
    pub pointers: *const *mut f32,
    pub units: u32,
    pub together: u32,
    pub threads: u32,
    pub scratch: *mut f32,
    pub scratch_floats: usize,
}

/// The job of an epoch, in atomic parts because a late worker may read while the next one is written. With its epoch on
/// one pair of cache lines, so that a worker that spins on the epoch has the job when it sees it change.
#[repr(align(128))]
#[derive(Debug, Default)]
struct Board {
    epoch: AtomicU64,
    /// A [`StepFn`], never null once an epoch is published.
    function: AtomicPtr<()>,
    plan: AtomicPtr<u8>,
    pointers: AtomicPtr<*mut f32>,
    units: AtomicU32,
    together: AtomicU32,
    threads: AtomicU32,
    scratch: AtomicPtr<f32>,
    scratch_floats: AtomicUsize,
}

/// The next unit of the range that one thread starts with, under its epoch; on cache lines of its own.
#[repr(align(128))]
#[derive(Debug, Default)]
pub(super) struct Lane(AtomicU64);

/// A number on cache lines of its own.
#[repr(align(128))]
#[derive(Debug, Default)]
struct Count(AtomicU32);

/// A worker's way to sleep, on cache lines of its own.
#[repr(align(128))]
#[derive(Debug, Default)]
struct Bed {
    is_parked: AtomicBool,
}

#[derive(Debug)]
pub(super) struct Team {
    board: Board,
    /// Units of the published job that workers have executed.
    done: Count,
    lanes: Box<[Lane]>,
    beds: Box<[Bed]>,
    quit: AtomicBool,
    spins: u32,
}

impl Lane {
    const UNIT_BITS: u32 = 24;
    /// Most units of a job.
    pub const MOST: u32 = (1 << Self::UNIT_BITS) - 1;

    fn open(&self, epoch: u64, unit: u32) {
        self.0.store(epoch << Self::UNIT_BITS | u64::from(unit), Ordering::Relaxed);
    }

    /// Takes the next units of `epoch` below `end`: one in `divisor` of those left, at least `least` if there are as
    /// many.
    fn take(&self, epoch: u64, end: u32, divisor: u32, least: u32) -> Option<Range<u32>> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let unit = (word & u64::from(Self::MOST)) as u32;
            if word >> Self::UNIT_BITS != epoch & (u64::MAX >> Self::UNIT_BITS) || unit >= end {
                return None;
            }
            let count = (end - unit).div_ceil(divisor).max(least.min(end - unit));
            match self.0.compare_exchange_weak(word, word + u64::from(count), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(unit..unit + count),
                Err(now) => word = now,
            }
        }
    }
}

impl Team {
    /// Room for so many threads, the walker's included. They spin while they wait only if each can have a core.
    pub fn new(threads: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self {
            board: Board::default(),
            done: Count::default(),
            lanes: (0..threads).map(|_| Lane::default()).collect(),
            beds: (0..threads).map(|_| Bed::default()).collect(),
            quit: AtomicBool::new(false),
            spins: if threads <= cores { SPINS } else { 0 },
        }
    }

    /// Executes a job with the workers' help and returns when all of its units are done.
    ///
    /// # Safety
    /// One thread at a time, as the walker of `workers`; each unit of `job` may be executed on any thread, with scratch
    /// for `job.threads` threads.
    pub unsafe fn run(&self, job: &Job, workers: &[JoinHandle<()>]) {
        let epoch = self.publish(job);
        for (bed, worker) in self.beds[1..].iter().zip(workers) {
            if bed.is_parked.load(Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        // SAFETY: by the caller's promise; the job is this epoch's.
        let own = unsafe { self.take_units(job, epoch, 0) };
        let mut turns = 0;
        while self.done.0.load(Ordering::Acquire) + own != job.units {
            turns += 1;
            if turns > self.spins { thread::yield_now() } else { core::hint::spin_loop() }
        }
    }

    /// Shows a job to the workers; its epoch. All units of the job before are done.
    pub(super) fn publish(&self, job: &Job) -> u64 {
        let epoch = self.board.epoch.load(Ordering::Relaxed) + 1;
        for (index, lane) in self.lanes[..job.threads as usize].iter().enumerate() {
            lane.open(epoch, job.range(index).0);
        }
        self.done.0.store(0, Ordering::Relaxed);
        // Fact 2: with the fence of `work`.
        fence(Ordering::Release);
        self.board.write(job);
        // Sequentially consistent, as are the worker's store of `is_parked` and its second look at the epoch: either
        // the worker sees the new epoch, or this thread sees that it is parked.
        self.board.epoch.store(epoch, Ordering::SeqCst);
        epoch
    }

    /// Makes workers return. They must be unparked afterwards.
    pub fn quit(&self) {
        self.quit.store(true, Ordering::Relaxed);
        self.board.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// The life of worker `index`.
    pub fn work(&self, index: usize) {
        let mut seen = 0;
        loop {
            seen = self.wait(index, seen);
            if self.quit.load(Ordering::Relaxed) {
                return;
            }
            let job = self.board.read();
            fence(Ordering::Acquire);
            // SAFETY: what is taken under this epoch belongs to this job (facts 1 and 2), and its walker waits for it.
            let own = unsafe { self.take_units(&job, seen, index) };
            if own > 0 {
                self.done.0.fetch_add(own, Ordering::Release);
            }
        }
    }

    /// Waits until the epoch is another than `seen`, first spinning, then parked; the epoch.
    fn wait(&self, index: usize, seen: u64) -> u64 {
        for _ in 0..self.spins {
            let epoch = self.board.epoch.load(Ordering::Acquire);
            if epoch != seen {
                return epoch;
            }
            core::hint::spin_loop();
        }
        let bed = &self.beds[index];
        bed.is_parked.store(true, Ordering::SeqCst);
        loop {
            let epoch = self.board.epoch.load(Ordering::SeqCst);
            if epoch != seen {
                bed.is_parked.store(false, Ordering::SeqCst);
                return epoch;
            }
            thread::park();
        }
    }

    /// Executes units of `job`, own ones first, then what is left of the others'; how many.
    ///
    /// # Safety
    /// Units that can be taken under `epoch` are units of `job`, which may be executed.
    pub(super) unsafe fn take_units(&self, job: &Job, epoch: u64, index: usize) -> u32 {
        let scratch = job.scratch.wrapping_add(index * job.scratch_floats);
        let threads = job.threads as usize;
        let mut taken = 0;
        for turn in 0..threads {
            let lane = (index + turn) % threads;
            let (_, end) = job.range(lane);
            let (divisor, least) = if turn == 0 { (OWN, job.together) } else { (OTHERS, 1) };
            while let Some(units) = self.lanes[lane].take(epoch, end, divisor, least) {
                // SAFETY: by the caller's promise; each unit is taken once.
                unsafe { (job.function)(job.plan, job.pointers, units.start, units.end, scratch) };
                taken += units.end - units.start;
            }
        }
        taken
    }
}

impl Job {
    /// The units that thread `index` starts with.
    fn range(&self, index: usize) -> (u32, u32) {
        // Products stay below 2⁶⁴: a job has fewer than 2²⁴ units and 2¹¹ threads.
        let at = |index: usize| (u64::from(self.units) * index as u64 / u64::from(self.threads)) as u32;
        (at(index), at(index + 1))
    }
}

impl Board {
    fn write(&self, job: &Job) {
        self.function.store(job.function as *mut (), Ordering::Relaxed);
        self.plan.store(job.plan.cast_mut(), Ordering::Relaxed);
        self.pointers.store(job.pointers.cast_mut(), Ordering::Relaxed);
        self.units.store(job.units, Ordering::Relaxed);
        self.together.store(job.together, Ordering::Relaxed);
        self.threads.store(job.threads, Ordering::Relaxed);
        self.scratch.store(job.scratch, Ordering::Relaxed);
        self.scratch_floats.store(job.scratch_floats, Ordering::Relaxed);
    }

    /// The job; if the walker is writing, parts of two jobs.
    fn read(&self) -> Job {
        let function = self.function.load(Ordering::Relaxed);
        Job {
            // SAFETY: after the first epoch this is always a `StepFn` that `write` stored.
            function: unsafe { core::mem::transmute::<*mut (), StepFn>(function) },
            plan: self.plan.load(Ordering::Relaxed),
            pointers: self.pointers.load(Ordering::Relaxed),
            units: self.units.load(Ordering::Relaxed),
            together: self.together.load(Ordering::Relaxed),
            threads: self.threads.load(Ordering::Relaxed),
            scratch: self.scratch.load(Ordering::Relaxed),
            scratch_floats: self.scratch_floats.load(Ordering::Relaxed),
        }
    }
}
