//! The formats of `netc check`: a summary and diagnostics become text.

pub mod csv;
pub mod json;
pub mod markdown;
pub mod rows;
pub mod static_memory;
pub mod table;
