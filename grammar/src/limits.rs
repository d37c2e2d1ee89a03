//! What a text may not exceed. Larger input is answered with an error before it costs anything.

/// Bytes of one source file: 16 MiB.
pub const SOURCE_BYTES: usize = 16 << 20;

/// Brackets inside brackets.
pub const NESTING: usize = 256;

/// Bytes of one name.
pub const NAME_BYTES: usize = 256;

/// Diagnostics that are printed; the rest is counted.
pub const PRINTED_DIAGNOSTICS: usize = 100;
