//! A compiled program with its own memory: what a session runs. Nothing is allocated after it is made.

use crate::executable::{Action, Executable, Line};
use crate::inputs::{self, Given, Input};
use crate::kernel::{FLAG, SEGMENTS};
use crate::store::{OutOfMemory, Store, zeros};
use netc_compiler::prim::{Mode, ValueType};
use netc_compiler::program::{BufferId, Segment};
use netc_runtime::{Arena, Pool, Step, Walk, walk};
use std::cell::Cell;
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
    /// The entry that makes derived values.
    prepare: Schedule,
    /// The entry of the program's mode.
    main: Schedule,
    /// Tables of pointers, which the schedules point into.
    tables: Vec<Table>,
    inputs: Vec<Input>,
    /// Version of the store that derived values belong to.
    prepared: u64,
    /// What the segment of scalars holds.
    scalars: Option<Scalars>,
}

// SAFETY: the raw pointers lead into `memory` and `store`, which move with the instance or are shared behind locks.
unsafe impl Send for Instance {}

type Table = Box<[Cell<*mut f32>]>;

/// The steps of an entry; none of one that the program lacks.
#[derive(Debug, Default)]
struct Schedule {
    steps: Vec<Step>,
    /// One past the last step of each line.
    ends: Vec<usize>,
    /// Whether a step has units for several threads.
    is_shared: bool,
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

/// An instance whose tables lead to inputs that are lent. What was lent may be gone when the run has ended, in
/// whatever way: then they lead to the instance's own memory again.
struct Lending<'i>(&'i mut Instance);

impl<'i> Lending<'i> {
    #[inline]
    fn of(instance: &'i mut Instance) -> Self {
        instance.point(|input, _| input.lent.cast_mut());
        Self(instance)
    }
}

impl Drop for Lending<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.point(|input, own| own.wrapping_add(input.range.start));
    }
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
        let mut tables = Vec::new();
        let mut schedule = |entry| schedule(&executable, &store, &mut memory, entry, &mut tables);
        let (prepare, main) = (schedule("prepare"), schedule(executable.entry_name()));
        let inputs = inputs::inputs(&executable, ["prepare", executable.entry_name()]);
        let (prepared, scalars) = (0, None);
        Ok(Instance { executable, store, pool, memory, prepare, main, tables, inputs, prepared, scalars })
    }

    /// The program behind the instance.
    pub fn program(&self) -> &Arc<Executable> {
        &self.executable
    }

    /// The elements of an input or target, to be written before a run. Integers are written by their bits.
    pub fn input(&mut self, index: usize) -> &mut [f32] {
        &mut self.memory.inputs.as_mut_slice()[self.inputs[index].range.clone()]
    }

    /// The elements of a result, in logical row-major order. Integers are to be read by their bits.
    pub fn result(&self, index: usize) -> &[f32] {
        let (_, _, buffer) = self.executable.results[index];
        let range = inputs::range(&self.executable, buffer);
        match self.executable.buffers[buffer.0 as usize].segment {
            Segment::Outputs => &self.memory.outputs.as_slice()[range],
            Segment::Inputs => &self.memory.inputs.as_slice()[range],
            Segment::Derived => &self.memory.derived.as_slice()[range],
            Segment::Constants => &self.memory.constants.as_slice()[range],
            _ => &self.memory.arena.as_slice()[range],
        }
    }

    /// A run on inputs and targets that `give` writes or lends: it gets each one's name, type and elements, until it
    /// fails.
    ///
    /// # Panics
    /// If another number of values is lent than the input has.
    #[inline]
    pub fn run_on<'v, E>(
        &mut self,
        give: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<Given<'v>, E>,
    ) -> Result<Run, E> {
        self.lend(give, Instance::run)
    }

    /// The same line by line ([`Instance::run_timed`]).
    ///
    /// # Panics
    /// As [`Instance::run_on`] does.
    pub fn run_timed_on<'v, E>(
        &mut self,
        give: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<Given<'v>, E>,
        seconds: &mut Vec<f64>,
    ) -> Result<Run, E> {
        self.lend(give, |instance| instance.run_timed(seconds))
    }

    #[inline]
    fn lend<'v, E>(
        &mut self,
        mut give: impl FnMut(&str, &ValueType, &mut [f32]) -> Result<Given<'v>, E>,
        run: impl FnOnce(&mut Self) -> Run,
    ) -> Result<Run, E> {
        let elements = self.memory.inputs.as_mut_slice();
        let mut any_lent = false;
        for ((name, ty, _), input) in self.executable.inputs.iter().zip(&mut self.inputs) {
            let to = &mut elements[input.range.clone()];
            input.lent = std::ptr::null();
            if let Given::Lent(values) = give(name, ty, to)? {
                assert_eq!(values.len(), to.len(), "as many values are lent as `{name}` has");
                if input.pointers.is_some() {
                    (input.lent, any_lent) = (values.as_ptr(), true);
                } else {
                    to.copy_from_slice(values);
                }
            }
        }
        if !any_lent {
            return Ok(run(self));
        }
        let lending = Lending::of(self);
        Ok(run(&mut *lending.0))
    }

    /// Leads all pointers to inputs that are lent to `start` of the input and of the segment.
    #[inline]
    fn point(&mut self, start: impl Fn(&Input, *mut f32) -> *mut f32) {
        let own = self.memory.inputs.as_mut_ptr();
        for input in self.inputs.iter().filter(|input| !input.lent.is_null()) {
            let start = start(input, own);
            for &(table, entry, first) in input.pointers.iter().flatten() {
                self.tables[table][entry].set(start.wrapping_add(first));
            }
        }
    }

    /// Sets the per-step numbers.
    #[inline]
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
    #[inline]
    pub fn run(&mut self) -> Run {
        self.run_by(|instance| instance.walk(&instance.main.steps, instance.main.is_shared))
    }

    /// The same line by line, each timed: seconds are appended in the order of [`Executable::work`]. Takes somewhat
    /// longer than [`Instance::run`].
    pub fn run_timed(&mut self, seconds: &mut Vec<f64>) -> Run {
        self.run_by(|instance| {
            let Schedule { steps, ends, is_shared } = &instance.main;
            let mut begin = 0;
            for &end in ends {
                let start = Instant::now();
                let run = instance.walk(&steps[begin..end], *is_shared);
                seconds.push(start.elapsed().as_secs_f64());
                begin = end;
                if run != Run::Done {
                    return run;
                }
            }
            Run::Done
        })
    }

    #[inline]
    fn run_by(&mut self, walk: impl FnOnce(&Self) -> Run) -> Run {
        if self.executable.mode == Mode::Step {
            let _guard = self.store.writing();
            return walk(self);
        }
        let _guard = self.store.reading();
        if self.prepared != self.store.version() {
            self.walk(&self.prepare.steps, self.prepare.is_shared);
            self.prepared = self.store.version();
        }
        walk(self)
    }

    #[inline]
    fn walk(&self, steps: &[Step], is_shared: bool) -> Run {
        let (scratch, floats) = (self.memory.scratch.as_ptr().cast_mut(), self.memory.scratch_floats);
        // SAFETY: the program is verified: kernels stay inside their buffers, whose addresses the tables hold, and
        // units are disjoint. The store is locked by `run_by` as the mode requires, and `run_by` has this instance's
        // memory for itself. Scratch has `scratch_floats` floats for each thread of this pool. Code, calls and tables
        // live as long as `self`.
        let walk = unsafe { if is_shared { self.pool.walk(steps, scratch, floats) } else { walk(steps, scratch) } };
        match walk {
            Walk::Done => Run::Done,
            Walk::Stopped(_) => Run::NotFinite,
        }
    }
}

