//! Names of types from names of networks.

use crate::call::Declaration;
use proc_macro2::{Ident, Span};

/// `resnet18_textbook` becomes `Resnet18Textbook`, at the place of the network's name.
pub fn type_name(network: &str, declaration: &Declaration) -> Ident {
    let span = declaration.network.as_ref().map_or_else(Span::call_site, |&(_, span)| span);
    Ident::new(&camel_case(network), span)
}

fn camel_case(name: &str) -> String {
    let capital = |part: &str| {
        let letters = part.chars().filter(char::is_ascii_alphanumeric).enumerate();
        letters.map(|(at, letter)| if at == 0 { letter.to_ascii_uppercase() } else { letter }).collect::<String>()
    };
    let name: String = name.split('_').map(capital).collect();
    match name.as_str() {
        "Self" => "SelfNetwork".to_string(),
        _ if !name.starts_with(|first: char| first.is_ascii_alphabetic()) => format!("Network{name}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::camel_case;

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
            assert_eq!(camel_case(network), name);
        }
    }
}
