//! Executes verified programs by walking them: the meaning of a program, to the bit, against which every other
//! executor is compared.

mod call;
mod column;
mod kernel;

use super::verify::Verified;
use super::{BufferId, Program, Segment, Step};
use column::Column;
use kernel::{Base, Frame};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All steps were executed.
    Done,
    /// The loss was not finite; nothing after it was executed.
    NotFinite,
}

/// A program with memory of its own. Integers are kept as the bits of floats.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    program: &'a Verified<Program>,
    memory: Memory,
}

/// One vector per segment.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    segments: [Vec<f32>; 9],
}

/// Where a segment stands in [`Memory::segments`].
pub(super) fn slot(segment: Segment) -> usize {
    match segment {
        Segment::Params => 0,
        Segment::State => 1,
        Segment::Derived => 2,
        Segment::Arena => 3,
        Segment::Constants => 4,
        Segment::Scratch => 5,
        Segment::Inputs => 6,
        Segment::Outputs => 7,
        Segment::Scalars => 8,
    }
}

impl<'a> Machine<'a> {
    /// Zeroed memory for a program.
    pub fn new(program: &'a Verified<Program>) -> Machine<'a> {
        let sizes = &program.sizes;
        let segments = [
            sizes.params,
            sizes.state,
            sizes.derived,
            sizes.arena,
            sizes.constants,
            sizes.scratch,
            sizes.inputs,
            sizes.outputs,
            sizes.scalars,
        ];
        let mut memory = Memory { segments: segments.map(|size| vec![0.0; size]) };
        memory.segments[slot(Segment::Constants)].copy_from_slice(&program.constants);
        Machine { program, memory }
    }

    /// The elements of a segment.
    pub fn segment(&self, segment: Segment) -> &[f32] {
        &self.memory.segments[slot(segment)]
    }

    /// The elements of a segment, to be changed.
    pub fn segment_mut(&mut self, segment: Segment) -> &mut [f32] {
        &mut self.memory.segments[slot(segment)]
    }

    /// The elements of a buffer.
    pub fn buffer(&self, id: BufferId) -> &[f32] {
        let buffer = &self.program.buffers[id.0 as usize];
        &self.segment(buffer.segment)[buffer.offset..buffer.offset + buffer.elements]
    }

    /// The elements of a buffer, to be changed.
    pub fn buffer_mut(&mut self, id: BufferId) -> &mut [f32] {
        let program = self.program;
        let buffer = &program.buffers[id.0 as usize];
        &mut self.segment_mut(buffer.segment)[buffer.offset..buffer.offset + buffer.elements]
    }

    /// Sets the learning rate, the seed of random numbers, the number of the step and the position of its first sample.
    pub fn set_scalars(&mut self, rate: f32, seed: u64, step: u64, first: u64) {
        let floats = self.program.scalars.len();
        let scalars = self.segment_mut(Segment::Scalars);
        scalars[..floats].fill(rate);
        let words = [seed, seed >> 32, step, step >> 32, first].map(|word| f32::from_bits(word as u32));
        scalars[floats..].iter_mut().zip(words).for_each(|(scalar, word)| *scalar = word);
    }

    /// Runs an entry by its name; one that the program lacks has no steps.
    pub fn run(&mut self, entry: &str) -> Run {
        let program: &'a Program = self.program;
        let entries = program.entries.iter().filter(|known| known.name == entry);
        for step in entries.flat_map(|entry| &entry.steps) {
            match step {
                Step::Loop { kernel, operands, .. } => {
                    let kernel = &program.kernels[kernel.0 as usize];
                    let bases = operands.iter().map(|&operand| base(program, operand)).collect();
                    let mut frame = Frame::new(kernel, bases, &mut self.memory);
                    for unit in 0..kernel.units {
                        frame.unit(unit);
                    }
                }
                Step::Call { kernel, operands, epilogue, .. } => {
                    call::call(program, kernel, operands, epilogue.as_ref(), &mut self.memory);
                }
                Step::StopUnlessFinite { buffer } => {
                    if !self.buffer(*buffer)[0].is_finite() {
                        return Run::NotFinite;
                    }
                }
            }
        }
        Run::Done
    }
}

fn base(program: &Program, (id, first): (BufferId, usize)) -> Base {
    let buffer = &program.buffers[id.0 as usize];
    Base { segment: slot(buffer.segment), offset: (buffer.offset + first) as i64 }
}
