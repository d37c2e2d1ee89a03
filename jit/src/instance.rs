//! A compiled program with its own memory: what a session runs. Nothing is allocated after it is made.

use crate::executable::{Action, Executable, Line};
use crate::store::{OutOfMemory, Store, zeros};
use netc_compiler::prim::{Mode, ValueType};
use netc_compiler::program::{BufferId, Segment};
use netc_runtime::{Arena, Pool, Step, Walk};
use std::sync::Arc;
use std::time::Instant;

/// Numbers of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scalars {
    /// Learning rate.
    pub rate: f32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Steps done before this one.
    pub step: u64,
    /// Position of the batch's first sample.
    pub first: u64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All steps were executed.
    Done,
    /// The loss was not finite; nothing was updated.
    NotFinite,
}

/// A compiled program with its own intermediate memory, over a shared store.
#[derive(Debug)]
pub struct Instance {
    executable: Arc<Executable>,
    store: Arc<Store>,
    pool: Arc<Pool>,
    memory: Memory,
    entries: Vec<Schedule>,
    /// Tables of pointers, which `entries` point into.
    _tables: Vec<Box<[*mut f32]>>,
    /// Version of the store that derived values belong to.
    prepared: u64,
    /// What the segment of scalars holds.
    scalars: Option<Scalars>,
}

// SAFETY: the raw pointers lead into `memory` and `store`, which move with the instance or are shared behind locks.
unsafe impl Send for Instance {}

/// The steps of an entry.
#[derive(Debug)]
struct Schedule {
    name: &'static str,
    steps: Vec<Step>,
    /// One past the last step of each line.
    ends: Vec<usize>,
}

#[derive(Debug)]
struct Memory {
    derived: Arena,
    arena: Arena,
    constants: Arena,
    scratch: Arena,
    scratch_floats: usize,
    inputs: Arena,
    outputs: Arena,
    scalars: Arena,
    /// Set by a judge when a number is not finite.
    flag: Arena,
}

impl Instance {
    /// Memory and schedule for an executable. The store must have been made for the same network.
    ///
    /// # Panics
    /// If the store is smaller than the program's segments: an error of the caller, never of a model.
    pub fn new(executable: Arc<Executable>, store: Arc<Store>, pool: Arc<Pool>) -> Result<Instance, OutOfMemory> {
        let sizes = executable.sizes;
        assert!(store.len(Segment::Params) >= sizes.params && store.len(Segment::State) >= sizes.state);
        let (scratch_floats, scratch) = netc_plan::scratch::of_threads(sizes.scratch, pool.threads());
        let mut memory = Memory {
            derived: zeros(sizes.derived)?,
            arena: zeros(sizes.arena)?,
            constants: zeros(sizes.constants)?,
            scratch: zeros(scratch)?,
            scratch_floats,
            inputs: zeros(sizes.inputs)?,
            outputs: zeros(sizes.outputs)?,
            scalars: zeros(sizes.scalars.max(executable.scalars.len() + 5))?,
            flag: zeros(1)?,
        };
        memory.constants.as_mut_slice()[..executable.constants.len()].copy_from_slice(&executable.constants);
        let mut instance =
            Instance { executable, store, pool, memory, entries: vec![], _tables: vec![], prepared: 0, scalars: None };
        instance.schedule();
        Ok(instance)
    }

    /// The program behind the instance.
    pub fn program(&self) -> &Arc<Executable> {
        &self.executable
    }

    /// The elements of an input or target, to be written before a run. Integers are written by their bits.
    pub fn input(&mut self, index: usize) -> &mut [f32] {
        let (_, _, buffer) = self.executable.inputs[index];
        let range = range(&self.executable, buffer);
        &mut self.memory.inputs.as_mut_slice()[range]
    }

    /// The elements of a result, in logical row-major order. Integers are to be read by their bits.
    pub fn result(&self, index: usize) -> &[f32] {
        let (_, _, buffer) = self.executable.results[index];
        let range = range(&self.executable, buffer);
        match self.executable.buffers[buffer.0 as usize].segment {
            Segment::Outputs => &self.memory.outputs.as_slice()[range],
            Segment::Inputs => &self.memory.inputs.as_slice()[range],
            Segment::Derived => &self.memory.derived.as_slice()[range],
            Segment::Constants => &self.memory.constants.as_slice()[range],
            _ => &self.memory.arena.as_slice()[range],
        }
    }

    /// Writes all inputs and targets: `write` gets each one's name, type and elements, until it fails.
    pub fn write_inputs<E>(
        &mut self,
        mut write: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let inputs = self.memory.inputs.as_mut_slice();
        for (name, ty, buffer) in &self.executable.inputs {
            write(name, ty, &mut inputs[range(&self.executable, *buffer)])?;
        }
        Ok(())
    }

    /// Sets the per-step numbers.
    pub fn set_scalars(&mut self, scalars: Scalars) {
        if self.scalars == Some(scalars) {
            return;
        }
        self.scalars = Some(scalars);
        let named = self.executable.scalars.len();
        let words = self.memory.scalars.as_mut_slice();
        words[..named].fill(scalars.rate);
        let raw = [
            scalars.seed as u32,
            (scalars.seed >> 32) as u32,
            scalars.step as u32,
            (scalars.step >> 32) as u32,
            scalars.first as u32,
        ];
        for (word, raw) in words[named..].iter_mut().zip(raw) {
            *word = f32::from_bits(raw);
        }
    }

