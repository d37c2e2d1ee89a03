//! The register of diagnostic codes: each has a title and a page under `docs/errors/`.
//!
//! To add a code, write its page, whose first line is `# CODE: title`, and add its line here.
//! Codes are grouped: E00xx characters and brackets, E01xx syntax, E02xx names, E03xx shapes, E04xx
//! arguments, E05xx training, E06xx data, W02xx unused and dead, W03xx suspicious.

macro_rules! page {
    ($code:literal, $title:literal) => {
        ($code, $title, include_str!(concat!("../../docs/errors/", $code, ".md")))
    };
}

/// A code, its title, and its page in Markdown; in the order of the codes.
pub const CODES: &[(&str, &str, &str)] = &[
    page!("E0001", "the file is too large"),
    page!("E0002", "the file is not UTF-8 text"),
    page!("E0003", "a control character"),
    page!("E0004", "text that reads differently than it means"),
    page!("E0005", "a character that is not ASCII"),
    page!("E0006", "a bracket is never closed"),
    page!("E0007", "a closing bracket or `;` that fits no opening one"),
    page!("E0008", "a string is never closed"),
    page!("E0009", "a comment is never closed"),
    page!("E0010", "brackets nest too deep"),
    page!("E0011", "a name is too long"),
    page!("E0101", "`;` is missing"),
    page!("E0102", "a value is missing"),
    page!("E0103", "a name is missing"),
    page!("E0104", "a keyword used as a name"),
    page!("E0105", "a layer is missing after `->`"),
    page!("E0106", "`,` or a closing bracket is missing"),
    page!("E0107", "something unexpected"),
    page!("E0108", "something unexpected at the top level"),
    page!("E0109", "a statement in the wrong place"),
    page!("E0110", "a number is too large"),
    page!("E0111", "not a unit"),
    page!("E0112", "an unknown escape in a string"),
    page!("E0113", "an operator after a layer"),
    page!("E0114", "operators that need parentheses"),
    page!("E0115", "only a name can be called"),
    page!("E0116", "a positional argument after a named one"),
    page!("E0117", "an argument is given twice"),
    page!("E0118", "not a type"),
    page!("E0119", "an argument without a type"),
    page!("E0120", "not an attribute"),
    page!("E0121", "an operator of another language"),
    page!("E0122", "`{` is missing"),
    page!("E0123", "`=` or `:` is missing, or one stands for the other"),
];

/// The title and the page of a code; letters in either case.
pub fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    let found = CODES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code))?;
    Some((found.1, found.2))
}
