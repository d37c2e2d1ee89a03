//! What happens to a contraction's sums before they are final: a closed set in registers, or a generated kernel.

use super::Panels;
use crate::reference::Element;

/// A generated epilogue over one segment of an output row.
///
/// `pointers[0]` is the segment of C, which holds the sums and is overwritten; `pointers[1 + i]` is operand `i` at the
/// segment's first column, which the epilogue reads (or writes) at `column · n` with the operand's column stride `n`
/// of 0 or 1. Segments have 1 to 32 columns; how an output row falls into segments is not observable.
pub type EpilogueFn = unsafe extern "C" fn(pointers: *const *mut f32, columns: u32);

/// What is applied to the finished sum of each output element.
///
/// `relu(v)` is `v < 0 ? 0 : v`: NaN passes, and so does −0. `gate(v, g)` is `0 < g ? v : +0`, the gradient of a
/// rectifier whose output was g.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Epilogue {
    /// The sum itself.
    None,
    /// sum + operand 0.
    Bias,
    /// relu(sum + operand 0).
    BiasRelu,
    /// (sum + operand 0) + operand 1.
    BiasResidual,
    /// relu((sum + operand 0) + operand 1).
    BiasResidualRelu,
    /// gate(sum, operand 0).
    Gate,
    /// gate(sum + operand 0, operand 1).
    ResidualGate,
    /// A generated kernel ([`EpilogueFn`]) over the plan's operands.
    Generated,
}

impl Epilogue {
    /// Operands that a member of the closed set reads; `None` for a generated epilogue, which may have up to eight.
    pub const fn operands(&self) -> Option<u32> {
        match self {
            Epilogue::Generated => None,
            closed => Some(closed.addends() + closed.gate().is_some() as u32),
        }
    }

    /// How many of the operands, the first ones, are added to the sum.
    pub const fn addends(&self) -> u32 {
        match self {
            Epilogue::None | Epilogue::Gate | Epilogue::Generated => 0,
            Epilogue::Bias | Epilogue::BiasRelu | Epilogue::ResidualGate => 1,
            Epilogue::BiasResidual | Epilogue::BiasResidualRelu => 2,
        }
    }

    /// The operand that must be positive for the sum to pass.
    pub const fn gate(&self) -> Option<usize> {
        match self {
            Epilogue::Gate | Epilogue::ResidualGate => Some(self.addends() as usize),
            _ => None,
        }
    }

    /// Whether the result passes through a rectifier.
    pub const fn rectifies(&self) -> bool {
        matches!(self, Epilogue::BiasRelu | Epilogue::BiasResidualRelu)
    }

    /// The closed set on one sum, whose operands are given by their numbers; a generated epilogue leaves it as it is.
    #[inline(always)]
    pub fn finish<E: Element>(&self, sum: E, operand: impl Fn(usize) -> E) -> E {
        let value = (0..self.addends() as usize).fold(sum, |value, index| value + operand(index));
        let passes = match self.gate() {
            Some(index) => E::ZERO < operand(index),
            None => !(self.rectifies() && value < E::ZERO),
        };
        if passes { value } else { E::ZERO }
    }
}

/// Strides of an epilogue's extra operand over the output's axes. It may not overlap C.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operand {
    /// Strides over the outer axes.
    pub outer: [i64; 6],
    /// Stride over m.
    pub m: i64,
    /// Stride over columns: 1, or 0 for one value per row (then `panels` is ignored).
    pub n: i64,
    /// Where columns lie if `n` is 1.
    pub panels: Panels,
}

impl Operand {
    /// A vector over the columns, the same for every row: a bias.
    pub const COLUMNS: Self = Self { outer: [0; 6], m: 0, n: 1, panels: Panels::ROWS };
    /// One number.
    pub const SCALAR: Self = Self { outer: [0; 6], m: 0, n: 0, panels: Panels::ROWS };

    /// Where its columns lie; at one place if a row has one value.
    pub const fn columns(&self) -> Panels {
        if self.n == 0 { Panels { stride: 0, inside: 0 } } else { self.panels }
    }
}
