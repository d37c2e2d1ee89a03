//! What stands between the braces of `network!`: a file, or definitions with their visibility.

use crate::text::{Text, string};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use std::path::PathBuf;

/// A call, taken apart.
pub struct Call {
    /// Where the text comes from.
    pub origin: Origin,
    /// The name of the type, where the call gives one.
    pub rename: Option<Ident>,
    /// Visibility of the types, as tokens.
    pub visibility: TokenStream,
}

/// Where the text of the networks comes from.
pub enum Origin {
    /// From the call itself.
    Tokens(Text),
    /// From a file, named by a literal.
    File {
        /// The path as written, relative to the crate's folder.
        written: String,
        /// The same as an absolute path.
        path: PathBuf,
        /// The literal.
        span: Span,
    },
}

/// Takes a call apart.
pub fn parse(tokens: TokenStream) -> Result<Call, syn::Error> {
    let (visibility, tokens) = visibility(tokens);
    let mut rest = tokens.clone().into_iter();
    let Some(TokenTree::Literal(literal)) = rest.next() else {
        let origin = Origin::Tokens(Text::new(tokens));
        return Ok(Call { origin, rename: None, visibility });
    };
    let span = literal.span();
    let Some(written) = string(&literal) else {
        return Err(syn::Error::new(span, "expected the path of a `.net` file as a string, or a network"));
    };
    let rename = match (rest.next(), rest.next(), rest.next()) {
        (None, ..) => None,
        (Some(TokenTree::Ident(word)), Some(TokenTree::Ident(name)), None) if word == "as" => Some(name),
        (Some(other), ..) => {
            return Err(syn::Error::new(other.span(), "expected `as TypeName` or nothing after the path"));
        }
    };
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let path = folder.join(&written);
    Ok(Call { origin: Origin::File { written, path, span }, rename, visibility })
}

/// Splits `pub` or `pub(…)` from the front; a doc comment may stand before it and stays with the rest.
fn visibility(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let (Some(TokenTree::Punct(punct)), Some(TokenTree::Group(_))) = (tokens.get(at), tokens.get(at + 1))
        && punct.as_char() == '#'
    {
        at += 2;
    }
    if !matches!(tokens.get(at), Some(TokenTree::Ident(word)) if word == "pub") {
        return (TokenStream::new(), tokens.into_iter().collect());
    }
    let restricted = matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
        if group.delimiter() == proc_macro2::Delimiter::Parenthesis);
    let end = at + 1 + usize::from(restricted);
    let visibility = tokens[at..end].iter().cloned().collect();
    let rest = tokens[..at].iter().chain(&tokens[end..]).cloned().collect();
    (visibility, rest)
}
