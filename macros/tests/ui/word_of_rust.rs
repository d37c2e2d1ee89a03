//! A type cannot be called like a word of Rust's.

netc::network!("tests/ui/nets/two_layers.net" as type);

fn main() {}
