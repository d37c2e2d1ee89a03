//! From a verified loop program to machine code in memory, with Cranelift, and the sessions that run it.
//!
//! This crate is the only one that knows Cranelift. It translates: layouts, orders and kernels were chosen before.

#![deny(unsafe_op_in_unsafe_fn)]

mod code;
mod executable;
#[cfg(feature = "mimalloc")]
pub mod heap;
mod inputs;
mod instance;
mod kernel;
mod moves;
mod source;
mod store;
mod straight;
#[cfg(test)]
mod tests;
mod work;

pub use code::{CompileError, clif};
pub use executable::Executable;
pub use inputs::Given;
pub use instance::{Instance, Run, Scalars};
pub use netc_runtime::{Isa, Pool, limit};
pub use store::{OutOfMemory, Store};
pub use work::Work;
