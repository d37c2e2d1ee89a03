//! What may follow the path of a file, and the options that networks in place have as attributes.

use crate::call::{Declaration, Setting, Tokens, is_braces, is_punct};
use crate::problem::Problem;
use crate::text::{Text, string};
use netc_compiler::lower::Numerics;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

/// The rest of `"path" as Name { classes: 5 }, weights = "file"`.
pub fn options(rest: &mut Tokens, declaration: &mut Declaration) -> Result<(), Problem> {
    if matches!(rest.peek(), Some(TokenTree::Ident(word)) if word == "as") {
        let word = rest.next().map_or_else(Span::call_site, |word| word.span());
        match rest.next() {
            Some(TokenTree::Ident(name)) if is_name(&name) => declaration.name = Some(name),
            Some(TokenTree::Ident(word)) => {
                return Err(Problem::new(word.span(), format!("`{word}` is a word of Rust's, not the name of a type")));
            }
            other => {
                let span = other.map_or(word, |token| token.span());
                return Err(Problem::new(span, "expected the name of the type after `as`"));
            }
        }
        if let Some(TokenTree::Group(group)) = rest.next_if(is_braces) {
            declaration.settings = settings(group.stream())?;
        }
    }
    while let Some(comma) = rest.next() {
        if !is_punct(&comma, ',') {
            let message = "expected `as TypeName`, an option such as `weights = \"file.safetensors\"`, or nothing";
            return Err(Problem::new(comma.span(), message));
        }
        let Some(key) = rest.next() else { break };
        let (equals, value) = (rest.next(), rest.next());
        option(&key, equals.as_ref(), value.as_ref(), declaration)?;
    }
    Ok(())
}

/// Whether Rust takes the word for a name.
fn is_name(word: &Ident) -> bool {
    syn::parse_str::<Ident>(&word.to_string()).is_ok()
}

/// `weights = "file.safetensors"`, after the path of a file or as an attribute of a network in place.
pub fn option(
    key: &TokenTree,
    equals: Option<&TokenTree>,
    value: Option<&TokenTree>,
    declaration: &mut Declaration,
) -> Result<(), Problem> {
    let text = || match value {
        Some(TokenTree::Literal(literal)) => Some((string(literal)?, literal.span())),
        _ => None,
    };
    let sizes = || match value {
        Some(TokenTree::Group(list)) if list.delimiter() == Delimiter::Bracket => sizes(list.stream()),
        _ => None,
    };
    let word = key.to_string();
    let form = match word.as_str() {
        "weights" | "network" => "\"…\"",
        "numerics" => "\"default\"` or `numerics = \"strict\"",
        "batches" | "train_batches" => "[8, 64]",
        _ => {
            let help = "the options are `network`, `weights`, `numerics`, `batches` and `train_batches`";
            return Err(Problem::new(key.span(), format!("there is no option `{word}`\nhelp: {help}")));
        }
    };
    let misread = || Problem::new(key.span(), format!("expected `{word} = {form}`"));
    if !equals.is_some_and(|token| is_punct(token, '=')) {
        return Err(misread());
    }
    match word.as_str() {
        "weights" => declaration.weights = Some(text().ok_or_else(misread)?),
        "network" => declaration.network = Some(text().ok_or_else(misread)?),
        "numerics" => {
            let (name, _) = text().ok_or_else(misread)?;
            declaration.numerics = match name.as_str() {
                "default" => Numerics::Default,
                "strict" => Numerics::Strict,
                _ => return Err(misread()),
            };
        }
        "batches" => declaration.batches = sizes().ok_or_else(misread)?,
        _ => declaration.train_batches = sizes().ok_or_else(misread)?,
    }
    Ok(())
}

/// `8, 64`: numbers of samples.
fn sizes(list: TokenStream) -> Option<Vec<usize>> {
    const MOST: usize = 1 << 20;
    let mut rest = list.into_iter();
    let mut sizes = Vec::new();
    while let Some(token) = rest.next() {
        let size = token.to_string().replace('_', "").parse().ok()?;
        sizes.push(Some(size).filter(|size| (1..=MOST).contains(size))?);
        if !rest.next().is_none_or(|token| is_punct(&token, ',')) {
            return None;
        }
    }
    Some(sizes)
}

/// `classes: 5, size: 64`
fn settings(tokens: TokenStream) -> Result<Vec<Setting>, Problem> {
    let mut settings = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        let TokenTree::Ident(name) = token else {
            return Err(Problem::new(token.span(), "expected an argument of the network: `name: value`"));
        };
        if !rest.next().is_some_and(|token| is_punct(&token, ':')) {
            return Err(Problem::new(name.span(), format!("expected a value: `{name}: …`")));
        }
        let mut value = Vec::new();
        for token in rest.by_ref() {
            if is_punct(&token, ',') {
                break;
            }
            value.push(token);
        }
        if value.is_empty() {
            return Err(Problem::new(name.span(), format!("expected a value: `{name}: …`")));
        }
        settings.push(Setting { name, value: Text::new(value.into_iter().collect()) });
    }
    Ok(settings)
}
