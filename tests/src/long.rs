//! Generated networks of as many layers as one asks for.

use std::fmt::Write;

/// A name, and the text for a number of layers.
pub type Form = (&'static str, fn(usize) -> String);

/// Every way to write many layers.
pub const FORMS: [Form; 3] = [("written", written), ("named", named), ("looped", looped)];

/// Layers written one after the other.
fn written(layers: usize) -> String {
    let mut text = String::from("network long() {\n    input x: [8];\n    output y = x");
    for index in 0..layers / 2 {
        let _ = write!(text, "\n        -> layer{index}: dense(8) -> relu");
    }
    text.push_str(";\n}\n");
    text
}

/// One statement a layer, each reading the one before.
fn named(layers: usize) -> String {
    let mut text = String::from("network long() {\n    input x: [8];\n    let v0 = x;\n");
    for index in 0..layers / 2 {
        let _ = writeln!(text, "    let v{} = v{index} -> layer{index}: dense(8) -> relu;", index + 1);
    }
    let _ = write!(text, "    output y = v{};\n}}\n", layers / 2);
    text
}

/// Layers made by a loop over a residual block.
fn looped(layers: usize) -> String {
    format!(
        "block unit(x) {{\n    return x + (x -> dense(8) -> relu);\n}}\n\nnetwork long() {{\n    input x: [8];\n    \
         output y = x -> body: for turn in 0..{} {{ unit }};\n}}\n",
        layers / 3
    )
}