/// An entry with its buffers as addresses.
fn schedule(
    executable: &Executable,
    store: &Store,
    memory: &mut Memory,
    entry: &str,
    tables: &mut Vec<Table>,
) -> Schedule {
    let mut schedule = Schedule::default();
    for line in executable.lines(entry).unwrap_or_default() {
        tables.push(memory.line(executable, store, line, &mut schedule.steps));
        schedule.ends.push(schedule.steps.len());
    }
    schedule.is_shared = schedule.steps.iter().any(|step| step.units > 1);
    schedule
}

impl Memory {
    /// Appends the steps of a line, and returns the table that they point into.
    fn line(&mut self, executable: &Executable, store: &Store, line: &Line, steps: &mut Vec<Step>) -> Table {
        let table: Table = match line.action {
            Action::Straight(_) => {
                let segments = SEGMENTS.map(|segment| self.base(store, segment));
                segments.into_iter().chain([std::ptr::null_mut()]).map(Cell::new).collect()
            }
            _ => line.operands.iter().map(|operand| Cell::new(self.address(executable, store, *operand))).collect(),
        };
        let flag = self.flag.as_mut_ptr();
        let plan = std::ptr::null();
        // A cell lies in memory as what it holds.
        let pointers = table.as_ptr().cast::<*mut f32>();
        let alone = Step { function: judge, plan, pointers, units: 1, together: 1, stop: flag };
        match &line.action {
            Action::Generated { function, units } => {
                steps.push(Step { function: *function, units: *units, stop: std::ptr::null(), ..alone });
            }
            Action::Runtime(call) => steps.extend(call.steps(pointers)),
            Action::Judge => {
                table[1].set(flag);
                steps.push(Step { function: judge, ..alone });
            }
            Action::Straight(function) => {
                table[FLAG].set(flag);
                steps.push(Step { function: *function, ..alone });
            }
        }
        table
    }

    /// Null for no operand.
    fn address(&mut self, executable: &Executable, store: &Store, operand: Option<(BufferId, usize)>) -> *mut f32 {
        let Some((buffer, first)) = operand else { return std::ptr::null_mut() };
        let buffer = &executable.buffers[buffer.0 as usize];
        self.base(store, buffer.segment).wrapping_add(buffer.offset + first)
    }

    fn base(&mut self, store: &Store, segment: Segment) -> *mut f32 {
        match segment {
            Segment::Params | Segment::State => store.base(segment),
            Segment::Derived => self.derived.as_mut_ptr(),
            Segment::Arena => self.arena.as_mut_ptr(),
            Segment::Constants => self.constants.as_mut_ptr(),
            Segment::Scratch => self.scratch.as_mut_ptr(),
            Segment::Inputs => self.inputs.as_mut_ptr(),
            Segment::Outputs => self.outputs.as_mut_ptr(),
            Segment::Scalars => self.scalars.as_mut_ptr(),
        }
    }
}

/// Sets the flag behind the second pointer to 0 if the number behind the first is finite, else to 1.
unsafe extern "C" fn judge(_: *const u8, pointers: *const *mut f32, _: u32, _: u32, _: *mut f32) {
    // SAFETY: `Memory::line` gives this function a table of two addresses of one float each.
    unsafe { **pointers.add(1) = if (**pointers).is_finite() { 0.0 } else { 1.0 } };
}
