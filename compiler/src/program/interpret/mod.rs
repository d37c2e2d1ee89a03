//! The oracle: executes a verified program step by step, one element after the other.
//!
//! It translates nothing and decides nothing; whatever an executor does differently from it is an error of the executor.

mod call;
mod kernel;

use super::{BufferId, KernelId, Program, Segment, Step, Verified};
use call::{CallMemory, run_call};
use kernel::Frame;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// All steps were executed.
    Done,
    /// A number that must be finite was not; later steps were not executed.
    NotFinite,
}

/// A program with its memory: one vector per segment, integers by their bits.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    program: &'a Program,
    segments: Vec<Vec<f32>>,
}

/// Where an operand starts: segment and element.
type Place = (usize, i64);

const SEGMENTS: [Segment; 9] = [
    Segment::Params,
    Segment::State,
    Segment::Derived,
    Segment::Arena,
    Segment::Constants,
    Segment::Scratch,
    Segment::Inputs,
    Segment::Outputs,
    Segment::Scalars,
];

fn position(segment: Segment) -> usize {
    SEGMENTS.iter().position(|&known| known == segment).unwrap_or(0)
}

impl<'a> Machine<'a> {
    /// A program with zeroed memory and its constants.
    pub fn new(program: &'a Verified<Program>) -> Machine<'a> {
        let program: &Program = program;
        let sizes = program.sizes;
        let segments = SEGMENTS
            .iter()
            .map(|segment| match segment {
                Segment::Params => vec![0.0; sizes.params],
                Segment::State => vec![0.0; sizes.state],
                Segment::Derived => vec![0.0; sizes.derived],
                Segment::Arena => vec![0.0; sizes.arena],
                Segment::Constants => program.constants.clone(),
                Segment::Scratch => vec![0.0; sizes.scratch],
                Segment::Inputs => vec![0.0; sizes.inputs],
                Segment::Outputs => vec![0.0; sizes.outputs],
                Segment::Scalars => vec![0.0; sizes.scalars.max(program.scalars.len() + 5)],
            })
            .collect();
        Machine { program, segments }
    }

    /// The elements of a buffer.
    pub fn buffer(&self, buffer: BufferId) -> &[f32] {
        let buffer = &self.program.buffers[buffer.0 as usize];
        &self.segments[position(buffer.segment)][buffer.offset..buffer.offset + buffer.elements]
    }

    /// The elements of a buffer, to be written.
    pub fn buffer_mut(&mut self, buffer: BufferId) -> &mut [f32] {
        let buffer = &self.program.buffers[buffer.0 as usize];
        &mut self.segments[position(buffer.segment)][buffer.offset..buffer.offset + buffer.elements]
    }

    /// Sets the per-step numbers.
    pub fn set_scalars(&mut self, rate: f32, seed: u64, step: u64, first: u64) {
        let named = self.program.scalars.len();
        let words = &mut self.segments[position(Segment::Scalars)];
        words[..named].fill(rate);
        let raw = [seed as u32, (seed >> 32) as u32, step as u32, (step >> 32) as u32, first as u32];
        for (word, raw) in words[named..].iter_mut().zip(raw) {
            *word = f32::from_bits(raw);
        }
    }

    /// Executes the steps of an entry; one that the program does not have is empty.
    pub fn run(&mut self, entry: &str) -> Run {
        let program = self.program;
        let steps = program.entries.iter().find(|known| known.name == entry).map_or(&[][..], |entry| &entry.steps);
        for step in steps {
            match step {
                Step::Loop { kernel, operands, .. } => {
                    let places: Vec<Place> = operands.iter().map(|&operand| self.place(operand)).collect();
                    self.run_kernel(*kernel, &places, 0);
                }
                Step::Call { kernel, operands, epilogue, .. } => {
                    let mut places: Vec<Place> = operands.iter().map(|&operand| self.place(operand)).collect();
                    let generated = epilogue.as_ref().map(|(kernel, _)| *kernel);
                    let extra = epilogue.iter().flat_map(|(_, extra)| extra);
                    places.extend(extra.map(|&operand| self.place(operand)));
                    let memory = CallMemory { machine: self, places };
                    run_call(kernel, generated, memory);
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

    fn place(&self, (buffer, first): (BufferId, usize)) -> Place {
        let buffer = &self.program.buffers[buffer.0 as usize];
        (position(buffer.segment), (buffer.offset + first) as i64)
    }

    /// All units of a generated kernel; `columns` is the length of an epilogue's segment.
    fn run_kernel(&mut self, kernel: KernelId, places: &[Place], columns: u32) {
        let kernel = &self.program.kernels[kernel.0 as usize];
        let mut frame = Frame::new(kernel, &mut self.segments, places, columns);
        for unit in 0..kernel.units {
            frame.set(kernel.unit, i64::from(unit));
            frame.statements(&kernel.body);
        }
    }
}
