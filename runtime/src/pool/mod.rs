//! Threads that walk a schedule together.
//!
//! The calling thread walks the steps. A step of several units is published to the workers; each thread first takes
//! units of its own range (so that it finds in its cache what it had in the step before) and then from the others'.
//! The caller goes on when every unit is done. It never waits for a worker that holds none, so a worker that the system
//! put aside costs its help, not its absence. Which thread computes a unit is not observable.

mod team;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::schedule::{walk, wants_stop};
use crate::{Step, Walk};
use team::{Job, Lane, Team};

/// A team of threads, the caller's included.
#[derive(Debug)]
pub struct Pool {
    team: Arc<Team>,
    workers: Vec<JoinHandle<()>>,
    /// One walk at a time.
    turn: Mutex<()>,
}

impl Pool {
    /// A team of `threads` (at least one, at most 1024): the caller and `threads − 1` workers. Fewer if the system
    /// refuses to start that many.
    pub fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        let team = Arc::new(Team::new(threads));
        let workers = (1..threads)
            .map_while(|index| {
                let team = Arc::clone(&team);
                thread::Builder::new().name(format!("netc-{index}")).spawn(move || team.work(index)).ok()
            })
            .collect();
        Self { team, workers, turn: Mutex::new(()) }
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
        let is_shared = |step: &Step| step.units > 1 && step.units <= Lane::MOST;
        if self.workers.is_empty() || !steps.iter().any(is_shared) {
            // SAFETY: by the caller's promise. Nothing is shared with the workers, so nobody takes turns.
            return unsafe { walk(steps, scratch) };
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for (index, step) in steps.iter().enumerate() {
            if is_shared(step) {
                let job = Job {
                    function: step.function,
                    plan: step.plan,
                    pointers: step.pointers,
                    units: step.units,
                    together: step.together,
                    threads: self.threads() as u32,
                    scratch,
                    scratch_floats,
                };
                // SAFETY: by the caller's promise, with the turn held.
                unsafe { self.team.run(&job, &self.workers) };
            } else {
                // SAFETY: by the caller's promise.
                unsafe { (step.function)(step.plan, step.pointers, 0, step.units, scratch) };
            }
            // SAFETY: by the caller's promise.
            if unsafe { wants_stop(step) } {
                return Walk::Stopped(index);
            }
        }
        Walk::Done
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.team.quit();
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker runs kernels only, which do not unwind.
            let _ = worker.join();
        }
    }
}
