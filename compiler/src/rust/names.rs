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

/// Names that Rust or the generated code has for itself.
const TAKEN: &[&str] = &["self", "Self", "super", "crate", "_", "B", "workspace", "training", "program", "run", "loss"];

/// The names of arguments, each once: one that is taken gets a `_`.
pub(super) fn argument_names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Ident> {
    let mut taken = Distinct::from(TAKEN);
    names.map(|name| identifier(&taken.name(name.to_string()))).collect()
}

/// Names that are given once, with a `_` for every time that one was given before.
struct Distinct(BTreeSet<String>);

impl Distinct {
    fn from(taken: &[&str]) -> Distinct {
        Distinct(taken.iter().map(|name| name.to_string()).collect())
    }

    fn name(&mut self, mut name: String) -> String {
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        name
    }
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
    Ident::new(name, Span::call_site())
}

/// The constants of the shapes of named values and of parameters, each once: `x` is `X_SHAPE`, `layer1.0.conv1.weight`
/// is `LAYER1_0_CONV1_WEIGHT`.
pub(super) fn constant_names<'a>(
    values: impl Iterator<Item = &'a str>,
    parameters: impl Iterator<Item = &'a str>,
) -> (Vec<Ident>, Vec<Ident>) {
    let mut taken = Distinct::from(RESERVED);
    let mut constant = |path: &str, suffix: &str| {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let mut name: String = path.chars().map(letter).collect();
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            name.insert_str(0, "P_");
        }
        Ident::new(&taken.name(name + suffix), Span::call_site())
    };
    let values = values.map(|name| constant(name, "_SHAPE")).collect();
    (values, parameters.map(|path| constant(path, "")).collect())
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
    use super::{argument_names, constant_names, type_name};

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

    #[test]
    fn no_name_is_given_twice() {
        let text = |names: Vec<proc_macro2::Ident>| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let arguments = argument_names(["x", "loss", "loss_", "self", "type", "B"].into_iter());
        assert_eq!(text(arguments), ["x", "loss_", "loss__", "self_", "r#type", "B_"]);
        let (shapes, parameters) =
            constant_names(["x", "X", "_1"].into_iter(), ["x.shape", "params", "a.b"].into_iter());
        assert_eq!(text(shapes), ["X_SHAPE", "X_SHAPE_", "P__1_SHAPE"]);
        assert_eq!(text(parameters), ["X_SHAPE__", "PARAMS_", "A_B"]);
    }
}
