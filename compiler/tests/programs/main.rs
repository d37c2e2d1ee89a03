//! Programs against the meaning of their primitive graphs: fuse, lower, verify, interpret, and compare with the
//! evaluator.

mod check;
mod dense;
mod found;
mod loops;
mod maps;
mod networks;
mod refuse;
