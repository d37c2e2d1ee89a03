//! A program as a table of lines: where its memory lies, and one line per step.

use super::expression::float;
use super::kernel::{Role, Slots, shared};
use super::kernels::{Kernels, Use};
use super::plan;
use crate::program::{BufferId, KernelId, LoopKernel, Program, Segment, Step, Verified};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use std::collections::HashMap;

/// Segments start on a cache line: multiples of so many elements.
const LINE: usize = 16;
/// Words after the numbers of a step: seed, step, first sample.
const WORDS: usize = 5;

/// Where the segments of a program lie in a run's memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    derived: usize,
    arena: usize,
    inputs: usize,
    outputs: usize,
    pub scalars: usize,
    scratch: usize,
    /// Elements in all.
    pub work: usize,
}

impl Layout {
    pub fn of(program: &Program) -> Layout {
        let sizes = &program.sizes;
        let mut end = 0;
        let mut place = |elements: usize| {
            let start = end;
            end += elements.next_multiple_of(LINE);
            start
        };
        let (derived, arena) = (place(sizes.derived), place(sizes.arena));
        let (inputs, outputs) = (place(sizes.inputs), place(sizes.outputs));
        let scalars = place(sizes.scalars.max(program.scalars.len() + WORDS));
        let scratch = place(sizes.scratch);
        Layout { derived, arena, inputs, outputs, scalars, scratch, work: end }
    }

    /// Region and element of a buffer's element.
    fn place(&self, program: &Program, (id, first): (BufferId, usize)) -> (&'static str, usize) {
        let buffer = &program.buffers[id.0 as usize];
        let at = buffer.offset + first;
        match buffer.segment {
            Segment::Params => ("Params", at),
            Segment::State => ("State", at),
            Segment::Constants => ("Constants", at),
            Segment::Derived => ("Work", self.derived + at),
            Segment::Arena => ("Work", self.arena + at),
            Segment::Inputs => ("Work", self.inputs + at),
            Segment::Outputs => ("Work", self.outputs + at),
            Segment::Scalars => ("Work", self.scalars + at),
            Segment::Scratch => ("Work", self.scratch + at),
        }
    }

    /// Where a buffer of an input or a result begins in a run's memory; none for one in another region.
    pub fn in_work(&self, program: &Program, id: BufferId) -> Option<usize> {
        let (region, at) = self.place(program, (id, 0));
        (region == "Work").then_some(at)
    }
}

/// The calls of a network's programs, each once.
#[derive(Default)]
pub(super) struct Calls {
    known: HashMap<String, usize>,
    items: Vec<TokenStream>,
}

impl Calls {
    fn name(&mut self, code: TokenStream) -> Ident {
        let next = self.items.len();
        let index = *self.known.entry(code.to_string()).or_insert(next);
        let name = Ident::new(&format!("C{index}"), Span::call_site());
        if index == next {
            self.items.push(quote!(#[rustfmt::skip] const #name: &PreparedCall = &#code;));
        }
        name
    }

    pub fn items(&self) -> TokenStream {
        self.items.iter().cloned().collect()
    }
}

/// A program whose kernels are noted.
pub(super) struct Noted<'a> {
    pub program: &'a Verified<Program>,
    pub layout: Layout,
    /// Per entry and step the kernel that it uses.
    uses: Vec<Vec<Option<Use>>>,
}

/// Notes the kernels of a program's steps.
pub(super) fn note<'a>(program: &'a Verified<Program>, kernels: &mut Kernels) -> Noted<'a> {
    let layout = Layout::of(program);
    let mut used = |step: &Step| match step {
        Step::Loop { kernel, operands, .. } => {
            let kernel = &program.kernels[kernel.0 as usize];
            Some(kernels.note(kernel, Role::Step, &slots(program, &layout, kernel, operands)))
        }
        Step::Call { epilogue: Some((KernelId(kernel), _)), .. } => {
            let kernel = &program.kernels[*kernel as usize];
            Some(kernels.note(kernel, Role::Epilogue, &(0..kernel.params.len()).collect()))
        }
        Step::Call { epilogue: None, .. } | Step::StopUnlessFinite { .. } => None,
    };
    let uses = program.entries.iter().map(|entry| entry.steps.iter().map(&mut used).collect()).collect();
    Noted { program, layout, uses }
}

/// A parameter that is updated in place shares the slice of the written one.
fn slots(program: &Program, layout: &Layout, kernel: &LoopKernel, operands: &[(BufferId, usize)]) -> Slots {
    let place = |index: usize| layout.place(program, operands[index]);
    let written = |at| (0..operands.len()).find(|&other| kernel.params[other].written && place(other) == at);
    (0..operands.len()).map(|index| written(place(index)).unwrap_or(index)).collect()
}

