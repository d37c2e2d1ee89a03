//! The loop program: loops, buffers with layouts and offsets, kernel calls. The last stage before any executor.
//!
//! Everything is decided here: layouts, the order of every accumulation, each floating-point operation, which kernel
//! runs. Readers (print, interpret, machine code, Rust) translate and decide nothing, so they agree bit for bit.
//!
//! Every element has 4 bytes: f32, or i32 for integers and truth values (0 or 1). Offsets count elements.

pub mod affine;
pub mod interpret;
pub mod places;
mod print;
pub mod touch;
mod verify;
pub mod walk;

pub use netc_plan::Kernel;
pub use verify::{Verified, Violation, verify};

use crate::prim::scalar::{Binary, Unary};
use crate::prim::{Mode, Role, State, StepScalar, ValueType};
use affine::Affine;

/// A block of memory with an owner and a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Parameters and buffers of the model; shared by sessions unless the program steps.
    Params,
    /// Slots of the optimiser.
    State,
    /// Values that depend on parameters and constants alone; written by `prepare`.
    Derived,
    /// Intermediate values of one run.
    Arena,
    /// Numbers given by the program itself: [`Program::constants`]. Never written.
    Constants,
    /// Per thread.
    Scratch,
    /// Inputs and targets, in logical row-major order.
    Inputs,
    /// Results, in logical row-major order.
    Outputs,
    /// Per-step numbers: see [`Program::scalars`].
    Scalars,
}

/// Index into [`Program::buffers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BufferId(pub u32);

/// Element type in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scalar {
    /// IEEE binary32.
    F32,
    /// Two's complement; also truth values.
    I32,
}

/// A range of a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// What it holds, for people: a layer's path or a parameter's.
    pub name: String,
    /// Owner.
    pub segment: Segment,
    /// First element within the segment.
    pub offset: usize,
    /// Number of elements, halos and panels included.
    pub elements: usize,
    /// Element type.
    pub scalar: Scalar,
}

/// Index into [`Program::kernels`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelId(pub u32);

/// A loop variable of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Var(pub u16);

/// A scalar local of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Local(pub u16);

/// A parameter of a generated kernel: memory that it reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Element type.
    pub scalar: Scalar,
    /// Elements that may be touched: every index is proved to be below.
    pub elements: usize,
    /// Whether it is written.
    pub written: bool,
}

/// How far a loop runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extent {
    /// A number.
    Fixed(u32),
    /// The columns of the segment that an epilogue is called for.
    Columns,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    /// Runs the body for 0, 1, … extent − 1.
    For {
        /// The loop variable.
        var: Var,
        /// How far.
        extent: Extent,
        /// No turn depends on another and every store is contiguous or disjoint in `var`: any number may run at
        /// once, as lanes. Bits do not depend on how many.
        lanes: bool,
        /// What is repeated.
        body: Vec<Stmt>,
    },
    /// Defines a local; also inside a loop, anew in each turn.
    Let {
        /// The local.
        local: Local,
        /// Its value.
        value: Expr,
    },
    /// Changes a local that an enclosing block defined.
    Assign {
        /// The local.
        local: Local,
        /// Its new value.
        value: Expr,
    },
    /// Writes one element.
    Store {
        /// Which parameter of the kernel.
        param: u16,
        /// Where.
        index: Affine,
        /// What.
        value: Expr,
    },
}

/// A condition `0 <= index < extent` on a position; loads outside give the filling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bound {
    /// The position.
    pub index: Affine,
    /// One past the last valid position.
    pub extent: u32,
}

/// An associative operation whose order of accumulation `Fold` fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FoldOp {
    /// Sum from +0.
    Sum,
    /// Maximum from −∞, NaN sticks.
    Max,
}

