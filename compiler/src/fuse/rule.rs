//! Rules of fusion: why a value is written to memory rather than computed where it is read.

use crate::prim::ValueId;
use std::fmt;

/// Why a value is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The caller gets it.
    Result,
    /// It becomes a state.
    State,
    /// A kernel that is not generated makes it.
    Kernel,
    /// A contraction's epilogue ends with it.
    Epilogue(End),
    /// A contraction, convolution or attention walks it by strides.
    Operand(ValueId),
    /// Its elements have gaps, so that it takes loops of its own.
    Gaps,
    /// Its parts take loops of their own, so that no element chooses among them.
    Parts,
    /// The position of a maximum is found once for all of its readers.
    Position,
    /// What it is computed from has other axes than its reader's.
    Shape(ValueId),
    /// An expression with it would have too many operations or loads.
    Long,
    /// So many readers would compute it again.
    Readers(usize),
    /// A reader would compute each element many times.
    Spread(ValueId),
    /// It depends on weights alone, so it is computed once, before predictions.
    Prepared,
    /// A reduction that its readers do not need row by row.
    Rows,
    /// A part of a long reduction, or what kernels need in this form.
    Asked,
}

/// Why elementwise work behind a contraction is not applied to its sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing reads it.
    Unread,
    /// The caller gets it, or it becomes a state.
    Wanted,
    /// So many values read it.
    Readers(usize),
    /// Its reader is no elementwise work on floats.
    Reader(ValueId),
    /// Its reader also reads a reduction.
    Reduction(ValueId),
    /// Its reader updates a state.
    Update(ValueId),
    /// Its reader would make the epilogue too long.
    Long(ValueId),
    /// Its reader finishes another contraction.
    Other(ValueId),
    /// The gradient of a convolution's weights, which has no epilogue.
    Weights,
    /// The gradient of a convolution's input where some positions have no taps.
    Taps,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Result => f.write_str("a result"),
            Rule::State => f.write_str("a new state"),
            Rule::Kernel => f.write_str("a kernel of its own"),
            Rule::Epilogue(end) => end.fmt(f),
            Rule::Operand(reader) => write!(f, "{reader} walks it by strides"),
            Rule::Gaps => f.write_str("gaps take loops of their own"),
            Rule::Parts => f.write_str("parts take loops of their own"),
            Rule::Position => f.write_str("found once for all readers"),
            Rule::Shape(reader) => write!(f, "{reader} reads it in another shape"),
            Rule::Long => f.write_str("too long to compute where it is read"),
            Rule::Readers(count) => write!(f, "{count} values would compute it again"),
            Rule::Spread(reader) => write!(f, "{reader} would compute each element many times"),
            Rule::Prepared => f.write_str("computed once, from weights alone"),
            Rule::Rows => f.write_str("not needed row by row"),
            Rule::Asked => f.write_str("needed in this form"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Unread => f.write_str("nothing reads it"),
            End::Wanted => f.write_str("a result or a new state"),
            End::Readers(count) => write!(f, "{count} values read it"),
            End::Reader(reader) => write!(f, "{reader} is not elementwise"),
            End::Reduction(reader) => write!(f, "{reader} reads a reduction"),
            End::Update(reader) => write!(f, "{reader} updates a state"),
            End::Long(reader) => write!(f, "{reader} is too long for sums in registers"),
            End::Other(reader) => write!(f, "{reader} finishes other sums"),
            End::Weights => f.write_str("gradients of weights have no epilogue"),
            End::Taps => f.write_str("no taps reach some positions"),
        }
    }
}
