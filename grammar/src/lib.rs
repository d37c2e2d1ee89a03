//! The `.net` language: text to a syntax tree and back, spans and diagnostics.
//!
//! This crate knows no operator and no tensor: names are names, and their meaning is the
//! compiler's. [`Source`] is text with lines, [`ast`] the tree, [`Diagnostic`] a message with
//! spans.
#![forbid(unsafe_code)]

pub mod ast;
mod codes;
mod comment;
mod diagnostic;
mod example;
pub mod limits;
mod loader;
mod outline;
mod parse;
mod print;
mod render;
mod scan;
mod source;

pub use ast::Ast;
pub use codes::{CODES, explain};
pub use comment::{Comment, CommentKind};
pub use diagnostic::{Diagnostic, Label, Severity, arrange, did_you_mean};
pub use example::{Example, examples};
pub use loader::{LoadError, Loaded, Loader, NoFiles};
pub use parse::{Parsed, parse};
pub use print::{FILL_WIDTH, KEPT_WIDTH, format, quote};
pub use render::{escape_terminal, render};
pub use source::{FileId, Position, Source, Sources, Span};
