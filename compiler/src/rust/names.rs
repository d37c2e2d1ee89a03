//! Names of a network as Rust's.

use proc_macro2::{Ident, Span};
use std::collections::BTreeSet;

/// `resnet18_textbook` becomes `Resnet18Textbook`.
pub fn type_name(network: &str) -> String {
    let capital = |part: &str| {
        let letters = part.chars().filter(char::is_ascii_alphanumeric).enumerate();
        letters.map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter }).collect::<String>()
    };
    let name: String = network.split('_').map(capital).collect();
    match name.as_str() {
        "Self" => "SelfNetwork".to_string(),
        _ if !name.starts_with(|first: char| first.is_ascii_alphabetic()) => format!("Network{name}"),
        _ => name,
    }
}

/// A name that Rust or the generated code has for itself gets a `_`.
const TAKEN: &[&str] = &["self", "Self", "super", "crate", "_", "workspace", "training", "program", "run", "loss"];

/// The name of an argument.
pub(super) fn argument_name(name: &str) -> Ident {
    if TAKEN.contains(&name) { Ident::new(&format!("{name}_"), Span::call_site()) } else { identifier(name) }
}

/// A name as an identifier, raw where it is a keyword.
fn identifier(name: &str) -> Ident {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
        "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
        "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    if KEYWORDS.contains(&name) {
        return Ident::new_raw(name, Span::call_site());
    }
    if TAKEN.contains(&name) {
        return Ident::new(&format!("{name}_"), Span::call_site());
    }
    Ident::new(name, Span::call_site())
}

/// The constants of parameters: `layer1.0.conv1.weight` is `LAYER1_0_CONV1_WEIGHT`; equal ones are numbered.
pub(super) fn parameter_names<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Ident> {
    let mut taken: BTreeSet<String> = RESERVED.iter().map(|name| name.to_string()).collect();
    let mut name = |path: &str| {
        let mut name: String =
            path.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            name.insert_str(0, "P_");
        }
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site())
    };
    paths.map(&mut name).collect()
}

/// Other constants of the type.
const RESERVED: &[&str] = &[
    "PARAMS",
    "MACS",
    "ARENA_BYTES",
    "TRAINING_BYTES",
    "PARAMETER_FLOATS",
    "WORKSPACE_FLOATS",
    "TRAINING_FLOATS",
    "SAFETENSORS_BYTES",
];

#[cfg(test)]
mod tests {
    use super::type_name;

    #[test]
    fn every_name_gives_a_type() {
        let cases = [
            ("lenet", "Lenet"),
            ("resnet18_textbook", "Resnet18Textbook"),
            ("_", "Network"),
            ("_1", "Network1"),
            ("self", "SelfNetwork"),
            ("my-net", "Mynet"),
        ];
        for (network, name) in cases {
            assert_eq!(type_name(network), name);
        }
    }
}
