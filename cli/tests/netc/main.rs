//! Tests of the built command; one module per theme.

mod command;
mod fmt;
mod usage;
