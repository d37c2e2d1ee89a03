//! What the whole-pipeline tests share: networks of the repository, values for them, and every executor of a program
//! behind one interface.

#![forbid(unsafe_code)]

pub mod compare;
pub mod execute;
pub mod long;
pub mod models;
pub mod values;

/// Whether cases that take long are wanted: `NETC_SLOW=1`.
pub fn slow() -> bool {
    std::env::var_os("NETC_SLOW").is_some_and(|value| value == "1")
}

/// What `f` gives, or the message of its panic: a case that fails must not hide the others.
///
/// # Errors
/// When `f` panics.
pub fn attempt<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        text.or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
    })
}
