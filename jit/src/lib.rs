//! Verified loop program to machine code, with Cranelift.
