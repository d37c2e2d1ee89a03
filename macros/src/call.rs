//! What stands between the brackets of `network!`: a file with its options, or definitions with what Rust says of them.

use crate::options::{option, options};
use crate::problem::Problem;
use crate::text::{Text, string};
use netc_compiler::lower::Numerics;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use std::iter::Peekable;
use std::path::PathBuf;

/// A call, taken apart.
pub struct Call {
    /// Where the text comes from.
    pub origin: Origin,
    /// What Rust says of the networks: one for each definition in place, a single one for a file.
    pub declarations: Vec<Declaration>,
    /// What is wrong with the call itself.
    pub problems: Vec<Problem>,
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

/// What Rust says of a network.
#[derive(Default)]
pub struct Declaration {
    /// The network that is meant; `None` for whatever networks a file has.
    pub network: Option<(String, Span)>,
    /// Attributes of the type.
    pub attributes: TokenStream,
    /// Visibility of the type.
    pub visibility: TokenStream,
    /// The name of the type, where the call gives one.
    pub name: Option<Ident>,
    /// Arguments of the network: name, its place, value, place of the value.
    pub settings: Vec<Setting>,
    /// A file of weights to embed, relative to the crate's folder.
    pub weights: Option<(String, Span)>,
    /// Which algorithms generated code may use.
    pub numerics: Numerics,
    /// Numbers of samples that are predicted at once, beside 1.
    pub batches: Vec<usize>,
    /// Batches that are trained on, beside the recipe's.
    pub train_batches: Vec<usize>,
}

/// `classes: 5`
pub struct Setting {
    /// The argument.
    pub name: Ident,
    /// Its value, as text of the language.
    pub value: Text,
}

/// What is left of a call.
pub type Tokens = Peekable<proc_macro2::token_stream::IntoIter>;

/// Takes a call apart. Never fails: what cannot be read is left out and becomes a problem of the call.
pub fn parse(tokens: TokenStream) -> Call {
    let mut front = Declaration::default();
    let mut problems = Vec::new();
    let mut rest = tokens.clone().into_iter().peekable();
    let docs = rust_attributes(&mut rest, &mut front, &mut problems);
    front.visibility = visibility(&mut rest);
    let Some(TokenTree::Literal(literal)) = rest.peek().cloned() else {
        return match tokens.clone().into_iter().find(is_braces) {
            Some(_) => in_place(tokens),
            None => not_literal(rest),
        };
    };
    rest.next();
    front.attributes.extend(docs);
    if let Err(problem) = options(&mut rest, &mut front) {
        problems.push(problem);
    }
    let span = literal.span();
    let written = string(&literal).unwrap_or_else(|| {
        problems.push(Problem::new(span, "expected the path of a `.net` file as a string, or a network"));
        String::new()
    });
    let path = crate::files::crate_folder().join(&written);
    Call { origin: Origin::File { written, path, span }, declarations: vec![front], problems }
}

/// A call without braces and without a string: a path that only the running program knows.
fn not_literal(mut rest: Tokens) -> Call {
    let span = rest.peek().map_or_else(Span::call_site, TokenTree::span);
    let message = "expected the path of a `.net` file as a string literal, or a network\n\
                   help: the macro reads the file while Rust compiles, so names and other macros have no value yet";
    let name = rest.skip_while(|token| !matches!(token, TokenTree::Ident(word) if word == "as")).nth(1);
    let name = name.and_then(|token| if let TokenTree::Ident(name) = token { Some(name) } else { None });
    let declarations = name.map(|name| Declaration { name: Some(name), ..Declaration::default() });
    let origin = Origin::Tokens(Text::new(TokenStream::new()));
    Call { origin, declarations: declarations.into_iter().collect(), problems: vec![Problem::new(span, message)] }
}

/// Definitions as they stand. What belongs to Rust, attributes and visibility, is taken out of the text.
fn in_place(tokens: TokenStream) -> Call {
    let mut text = TokenStream::new();
    let mut declarations = Vec::new();
    let mut problems = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while rest.peek().is_some() {
        let mut declaration = Declaration::default();
        text.extend(rust_attributes(&mut rest, &mut declaration, &mut problems));
        declaration.visibility = visibility(&mut rest);
        let word = rest.next();
        let network = matches!(&word, Some(TokenTree::Ident(word)) if word == "network");
        if network && let Some(TokenTree::Ident(name)) = rest.peek() {
            declaration.network = Some((name.to_string(), name.span()));
            declarations.push(declaration);
        } else if !declaration.visibility.is_empty() || !declaration.attributes.is_empty() {
            let token = declaration.visibility.into_iter().chain(declaration.attributes).next();
            let span = token.map_or_else(Span::call_site, |token| token.span());
            problems.push(Problem::new(span, "only networks become types, and so have visibility and attributes"));
        }
        text.extend(word);
        // An item ends with its braces, or with a semicolon.
        for token in rest.by_ref() {
            let ends = is_punct(&token, ';') || is_braces(&token);
            text.extend([token]);
            if ends {
                break;
            }
        }
    }
    Call { origin: Origin::Tokens(Text::new(text)), declarations, problems }
}

/// Takes attributes from the front. Those of the language, docs and `allow(W0203)`, are given back; options such as
/// `weights = "…"` are the macro's; all others are Rust's.
fn rust_attributes(rest: &mut Tokens, declaration: &mut Declaration, problems: &mut Vec<Problem>) -> TokenStream {
    let mut language = TokenStream::new();
    while rest.peek().is_some_and(|token| is_punct(token, '#')) {
        let attribute: Vec<TokenTree> = rest.by_ref().take(2).collect();
        let Some(TokenTree::Group(group)) = attribute.get(1) else {
            language.extend(attribute);
            continue;
        };
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        let word = inner.first().map(ToString::to_string).unwrap_or_default();
        match word.as_str() {
            "doc" => language.extend(attribute),
            "allow" if inner.get(1).is_some_and(silences_the_language) => language.extend(attribute),
            "weights" | "numerics" | "batches" | "train_batches" => {
                let read = option(&inner[0], inner.get(1), inner.get(2), declaration);
                problems.extend(read.err());
            }
            _ => declaration.attributes.extend(attribute),
        }
    }
    language
}

/// `(W0203)`, in contrast to Rust's `(dead_code)`.
fn silences_the_language(arguments: &TokenTree) -> bool {
    let TokenTree::Group(group) = arguments else { return false };
    let word = group.stream().into_iter().next().map(|word| word.to_string()).unwrap_or_default();
    matches!(word.split_at_checked(1), Some(("W" | "E", digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Takes `pub` or `pub(…)` from the front.
fn visibility(rest: &mut Tokens) -> TokenStream {
    let mut visibility = TokenStream::new();
    if !matches!(rest.peek(), Some(TokenTree::Ident(word)) if word == "pub") {
        return visibility;
    }
    visibility.extend(rest.next());
    if matches!(rest.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis) {
        visibility.extend(rest.next());
    }
    visibility
}

/// Whether a token is a group in braces.
pub fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Whether a token is this character.
pub fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}
