//! Inputs of an instance: where they lie, and how a run reads them where the caller has them.

use crate::executable::{Action, Executable};
use netc_compiler::program::{BufferId, Segment};
use std::ops::Range;

/// Values of an input for one run.
#[derive(Clone, Copy, Debug)]
pub enum Given<'v> {
    /// They were written to the instance's memory.
    Written,
    /// They are read where they lie: as many as the input has, in logical row-major order.
    Lent(&'v [f32]),
}

/// An input or target of an instance.
#[derive(Debug)]
pub(crate) struct Input {
    /// Where it lies in its segment.
    pub range: Range<usize>,
    /// All pointers to it: table, entry, elements from the input's first. `None` if others lead to it too, so that its
    /// values must be in its memory.
    pub pointers: Option<Vec<(usize, usize, usize)>>,
    /// Values that the next run reads instead of the input's memory, or null.
    pub lent: *const f32,
}

/// The inputs and all pointers to them in the tables of the entries, in the order in which those are made.
pub(crate) fn inputs(executable: &Executable, entries: [&str; 2]) -> Vec<Input> {
    let lines = || entries.into_iter().filter_map(|entry| executable.lines(entry)).flatten();
    let is_straight = lines().any(|line| matches!(line.action, Action::Straight(_)));
    let in_inputs = |buffer: BufferId| executable.buffers[buffer.0 as usize].segment == Segment::Inputs;
    let is_result = |range: &Range<usize>| {
        let results = executable.results.iter().map(|&(_, _, buffer)| buffer);
        results
            .filter(|&buffer| in_inputs(buffer))
            .any(|buffer| range.contains(&executable.buffers[buffer.0 as usize].offset))
    };
    let pointers_to = |range: &Range<usize>| {
        let mut pointers = Vec::new();
        for (table, line) in lines().enumerate() {
            for (entry, operand) in line.operands.iter().enumerate() {
                let Some((buffer, first)) = operand.filter(|&(buffer, _)| in_inputs(buffer)) else { continue };
                let at = executable.buffers[buffer.0 as usize].offset + first;
                if range.contains(&at) {
                    pointers.push((table, entry, at - range.start));
                }
            }
        }
        pointers
    };
    let input = |range: Range<usize>| {
        let pointers = (!is_straight && !is_result(&range)).then(|| pointers_to(&range));
        Input { range, pointers, lent: std::ptr::null() }
    };
    executable.inputs.iter().map(|&(_, _, buffer)| input(range(executable, buffer))).collect()
}

/// Where a buffer lies in its segment.
pub(crate) fn range(executable: &Executable, buffer: BufferId) -> Range<usize> {
    let buffer = &executable.buffers[buffer.0 as usize];
    buffer.offset..buffer.offset + buffer.elements
}
