//! Proves that a program can be executed without further checks: `Program` → `Verified<Program>`.
//!
//! Proved are: every address lies in its operand and every operand in its segment; types agree and locals are defined
//! before they are read; units of one step write apart from each other, and so do lanes; memory is shared by operands
//! of a step only where each element is read before it is overwritten; nothing is read before it was written, or
//! after its memory went to another value; plans are acceptable; new states are written once, after the loss was
//! judged, and nothing reads the old version afterwards.

mod bounds;
mod kernel;
mod owners;
mod ranges;
mod schedule;
mod steps;
mod types;

use super::{KernelId, Program};
use netc_plan::PlanError;
use std::fmt;

/// Something that was proved; made by [`verify`] alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// What was proved.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why a program is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The kernel in which it was found.
    pub kernel: Option<KernelId>,
    /// Entry and position of the step in which it was found.
    pub step: Option<(&'static str, usize)>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A buffer reaches beyond its segment.
    Segment,
    /// A reference to a kernel, buffer, parameter, variable or local that does not exist.
    Missing,
    /// The number of operands is not that of the parameters.
    Operands,
    /// An operand or expression has another element type than its use.
    Type,
    /// A local is read or assigned where it is not defined.
    Undefined,
    /// A loop without turns, a variable that is bound twice, or columns outside of an epilogue.
    Extent,
    /// An address outside of the operand.
    Bounds,
    /// A parameter that is stored is not marked as written, or one that is written is loaded.
    Written,
    /// Two units or lanes may write the same element.
    Units,
    /// A written operand shares memory with another one that is not read in place.
    Overlap,
    /// An element is read before it was written, or after its memory was given away.
    Uninitialised,
    /// Memory is written that a run may not write: inputs, constants, or derived values outside of `prepare`.
    ReadOnly,
    /// A state is written before the loss is judged, written twice, or read after it was replaced.
    Order,
    /// A plan that kernels refuse.
    Plan(PlanError),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((entry, position)) = self.step {
            write!(f, "step {position} of {entry}: ")?;
        }
        if let Some(KernelId(kernel)) = self.kernel {
            write!(f, "kernel {kernel}: ")?;
        }
        f.write_str(match &self.fault {
            Fault::Segment => "a buffer reaches beyond its segment",
            Fault::Missing => "a reference to something that does not exist",
            Fault::Operands => "the operands do not match the parameters",
            Fault::Type => "element types differ",
            Fault::Undefined => "a local is used where it is not defined",
            Fault::Extent => "a loop without turns, a variable bound twice or columns outside of an epilogue",
            Fault::Bounds => "an address outside of its operand",
            Fault::Written => "a store to an operand that is read, or a load from one that is written",
            Fault::Units => "two units or lanes may write the same element",
            Fault::Overlap => "a written operand shares memory with another",
            Fault::Uninitialised => "an element is read that does not hold its value",
            Fault::ReadOnly => "memory is written that a run may not write",
            Fault::Order => "a state is written too early, twice, or read after it was replaced",
            Fault::Plan(error) => return write!(f, "{error}"),
        })
    }
}

impl std::error::Error for Violation {}

impl From<Fault> for Violation {
    fn from(fault: Fault) -> Violation {
        Violation { kernel: None, step: None, fault }
    }
}

/// Proves a program.
pub fn verify(program: Program) -> Result<Verified<Program>, Violation> {
    schedule::check_buffers(&program)?;
    let epilogues = steps::epilogues(&program)?;
    for (index, kernel) in program.kernels.iter().enumerate() {
        let within = |fault| Violation { kernel: Some(KernelId(index as u32)), step: None, fault };
        kernel::check(kernel, epilogues[index]).map_err(within)?;
    }
    for entry in &program.entries {
        for (position, step) in entry.steps.iter().enumerate() {
            let within = |fault| Violation { kernel: None, step: Some((entry.name, position)), fault };
            steps::check(&program, step).map_err(within)?;
        }
    }
    schedule::check(&program)?;
    Ok(Verified(program))
}
