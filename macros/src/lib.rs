//! network!: the .net language inside Rust.