/// An expression of one element type.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number.
    F32(f32),
    /// An integer or truth value.
    I32(i32),
    /// A local.
    Read(Local),
    /// A position as an integer.
    Position(Affine),
    /// One element. Where a bound fails, `otherwise` (and memory is not touched).
    Load {
        /// Which parameter of the kernel.
        param: u16,
        /// Where.
        index: Affine,
        /// Conditions; empty for most loads.
        bounds: Vec<Bound>,
        /// The value outside the bounds.
        otherwise: f32,
    },
    /// One operand, f32 except for `Not`. Transcendentals are `plan::math`'s sequences.
    Unary(Unary, Box<Expr>),
    /// Two operands of one type; comparisons give I32 0 or 1. Never fused into multiply-add.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// The second where the first is not 0, else the third; both are evaluated.
    Select(Box<Expr>, Box<Expr>, Box<Expr>),
    /// An integer as f32.
    ToF32(Box<Expr>),
    /// A number truncated to an integer, saturating; NaN gives 0.
    ToI32(Box<Expr>),
    /// Combines the body over `var` = 0 … extent − 1. With `lanes` = L, L partial results take the elements
    /// i ≡ l mod L in ascending order and are then combined in halves: for h = L/2, …, 2, 1: p[l] = p[l] ∘ p[l + h].
    /// A step is `p = p + x` or, for `Max`, `p = if p < x or x is NaN { x } else { p }`.
    Fold {
        /// The operation.
        op: FoldOp,
        /// The loop variable.
        var: Var,
        /// How far.
        extent: u32,
        /// Partial results: 1 or 16.
        lanes: u32,
        /// Locals defined anew in each turn, in order, before the body; read nowhere else.
        lets: Vec<(Local, Expr)>,
        /// What is combined.
        body: Box<Expr>,
    },
}

/// A generated kernel: `units` independent turns of `unit`, dealt to threads.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopKernel {
    /// What it computes, for people.
    pub name: String,
    /// Memory that it touches.
    pub params: Vec<Param>,
    /// The outermost variable.
    pub unit: Var,
    /// Its extent, fixed by shapes. Epilogues have one unit.
    pub units: u32,
    /// Loop variables, the unit included.
    pub vars: u16,
    /// Locals with their types.
    pub locals: Vec<Scalar>,
    /// What one unit does.
    pub body: Vec<Stmt>,
}

/// One line of the schedule.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "most steps of a schedule are calls, with their plans")]
pub enum Step {
    /// A generated kernel.
    Loop {
        /// Which.
        kernel: KernelId,
        /// One buffer per parameter, and the first element in it.
        operands: Vec<(BufferId, usize)>,
        /// The layer it serves, for people: index into [`Program::layers`].
        origin: u32,
    },
    /// A kernel of the runtime.
    Call {
        /// Kernel and plan.
        kernel: Kernel,
        /// Its operands in the kernel's order, and the first element in each. For a contraction: C, A, B, then slots
        /// only where [`netc_plan::ContractPlan::slot_floats`] is not 0, then the operands of a closed epilogue.
        /// For random numbers: the destination, then the seed's low word in the segment `Scalars`.
        operands: Vec<(BufferId, usize)>,
        /// A generated epilogue over one row segment and its operands beyond the result.
        epilogue: Option<(KernelId, Vec<(BufferId, usize)>)>,
        /// The layer it serves.
        origin: u32,
    },
    /// Ends the walk if this f32 is not finite: nothing after it is written.
    StopUnlessFinite {
        /// The buffer of one element.
        buffer: BufferId,
    },
}

/// A list of steps that a caller can run.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `prepare`, `predict`, `evaluate`, `gradients` or `step`.
    pub name: &'static str,
    /// In order.
    pub steps: Vec<Step>,
}

/// Elements of each segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Parameters and buffers.
    pub params: usize,
    /// Slots.
    pub state: usize,
    /// Derived values.
    pub derived: usize,
    /// Intermediates.
    pub arena: usize,
    /// Numbers of the program itself.
    pub constants: usize,
    /// Scratch of one thread.
    pub scratch: usize,
    /// Inputs and targets.
    pub inputs: usize,
    /// Results.
    pub outputs: usize,
    /// Per-step numbers.
    pub scalars: usize,
}

/// A compiled step, before any executor.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Network name.
    pub name: String,
    /// What it is for.
    pub mode: Mode,
    /// Samples.
    pub batch: usize,
    /// Paths of layers, for `origin`.
    pub layers: Vec<String>,
    /// Memory.
    pub buffers: Vec<Buffer>,
    /// Elements of each segment.
    pub sizes: Sizes,
    /// Contents of the segment `Constants`.
    pub constants: Vec<f32>,
    /// Generated kernels, each structure once.
    pub kernels: Vec<LoopKernel>,
    /// What can be run.
    pub entries: Vec<Entry>,
    /// Inputs and targets in order: name, logical type, buffer.
    pub inputs: Vec<(String, ValueType, BufferId)>,
    /// Results: role, logical type, buffer.
    pub results: Vec<(Role, ValueType, BufferId)>,
    /// States in the graph's order, with their buffers (segments `Params` and `State`).
    pub states: Vec<(State, BufferId)>,
    /// Meaning of the `Scalars` segment: f32 per-step numbers first; then, as raw 32-bit words, the seed (low, high)
    /// and the step number (low, high) and the position of the batch's first sample.
    pub scalars: Vec<StepScalar>,
}
