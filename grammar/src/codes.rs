//! The register of diagnostic codes: each has a title and a page under `docs/errors/`.
//!
//! To add a code, write its page and add its line here. Codes are grouped: E00xx characters and
//! brackets, E01xx syntax, E02xx names, E03xx shapes, E04xx arguments, E05xx training, E06xx data,
//! W02xx unused and dead, W03xx suspicious.

/// A code, its title, and its page in Markdown; in the order of the codes.
pub const CODES: &[(&str, &str, &str)] = &[];

/// The title and the page of a code; letters in either case.
pub fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    let found = CODES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code))?;
    Some((found.1, found.2))
}
