//! Threads that walk a schedule together.
//!
//! The calling thread walks the steps. A step of several units is published to the workers; each thread first takes
//! units of its own range (so that it finds in its cache what it had in the step before) and then from the others'.
//! All wait for the last unit before the next step. Which thread computes a unit is not observable.

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};

use netc_plan::kernels::split_range;

use crate::schedule::{walk, wants_stop};
use crate::{Step, Walk};

/// Turns of the waiting loop before a worker parks: about 50 µs.
const SPINS: u32 = 20_000;

/// A team of threads, the caller's included.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// One walk at a time.
    turn: Mutex<()>,
}

/// A range of units that one thread starts with, on a cache line of its own.
#[repr(align(128))]
#[derive(Debug, Default)]
struct Lane {
    next: AtomicU32,
    end: AtomicU32,
}

/// A worker's way to sleep, on a cache line of its own.
#[repr(align(128))]
#[derive(Debug, Default)]
struct Bed {
    is_parked: AtomicBool,
}

#[derive(Debug)]
struct Shared {
    /// Counts published steps; a worker that sees a new number takes part.
    epoch: AtomicU64,
    /// Workers that have not finished the published step.
    pending: AtomicU32,
    step: AtomicPtr<Step>,
    scratch: AtomicPtr<f32>,
    scratch_floats: AtomicU64,
    quit: AtomicBool,
    spins: u32,
    lanes: Box<[Lane]>,
    beds: Box<[Bed]>,
}

