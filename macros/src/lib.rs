//! `network!`: the `.net` language inside Rust, checked while Rust compiles, with errors at the right token.

#![forbid(unsafe_code)]

mod call;
mod check;
mod emit;
mod files;
mod options;
mod problem;
mod text;
mod weights;

use proc_macro::TokenStream;

/// Declares a type for a network that is written in place or in a `.net` file beside `Cargo.toml`.
///
/// ```
/// use netc::network;
///
/// network! {
///     /// Two features to three classes.
///     pub network iris {
///         input features: [4];
///         output scores = features -> dense(3);
///     }
/// }
/// assert_eq!(Iris::PARAMS, 15);
/// assert_eq!(Iris::MACS, 12);
/// ```
///
/// `network!("models/lenet.net")` reads a file; `network!("models/lenet.net" as Digits)` names the type. A network is
/// checked completely: a shape that does not fit is a compile error at the token or at the line of the file.
#[proc_macro]
pub fn network(tokens: TokenStream) -> TokenStream {
    expand(tokens.into()).into()
}

fn expand(tokens: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let call = call::parse(tokens);
    emit::types(&check::check(&call))
}

#[cfg(test)]
mod tests;
