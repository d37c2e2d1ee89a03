//! The .net language: text to a syntax tree and back, spans and diagnostics.
