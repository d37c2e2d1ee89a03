//! Tests of the built command; one module per theme.

mod bench;
mod command;
mod emit;
mod fmt;
mod predict;
mod tiny;
mod train;
mod usage;
