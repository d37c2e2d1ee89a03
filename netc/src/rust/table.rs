//! The text of a table: lists of structs one entry per line, lists of calls as many as a line takes, everything else on
//! the line that it is on.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Characters of a line of calls, the indentation not counted.
const WIDTH: usize = 108;

/// The text of an expression; lines after the first are indented by what they are inside of.
pub(super) fn table(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(&mut text, tokens, 0);
    text
}

fn write(text: &mut String, tokens: TokenStream, depth: usize) {
    let mut joins = true;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                self::group(text, &group, depth);
                joins = false;
            }
            TokenTree::Punct(punct) => {
                let mark = punct.as_char();
                text.push(mark);
                // A colon that is alone stands before a value; `::` is two that are joined.
                let ends_path = mark == ':' && punct.spacing() == Spacing::Alone && text.ends_with("::");
                if mark == ',' || mark == ':' && punct.spacing() == Spacing::Alone && !ends_path {
                    text.push(' ');
                }
                joins = true;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if !joins {
                    text.push(' ');
                }
                text.push_str(&token.to_string());
                joins = false;
            }
        }
    }
}

fn group(text: &mut String, group: &Group, depth: usize) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => (" { ", " }"),
        Delimiter::None => ("", ""),
    };
    text.push_str(open);
    if is_long(group) {
        let indent = format!("\n{:1$}", "", 4 * (depth + 1));
        let is_filled = begins_with(&group.stream(), &["Line"]);
        let mut width = WIDTH;
        for entry in entries(group.stream()) {
            let mut piece = String::new();
            write(&mut piece, entry, depth + 1);
            width += 2 + piece.len();
            if is_filled && width < WIDTH {
                text.push(' ');
            } else {
                text.push_str(&indent);
                width = piece.len();
            }
            text.push_str(&piece);
            text.push(',');
        }
        text.push_str(&format!("\n{:1$}", "", 4 * depth));
    } else {
        write(text, group.stream(), depth);
    }
    text.push_str(close);
}

/// Lists of lines and other entries with names, and the arguments of a schedule.
fn is_long(group: &Group) -> bool {
    match group.delimiter() {
        Delimiter::Bracket => {
            let slots = entries(group.stream()).first().is_some_and(|entry| entry.to_string().starts_with("& [Slot"));
            slots || begins_with(&group.stream(), &["Line", "ParameterInfo"])
        }
        Delimiter::Parenthesis => begins_with(&group.stream(), &["Sizes"]),
        Delimiter::Brace | Delimiter::None => false,
    }
}

/// Whether the first word is one of these, or one of these with a `_` because the network has its name.
fn begins_with(tokens: &TokenStream, words: &[&str]) -> bool {
    let first = tokens.clone().into_iter().next();
    matches!(first, Some(TokenTree::Ident(word)) if words.contains(&word.to_string().trim_end_matches('_')))
}

/// What stands between commas.
fn entries(tokens: TokenStream) -> Vec<TokenStream> {
    let mut entries = vec![TokenStream::new()];
    for token in tokens {
        match (&token, entries.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => entries.push(TokenStream::new()),
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}
