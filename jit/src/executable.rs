//! A program with its machine code and prepared kernel calls: immutable, shared by all instances.

use crate::code::{Code, CompileError};
use crate::kernel::Role;
use netc_compiler::prim::Mode;
use netc_compiler::program::{BufferId, Entry, Program, Step, Verified};
use netc_plan::kernels::contract_pointer;
use netc_plan::{EpilogueFn, StepFn};
use netc_runtime::{Call, Isa};
use std::ops::Deref;

/// A verified program, compiled for the processor that runs this.
#[derive(Debug)]
pub struct Executable {
    program: Verified<Program>,
    /// Owns the functions that `entries` point to; dropped with them.
    _code: Code,
    entries: Vec<Vec<Line>>,
}

/// What a line of a schedule executes, before it knows any memory.
#[derive(Debug)]
pub(crate) enum Action {
    /// A generated kernel.
    Generated {
        /// Its code.
        function: StepFn,
        /// Independent units.
        units: u32,
    },
    /// A kernel of the runtime; boxed because steps hold its address.
    Runtime(Box<Call>),
    /// A look at a number that must be finite.
    Judge,
    /// All steps of the entry, over the program's segments.
    Straight(StepFn),
}

/// A line of a schedule: an action and the buffers behind its table of pointers.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) action: Action,
    /// In the order of the table; `None` is a null pointer.
    pub(crate) operands: Vec<Option<(BufferId, usize)>>,
}

impl Deref for Executable {
    type Target = Program;
    fn deref(&self) -> &Program {
        &self.program
    }
}

impl Executable {
    /// Generates code and prepares the calls of all entries. A small entry becomes one function.
    pub fn new(program: Verified<Program>, isa: Isa) -> Result<Executable, CompileError> {
        Executable::build(program, isa, true)
    }

    /// The same with a call for each step, however small: for comparisons. Bits are the same.
    pub fn stepwise(program: Verified<Program>, isa: Isa) -> Result<Executable, CompileError> {
        Executable::build(program, isa, false)
    }

    fn build(program: Verified<Program>, isa: Isa, straight: bool) -> Result<Executable, CompileError> {
        let code = Code::compile(&program, isa, straight)?;
        let lines = |(index, entry): (usize, &Entry)| match code.entry(index) {
            Some(function) => {
                // SAFETY: the function of an entry was generated with the signature of `StepFn`.
                let function = unsafe { std::mem::transmute::<*const u8, StepFn>(function) };
                Ok(vec![Line { action: Action::Straight(function), operands: Vec::new() }])
            }
            None => entry.steps.iter().map(|step| line(&program, &code, step, isa)).collect(),
        };
        let entries = program.entries.iter().enumerate().map(lines).collect::<Result<Vec<_>, _>>()?;
        Ok(Executable { program, _code: code, entries })
    }

    /// Whether a run of the program's mode is one function.
    pub fn is_straight(&self) -> bool {
        matches!(self.lines(self.entry_name()), Some([Line { action: Action::Straight(_), .. }]))
    }

    /// The entry that a run of the program's mode walks.
    pub(crate) fn entry_name(&self) -> &'static str {
        match self.mode {
            Mode::Predict => "predict",
            Mode::Evaluate => "evaluate",
            Mode::Gradients => "gradients",
            Mode::Step => "step",
        }
    }

    /// The schedule of an entry by its name.
    pub(crate) fn lines(&self, entry: &str) -> Option<&[Line]> {
        let index = self.program.entries.iter().position(|known| known.name == entry)?;
        Some(&self.entries[index])
    }
}

fn line(program: &Program, code: &Code, step: &Step, isa: Isa) -> Result<Line, CompileError> {
    match step {
        Step::Loop { kernel, operands, .. } => {
            let address = code.address(*kernel, Role::Step).ok_or_else(|| CompileError::missing(*kernel))?;
            // SAFETY: a kernel whose role is `Step` was generated with the signature of `StepFn`.
            let function = unsafe { std::mem::transmute::<*const u8, StepFn>(address) };
            let units = program.kernels[kernel.0 as usize].units;
            Ok(Line {
                action: Action::Generated { function, units },
                operands: operands.iter().copied().map(Some).collect(),
            })
        }
        Step::Call { kernel, operands, epilogue, .. } => {
            let mut function = None;
            let mut table: Vec<_> = operands.iter().copied().map(Some).collect();
            if kernel.epilogue().is_some() {
                if kernel.shared_floats() == 0 {
                    table.insert(contract_pointer::SLOTS, None);
                }
                if let Some((kernel, extra)) = epilogue {
                    let address =
                        code.address(*kernel, Role::Epilogue).ok_or_else(|| CompileError::missing(*kernel))?;
                    // SAFETY: a kernel whose role is `Epilogue` was generated with the signature of `EpilogueFn`.
                    function = Some(unsafe { std::mem::transmute::<*const u8, EpilogueFn>(address) });
                    table.extend(extra.iter().copied().map(Some));
                }
                table.resize(contract_pointer::COUNT, None);
            }
            let call = Call::new(kernel, function, isa).map_err(|error| CompileError::plan(&error))?;
            Ok(Line { action: Action::Runtime(Box::new(call)), operands: table })
        }
        Step::StopUnlessFinite { buffer } => {
            Ok(Line { action: Action::Judge, operands: vec![Some((*buffer, 0)), None] })
        }
    }
}