    /// Runs the entry of the program's mode; derived values are renewed first if parameters changed.
    pub fn run(&mut self) -> Run {
        self.run_by(|instance, entry| instance.walk(entry))
    }

    /// The same line by line, each timed: seconds are appended in the order of [`Executable::work`]. Takes somewhat
    /// longer than [`Instance::run`].
    pub fn run_timed(&mut self, seconds: &mut Vec<f64>) -> Run {
        self.run_by(|instance, entry| {
            let lines = instance.schedule_of(entry).map_or(0, |schedule| schedule.ends.len());
            for line in 0..lines {
                let start = Instant::now();
                let run = instance.walk_line(entry, line);
                seconds.push(start.elapsed().as_secs_f64());
                if run != Run::Done {
                    return run;
                }
            }
            Run::Done
        })
    }

    fn run_by(&mut self, walk: impl FnOnce(&Self, &str) -> Run) -> Run {
        let entry = self.executable.entry_name();
        if self.executable.mode == Mode::Step {
            let _guard = self.store.writing();
            return walk(self, entry);
        }
        let _guard = self.store.reading();
        if self.prepared != self.store.version() {
            self.walk("prepare");
            self.prepared = self.store.version();
        }
        walk(self, entry)
    }

    fn schedule_of(&self, entry: &str) -> Option<&Schedule> {
        self.entries.iter().find(|schedule| schedule.name == entry)
    }

    fn walk(&self, entry: &str) -> Run {
        self.schedule_of(entry).map_or(Run::Done, |schedule| self.walk_steps(&schedule.steps))
    }

    /// Walks one line of an entry. The store is locked as the mode requires.
    fn walk_line(&self, entry: &str, line: usize) -> Run {
        let Some(schedule) = self.schedule_of(entry) else { return Run::Done };
        let begin = line.checked_sub(1).map_or(0, |last| schedule.ends[last]);
        self.walk_steps(&schedule.steps[begin..schedule.ends[line]])
    }

    fn walk_steps(&self, steps: &[Step]) -> Run {
        let (scratch, floats) = (self.memory.scratch.as_ptr().cast_mut(), self.memory.scratch_floats);
        // SAFETY: the program is verified: kernels stay inside their buffers, whose addresses the tables hold, and
        // units are disjoint. The store is locked by `run_by` as the mode requires, and `run_by` has this instance's
        // memory for itself. Scratch has `scratch_floats` floats for each thread of this pool. Code, calls and tables
        // live as long as `self`.
        match unsafe { self.pool.walk(steps, scratch, floats) } {
            Walk::Done => Run::Done,
            Walk::Stopped(_) => Run::NotFinite,
        }
    }

    /// Resolves buffers to addresses.
    fn schedule(&mut self) {
        let executable = Arc::clone(&self.executable);
        for entry in &executable.entries {
            let lines = executable.lines(entry.name).unwrap_or_default();
            let mut steps = Vec::with_capacity(lines.len());
            let mut ends = Vec::with_capacity(lines.len());
            for line in lines {
                self.line(&executable, line, &mut steps);
                ends.push(steps.len());
            }
            self.entries.push(Schedule { name: entry.name, steps, ends });
        }
    }

    fn line(&mut self, executable: &Executable, line: &Line, steps: &mut Vec<Step>) {
        let mut table: Box<[*mut f32]> = line
            .operands
            .iter()
            .map(|operand| match operand {
                Some((buffer, first)) => self.address(executable, *buffer, *first),
                None => std::ptr::null_mut(),
            })
            .collect();
        let flag = self.memory.flag.as_mut_ptr();
        let generated = |function, units, stop, table: &[*mut f32]| Step {
            function,
            plan: std::ptr::null(),
            pointers: table.as_ptr(),
            units,
            stop,
        };
        match &line.action {
            Action::Generated { function, units } => {
                steps.push(generated(*function, *units, std::ptr::null(), &table));
            }
            Action::Runtime(call) => steps.extend(call.steps(table.as_ptr())),
            Action::Judge => {
                table[1] = flag;
                steps.push(generated(judge, 1, flag.cast_const(), &table));
            }
        }
        self._tables.push(table);
    }

    fn address(&mut self, executable: &Executable, buffer: BufferId, first: usize) -> *mut f32 {
        let buffer = &executable.buffers[buffer.0 as usize];
        let base = match buffer.segment {
            Segment::Params | Segment::State => self.store.base(buffer.segment),
            Segment::Derived => self.memory.derived.as_mut_ptr(),
            Segment::Arena => self.memory.arena.as_mut_ptr(),
            Segment::Constants => self.memory.constants.as_mut_ptr(),
            Segment::Scratch => self.memory.scratch.as_mut_ptr(),
            Segment::Inputs => self.memory.inputs.as_mut_ptr(),
            Segment::Outputs => self.memory.outputs.as_mut_ptr(),
            Segment::Scalars => self.memory.scalars.as_mut_ptr(),
        };
        base.wrapping_add(buffer.offset + first)
    }
}

fn range(executable: &Executable, buffer: BufferId) -> std::ops::Range<usize> {
    let buffer = &executable.buffers[buffer.0 as usize];
    buffer.offset..buffer.offset + buffer.elements
}

/// Sets the flag behind the second pointer to 0 if the number behind the first is finite, else to 1.
unsafe extern "C" fn judge(_: *const u8, pointers: *const *mut f32, _: u32, _: u32, _: *mut f32) {
    // SAFETY: `Instance::line` gives this function a table of two addresses of one float each.
    unsafe { **pointers.add(1) = if (**pointers).is_finite() { 0.0 } else { 1.0 } };
}
