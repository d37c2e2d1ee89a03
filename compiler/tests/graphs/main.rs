//! Passes over primitive graphs: their text form, the optimiser's updates, simplification.

mod build;
mod optimizer;
mod print;
mod simplify;
mod sums;
mod verify;
