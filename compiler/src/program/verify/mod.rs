//! Proves that a program cannot go wrong in memory: `Verified<Program>` is the only thing that executors accept.
//!
//! Checked are the types of expressions, the bounds of every access (addresses are affine), that units of a step write
//! apart from each other, that every element is written before it is read, that a call's plan fits its operands, and
//! that parameters and state change only after the loss was found finite and are not read again after that.

mod interval;
mod kernel;
mod memory;
mod units;

use super::{Program, Segment, Step};
use crate::prim::Mode;
use kernel::Facts;
use memory::Memory;
use std::fmt;
use std::ops::Deref;

/// What was proved right.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T>(T);

impl<T> Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Verified<T> {
    /// Gives up the proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// A rule that a program breaks: an error in `lower`, never in a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where: entry and step, or kernel.
    pub place: String,
    /// Which rule, with the numbers.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for Violation {}

/// Checks a whole program.
pub fn verify(program: Program) -> Result<Verified<Program>, Violation> {
    layout(&program)?;
    let mut facts = Vec::with_capacity(program.kernels.len());
    for (index, kernel) in program.kernels.iter().enumerate() {
        let found = Facts::of(kernel);
        facts.push(found.map_err(|message| Violation { place: format!("kernel k{index} {}", kernel.name), message })?);
    }
    let mut memory = Memory::new(&program);
    for entry in &program.entries {
        memory.enter(entry.name);
        for (index, step) in entry.steps.iter().enumerate() {
            let checked = memory.step(step, &facts);
            checked.map_err(|message| Violation { place: format!("entry {} step {index}", entry.name), message })?;
        }
    }
    for (role, _, buffer) in &program.results {
        let checked = memory.read_whole(*buffer);
        checked.map_err(|message| Violation { place: format!("result {role:?}"), message })?;
    }
    order(&program)?;
    Ok(Verified(program))
}

/// Buffers lie inside their segments, and only those of the arena and of scratch may share memory.
fn layout(program: &Program) -> Result<(), Violation> {
    let sizes = program.sizes;
    let fail = |index: usize, message: String| Err(Violation { place: format!("buffer b{index}"), message });
    let mut taken: Vec<(Segment, usize, usize, usize)> = Vec::new();
    for (index, buffer) in program.buffers.iter().enumerate() {
        let size = match buffer.segment {
            Segment::Params => sizes.params,
            Segment::State => sizes.state,
            Segment::Derived => sizes.derived,
            Segment::Arena => sizes.arena,
            Segment::Constants => sizes.constants,
            Segment::Scratch => sizes.scratch,
            Segment::Inputs => sizes.inputs,
            Segment::Outputs => sizes.outputs,
            Segment::Scalars => sizes.scalars.max(program.scalars.len() + 5),
        };
        let Some(end) = buffer.offset.checked_add(buffer.elements).filter(|&end| end <= size) else {
            return fail(index, format!("{} elements at {} of {size}", buffer.elements, buffer.offset));
        };
        if !matches!(buffer.segment, Segment::Arena | Segment::Scratch) && buffer.elements > 0 {
            taken.push((buffer.segment, buffer.offset, end, index));
        }
    }
    taken.sort_unstable();
    for pair in taken.windows(2) {
        if pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2 {
            return fail(pair[1].3, format!("overlaps b{}", pair[0].3));
        }
    }
    if program.constants.len() != sizes.constants {
        let message = format!("{} constants in a segment of {}", program.constants.len(), sizes.constants);
        return Err(Violation { place: "constants".to_string(), message });
    }
    Ok(())
}

/// A training step ends before the first update if the loss is not finite.
fn order(program: &Program) -> Result<(), Violation> {
    if program.mode != Mode::Step {
        return Ok(());
    }
    let steps = program.entries.iter().filter(|entry| entry.name == "step").flat_map(|entry| &entry.steps);
    let mut is_judged = false;
    for step in steps {
        is_judged |= matches!(step, Step::StopUnlessFinite { .. });
        if !is_judged
            && memory::writes(program, step).any(|segment| segment == Segment::Params || segment == Segment::State)
        {
            let message = "a parameter or state is written before the loss is known to be finite".to_string();
            return Err(Violation { place: "entry step".to_string(), message });
        }
    }
    Ok(())
}