impl Noted<'_> {
    /// The static of a schedule.
    pub fn item(&self, name: &Ident, kernels: &Kernels, calls: &mut Calls) -> TokenStream {
        let lines = |name: &str, calls: &mut Calls| -> Vec<TokenStream> {
            let known = self.program.entries.iter().zip(&self.uses).find(|(entry, _)| entry.name == name);
            let Some((entry, uses)) = known else { return Vec::new() };
            entry.steps.iter().zip(uses).map(|(step, used)| self.line(step, used.as_ref(), kernels, calls)).collect()
        };
        let sizes = &self.program.sizes;
        let [params, state, work, scratch] =
            [sizes.params, sizes.state, self.layout.work, self.layout.work - self.layout.scratch].map(unsuffixed);
        let sizes = quote!(Sizes { params: #params, state: #state, work: #work, scratch: #scratch });
        let (scalars, named) = (unsuffixed(self.layout.scalars), unsuffixed(self.program.scalars.len()));
        let constants = self.program.constants.iter().map(|&value| float(value));
        let constants = quote!(&[#(#constants),*]);
        let made = if self.program.mode == crate::prim::Mode::Step {
            let run = lines("step", calls);
            quote!(Schedule::training(#sizes, (#scalars, #named), #constants, &[#(#run),*]))
        } else {
            let prepare = lines("prepare", calls);
            let run = lines(entry_of(self.program.mode), calls);
            quote!(Schedule::new(#sizes, (#scalars, #named), #constants, &[#(#prepare),*], &[#(#run),*]))
        };
        quote!(#[rustfmt::skip] static #name: Schedule = #made;)
    }

    fn line(&self, step: &Step, used: Option<&Use>, kernels: &Kernels, calls: &mut Calls) -> TokenStream {
        let place = |operand| self.layout.place(self.program, operand);
        match (step, used) {
            (Step::Loop { kernel, operands, .. }, Some(used)) => {
                let kernel = &self.program.kernels[kernel.0 as usize];
                let slots = slots(self.program, &self.layout, kernel, operands);
                let length = |slot: usize| {
                    let sharing = (0..slots.len()).filter(|&index| slots[index] == slot);
                    sharing.map(|index| kernel.params[index].elements).max().unwrap_or(0)
                };
                let range = |&slot: &usize| {
                    let (region, at) = place(operands[slot]);
                    let (region, at, length) = (word(region), unsuffixed(at), unsuffixed(length(slot)));
                    quote!((#region, #at, #length))
                };
                let (reads, writes) = shared(kernel, &slots);
                let (reads, writes) = (reads.iter().map(range), writes.iter().map(range));
                let name = kernels.name(used);
                let arguments = kernels.arguments(used);
                let arguments = arguments.iter().map(|&value| plan::number(value));
                quote!(Line::run::<#name>(&[#(#reads),*], &[#(#writes),*], &[#(#arguments),*]))
            }
            (Step::Call { kernel, operands, epilogue, .. }, used) => {
                let plan = plan::kernel(kernel);
                let call = match used {
                    Some(used) => {
                        let name = kernels.name(used);
                        calls.name(quote!(PreparedCall::then::<#name>(#plan)))
                    }
                    None => calls.name(quote!(PreparedCall::new(#plan))),
                };
                let extra = epilogue.iter().flat_map(|(_, extra)| extra);
                let bases = operands.iter().chain(extra).map(|&operand| base(place(operand)));
                quote!(Line::call(#call, &[#(#bases),*]))
            }
            (Step::StopUnlessFinite { buffer }, _) => {
                let base = base(place((*buffer, 0)));
                quote!(Line::stop_unless_finite(#base))
            }
            (Step::Loop { .. }, None) => unreachable!("the kernels of all loops are noted"),
        }
    }
}

/// The entry that a mode runs.
pub(super) fn entry_of(mode: crate::prim::Mode) -> &'static str {
    use crate::prim::Mode;
    match mode {
        Mode::Predict => "predict",
        Mode::Evaluate => "evaluate",
        Mode::Gradients => "gradients",
        Mode::Step => "step",
    }
}

fn base((region, at): (&str, usize)) -> TokenStream {
    let (region, at) = (word(region), unsuffixed(at));
    quote!((#region, #at))
}

fn word(text: &str) -> Ident {
    Ident::new(text, Span::call_site())
}

pub(super) fn unsuffixed(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}
