//! Repository chores: tidy, docs, mutants.

fn main() {}
