//! What the Rust that `network!` writes is made of: a table of steps over four regions of memory, kernels on disjoint
//! slices, and the types that own the memory.
//!
//! Generated code has no `unsafe`. A [`Line`] can only be made by constructors that check, while Rust compiles, that
//! its operands lie apart where they must; a [`Schedule`] checks that they lie inside of their regions; running one
//! checks the lengths of the regions. Then every kernel gets the slices that its line names.

mod epilogue;
mod line;
mod nested;
mod owned;
mod parameters;
mod plan;
mod prepared;
mod program;
mod safetensors;
mod scalar;
mod schedule;
mod small;
#[cfg(all(test, feature = "std"))]
mod tests;
mod training;
mod workspace;

pub use crate::lanes::{Float, Int, LANES, Lanes, Mask, blocks};
pub use crate::with_allocator;
pub use epilogue::{Epilogue, Segment};
pub use line::{Base, Line, Loops, Operand, Region, Slots};
pub use nested::{Element, Nested};
pub use netc_plan::math::portable::{floor, sqrt};
pub use netc_plan::philox::shuffle;
pub use netc_plan::winograd::TileSize;
pub use netc_plan::{Distribution, Epilogue as Finish, Start};
#[cfg(feature = "std")]
pub use owned::allocate;
pub use owned::{Aligned, Owned, Storage, TooSmall, Version, require};
pub use parameters::{Network, Parameter, ParameterInfo, Slot, by_path, draw};
pub use plan::{
    attend, borders, by_column, contract, copy, fill, maxima, random, winograd, winograd_filter, winograd_weights,
};
pub use prepared::PreparedCall;
pub use program::{Predicts, Program, Trains};
#[cfg(feature = "std")]
pub use safetensors::to_safetensors;

pub use safetensors::{WeightsError, WeightsProblem, check as check_weights, read, safetensors_bytes, write};
pub use scalar::{
    div_int, erf, exp, float, gather, gather_if, get, get_if, int, log, max, min, position, put, put_int, relu,
    scatter, sigmoid, tanh, within,
};
pub use schedule::{Prepared, Schedule, Sizes};
pub use training::Training;
pub use workspace::{OutOfRange, Results, Run, Workspace};

/// Items that need an allocator: kept with the feature `std`, left out without.
#[cfg(feature = "std")]
#[macro_export]
#[doc(hidden)]
macro_rules! with_allocator {
    ($($items:tt)*) => { $($items)* };
}

/// Items that need an allocator: kept with the feature `std`, left out without.
#[cfg(not(feature = "std"))]
#[macro_export]
#[doc(hidden)]
macro_rules! with_allocator {
    ($($items:tt)*) => {};
}
