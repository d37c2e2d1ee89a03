//! The tokens that a call becomes: a type per network, or a stand-in that carries the errors.

use crate::check::{Checked, Network};
use crate::problem::Problem;
use netc_compiler::model::Model;
use netc_compiler::rust::{Options, documentation, rust};
use netc_compiler::summarize::Summary;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use std::path::Path;

/// Types for all networks, and the errors.
pub fn types(checked: &Checked<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    for file in &checked.files {
        let bytes = bytes_of(file);
        tokens.extend(quote! { const _: &[u8] = #bytes; });
    }
    let mut problems = checked.problems.iter();
    let mut failed: Option<&Ident> = None;
    for network in &checked.networks {
        tokens.extend(match (&network.checked, failed) {
            (Some((model, summary)), _) => type_of(network, model, summary),
            (None, None) => stand_in(network, problems.next()),
            (None, Some(first)) => again(network, first),
        });
        if network.checked.is_none() {
            failed = failed.or(Some(&network.name));
        }
    }
    tokens.extend(problems.map(Problem::item));
    tokens
}

/// The type of a network with errors. Its one argument is the first error, which makes every use of the type an error
/// that rustc takes as told already: so the user reads what is wrong once, and nothing of what follows from it.
fn stand_in(network: &Network<'_>, problem: Option<&Problem>) -> TokenStream {
    let (name, visibility) = (&network.name, &network.declaration.visibility);
    let carrier = format_ident!("{name}Unchecked");
    let error = problem.map(Problem::expression);
    quote! {
        #[doc(hidden)]
        #visibility struct #carrier<const ERROR: usize>;
        /// A network with errors.
        #visibility type #name = #carrier<{ #error }>;
    }
}

/// The type of another network with errors, which are told at the first.
fn again(network: &Network<'_>, first: &Ident) -> TokenStream {
    let (name, visibility) = (&network.name, &network.declaration.visibility);
    quote! {
        /// A network with errors.
        #visibility type #name = #first;
    }
}

/// The type of a checked network.
fn type_of(network: &Network<'_>, model: &Model, summary: &Summary) -> TokenStream {
    let declaration = network.declaration;
    let options = Options {
        name: network.name.clone(),
        visibility: declaration.visibility.clone(),
        attributes: declaration.attributes.clone(),
        docs: documentation(&network.docs, model, summary, &network.source),
        batches: declaration.batches.clone(),
        train_batches: declaration.train_batches.clone(),
        numerics: declaration.numerics,
        weights: declaration.weights.as_ref().map(|(file, _)| bytes_of(file)),
    };
    rust(model, &options).unwrap_or_else(|violation| {
        let message = format!("internal error of netc, please report it: {violation}");
        Problem::new(network.name.span(), message).item()
    })
}

/// The bytes of a file of the crate; an edit of the file compiles the crate anew.
fn bytes_of(file: &str) -> TokenStream {
    if Path::new(file).is_absolute() {
        return quote! { ::core::include_bytes!(#file) };
    }
    let file = Literal::string(&format!("/{file}"));
    quote! { ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #file)) }
}

#[cfg(test)]
mod tests {
    use super::bytes_of;

    #[test]
    fn files_are_found_from_the_folder_of_the_crate_unless_their_path_says_all() {
        let text = |file: &str| bytes_of(file).to_string().replace(' ', "");
        assert!(text("nets/a.net").contains(r#"env!("CARGO_MANIFEST_DIR"),"/nets/a.net")"#));
        assert!(text("/nets/a.net").contains(r#"include_bytes!("/nets/a.net")"#));
    }
}
