//! From the syntax tree to a verified loop program: checks, gradients, fusion, lowering. Pure: no IO, clock, threads.
//!
//! `Ast` → [`model::Model`] → [`prim::PrimGraph`] → kernel graph → [`program::Program`]; each stage is a function from
//! one type to the next, and each type has a text form.

#![forbid(unsafe_code)]

pub mod differentiate;
pub mod elaborate;
pub mod expand;
pub mod fuse;
pub mod gradcheck;
pub mod lower;
pub mod model;
pub mod op;
pub mod ops;
pub mod optimizer;
pub mod pipeline;
pub mod prim;
pub mod program;
pub mod rust;
pub mod simplify;
pub mod summarize;
pub mod types;