impl Pool {
    /// A team of `threads` (at least one, at most 1024): the caller and `threads − 1` workers. Fewer if the system
    /// refuses to start that many.
    pub fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            epoch: AtomicU64::new(0),
            pending: AtomicU32::new(0),
            step: AtomicPtr::default(),
            scratch: AtomicPtr::default(),
            scratch_floats: AtomicU64::new(0),
            quit: AtomicBool::new(false),
            spins: if threads <= cores { SPINS } else { 0 },
            lanes: (0..threads).map(|_| Lane::default()).collect(),
            beds: (0..threads).map(|_| Bed::default()).collect(),
        });
        let workers = (1..threads)
            .map_while(|index| {
                let shared = Arc::clone(&shared);
                thread::Builder::new().name(format!("netc-{index}")).spawn(move || shared.work(index)).ok()
            })
            .collect();
        Self { shared, workers, turn: Mutex::new(()) }
    }

    /// Number of threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Executes `steps` in order, all units of a step before the next. Thread `t` gets `scratch + t·scratch_floats` as
    /// its scratch. Allocates nothing.
    ///
    /// # Safety
    /// For every step, `function` may be called with the step's `plan` and `pointers` for disjoint ranges of its units
    /// on several threads at once, and `stop` is null or readable; `scratch` holds `threads() · scratch_floats` floats
    /// and `scratch_floats` is enough for any step.
    pub unsafe fn walk(&self, steps: &[Step], scratch: *mut f32, scratch_floats: usize) -> Walk {
        if self.workers.is_empty() || steps.iter().all(|step| step.units <= 1) {
            // SAFETY: by the caller's promise. Nothing is shared with the workers, so nobody takes turns.
            return unsafe { walk(steps, scratch) };
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.scratch.store(scratch, Ordering::Relaxed);
        self.shared.scratch_floats.store(scratch_floats as u64, Ordering::Relaxed);
        for (index, step) in steps.iter().enumerate() {
            if step.units <= 1 {
                // SAFETY: by the caller's promise.
                unsafe { (step.function)(step.plan, step.pointers, 0, step.units, scratch) };
            } else {
                // SAFETY: by the caller's promise.
                unsafe { self.run_together(step) };
            }
            // SAFETY: by the caller's promise.
            if unsafe { wants_stop(step) } {
                return Walk::Stopped(index);
            }
        }
        Walk::Done
    }

    /// Publishes a step, takes part and waits for the workers.
    ///
    /// # Safety
    /// As for [`Pool::walk`].
    unsafe fn run_together(&self, step: &Step) {
        let shared = &*self.shared;
        let threads = self.threads() as u32;
        for (index, lane) in shared.lanes[..threads as usize].iter().enumerate() {
            let (begin, end) = split_range(u64::from(step.units), threads, index as u32);
            lane.next.store(begin as u32, Ordering::Relaxed);
            lane.end.store(end as u32, Ordering::Relaxed);
        }
        shared.step.store(core::ptr::from_ref(step).cast_mut(), Ordering::Relaxed);
        shared.pending.store(threads - 1, Ordering::Relaxed);
        // Sequentially consistent, as are the worker's store of `is_parked` and its second look at the epoch: either
        // the worker sees the new epoch, or this thread sees that it is parked.
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        for (bed, worker) in shared.beds[1..].iter().zip(&self.workers) {
            if bed.is_parked.load(Ordering::SeqCst) {
                Thread::unpark(worker.thread());
            }
        }
        // SAFETY: by the caller's promise.
        unsafe { shared.take_units(0) };
        let mut turns = 0;
        while shared.pending.load(Ordering::Acquire) != 0 {
            turns += 1;
            if turns > shared.spins { thread::yield_now() } else { core::hint::spin_loop() }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker runs kernels only, which do not unwind.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn work(&self, index: usize) {
        let mut seen = 0;
        loop {
            self.wait(index, seen);
            seen += 1;
            if self.quit.load(Ordering::SeqCst) {
                return;
            }
            // SAFETY: the walker published a step whose caller made the promise of `Pool::walk`, and it waits until
            // `pending` is 0, so that no step is ever missed.
            unsafe { self.take_units(index) };
            self.pending.fetch_sub(1, Ordering::Release);
        }
    }

    /// Waits until the epoch has passed `seen`: first spinning, then parked.
    fn wait(&self, index: usize, seen: u64) {
        for _ in 0..self.spins {
            if self.epoch.load(Ordering::Acquire) != seen {
                return;
            }
            core::hint::spin_loop();
        }
        let bed = &self.beds[index];
        bed.is_parked.store(true, Ordering::SeqCst);
        while self.epoch.load(Ordering::SeqCst) == seen {
            thread::park();
        }
        bed.is_parked.store(false, Ordering::SeqCst);
    }

    /// Executes units of the published step: own ones first, then what is left of the others'.
    ///
    /// # Safety
    /// A step is published and its walker waits.
    unsafe fn take_units(&self, index: usize) {
        // SAFETY: the walker keeps the step alive while it waits.
        let step = unsafe { &*self.step.load(Ordering::Relaxed) };
        let floats = self.scratch_floats.load(Ordering::Relaxed) as usize;
        let scratch = self.scratch.load(Ordering::Relaxed).wrapping_add(index * floats);
        // Lanes of workers that could not be started stay empty.
        for turn in 0..self.lanes.len() {
            let lane = &self.lanes[(index + turn) % self.lanes.len()];
            let end = lane.end.load(Ordering::Relaxed);
            loop {
                let unit = lane.next.fetch_add(1, Ordering::Relaxed);
                if unit >= end {
                    break;
                }
                // SAFETY: `fetch_add` gives each unit to one thread.
                unsafe { (step.function)(step.plan, step.pointers, unit, unit + 1, scratch) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds to each unit's element what the pass before left in its neighbour, so that a missing barrier shows.
    unsafe extern "C" fn neighbours(_: *const u8, pointers: *const *mut f32, begin: u32, end: u32, _: *mut f32) {
        for unit in begin..end {
            // SAFETY: the tests' tables hold a source and a destination of 64 elements.
            unsafe {
                let (from, to) = ((*pointers.add(1)).cast_const(), *pointers);
                let index = unit as usize;
                *to.add(index) = *from.add(index) + *from.add((index + 7) % 64) * 0.5;
            }
        }
    }

    /// Stops the walk when the first element passes 100.
    unsafe extern "C" fn judge(_: *const u8, pointers: *const *mut f32, _: u32, _: u32, _: *mut f32) {
        // SAFETY: the tests' tables hold the values and a flag.
        unsafe { **pointers.add(1) = f32::from(**pointers > 100.0) };
    }

    fn run(threads: usize) -> (Vec<f32>, Walk) {
        let mut a: Vec<f32> = (0..64).map(|i| i as f32 / 64.0).collect();
        let mut b = vec![0.0f32; 64];
        let mut flag = 0.0f32;
        let there = [b.as_mut_ptr(), a.as_mut_ptr()];
        let back = [a.as_mut_ptr(), b.as_mut_ptr()];
        let verdict = [a.as_mut_ptr(), &raw mut flag];
        let step = |function, pointers: &[*mut f32; 2], units, stop| Step {
            function,
            plan: core::ptr::null(),
            pointers: pointers.as_ptr(),
            units,
            stop,
        };
        let mut steps = Vec::new();
        for _ in 0..100 {
            steps.push(step(neighbours, &there, 64, core::ptr::null()));
            steps.push(step(neighbours, &back, 64, core::ptr::null()));
            steps.push(step(judge, &verdict, 1, &raw const flag));
        }
        let pool = Pool::new(threads);
        // SAFETY: the tables point to 64 elements and a flag that outlive the walk; units write their own element.
        let walk = unsafe { pool.walk(&steps, core::ptr::null_mut(), 0) };
        (a, walk)
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits_and_stops_at_the_same_step() {
        let (alone, stopped) = run(1);
        assert!(matches!(stopped, Walk::Stopped(at) if at > 3 && at < 299), "{stopped:?}");
        for threads in [2, 3, 4, 9] {
            assert_eq!((alone.clone(), stopped), run(threads), "{threads} threads");
        }
    }

    #[test]
    fn parked_workers_wake_up() {
        let pool = Pool::new(2);
        let mut values = vec![1.0f32; 64];
        let mut results = vec![0.0f32; 64];
        let pointers = [results.as_mut_ptr(), values.as_mut_ptr()];
        let step = Step {
            function: neighbours,
            plan: core::ptr::null(),
            pointers: pointers.as_ptr(),
            units: 64,
            stop: core::ptr::null(),
        };
        for _ in 0..20 {
            thread::sleep(std::time::Duration::from_millis(2));
            // SAFETY: as above.
            assert_eq!(unsafe { pool.walk(&[step], core::ptr::null_mut(), 0) }, Walk::Done);
        }
        assert!(results.iter().all(|&x| x == 1.5));
    }
}
