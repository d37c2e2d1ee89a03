//! What the whole-pipeline tests share: networks of the repository, values for them, and every executor of a program
//! behind one interface.

#![forbid(unsafe_code)]

pub mod compare;
pub mod execute;
pub mod models;
pub mod values;

/// Whether cases that take long are wanted: `NETC_SLOW=1`.
pub fn slow() -> bool {
    std::env::var_os("NETC_SLOW").is_some_and(|value| value == "1")
}
