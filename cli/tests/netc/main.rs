//! Tests of the built command; one module per theme.

mod bench;
mod check;
mod command;
mod emit;
mod fmt;
mod hostile;
mod memory;
mod predict;
mod tiny;
mod train;
mod usage;
mod verify;
