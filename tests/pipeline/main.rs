//! Tests of the whole pipeline, from text to machine code and trained weights.
//!
//! `cargo test -p netc-tests executors` runs one module; `NETC_SLOW=1` adds the cases that take long.

mod chance;
mod compile_time;
mod determinism;
mod executors;
mod gradcheck;
mod inputs;
mod instructions;
mod kernels;
mod labels;
mod language;
mod large;
mod names;
mod reference;
mod rust;
mod scaling;
mod snapshots;
mod start;
mod straight;
mod trained;
mod verified;
