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
    page!("E0201", "an unknown value"),
    page!("E0202", "an unknown operator or block"),
    page!("E0203", "a name is defined twice"),
    page!("E0204", "a name is used where it does not exist"),
    page!("E0205", "a name of the language is defined again"),
    page!("E0206", "two layers have the same path"),
    page!("E0207", "which network?"),
    page!("E0208", "a network without an output"),
    page!("E0209", "a file cannot be imported"),
    page!("E0210", "imports that lead in a circle"),
    page!("E0211", "recursion without an end"),
    page!("E0212", "the network is too large"),
    page!("E0213", "an unknown attribute or parameter"),
    page!("E0214", "a setting that does not exist"),
    page!("E0215", "a body without a value"),
    page!("E0301", "shapes that do not fit together"),
    page!("E0302", "a shape that an operator does not take"),
    page!("E0303", "another kind of value is needed"),
    page!("E0304", "a type that is refused"),
    page!("E0305", "the number of names and of results differ"),
    page!("E0306", "a shared layer meets another shape"),
    page!("E0309", "an output that is the same for every sample"),
    page!("E0401", "an unknown or surplus argument"),
    page!("E0402", "a value that an argument does not take"),
    page!("E0403", "an argument or input is missing"),
    page!("E0404", "an argument is given twice"),
    page!("E0406", "arithmetic without a result"),
    page!("E0407", "another kind of compile-time value is needed"),
    page!("E0409", "a position outside a list"),
    page!("E0501", "an entry that recipes do not have"),
    page!("E0502", "a recipe without a loss or an optimizer"),
    page!("E0503", "a recipe, or an entry of it, is given twice"),
    page!("E0504", "a loss or metric that is not one number"),
    page!("E0505", "a parameter that the loss does not depend on"),
    page!("E0506", "a value that a recipe does not take"),
    page!("E0507", "an assertion that says nothing"),
    page!("E0508", "a label that names no parameters"),
    page!("E0509", "an assertion that does not hold"),
    page!("E0601", "a key that is no input or target"),
    page!("E0602", "an input or target without data"),
    page!("E0603", "an unknown data source"),
    page!("W0201", "an unused value"),
    page!("W0202", "an unused input or target"),
    page!("W0203", "a block that is never called"),
    page!("W0204", "an unused argument"),
    page!("W0205", "a dead layer"),
    page!("W0206", "an unused layer or parameter"),
    page!("W0301", "two dense layers with nothing between them"),
    page!("W0302", "a rectifier that changes nothing"),
    page!("W0303", "a loss on logits gets probabilities"),
    page!("W0304", "a choice of weight decay without weight decay"),
];

/// The title and the page of a code; letters in either case.
pub fn explain(code: &str) -> Option<(&'static str, &'static str)> {
    let found = CODES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code))?;
    Some((found.1, found.2))
}
