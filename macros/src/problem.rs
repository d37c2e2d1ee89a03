//! A compile error over a range of tokens.

use netc_grammar::{Diagnostic, Sources, render};
use proc_macro2::{Group, Literal, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

/// What is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    first: Span,
    last: Span,
    message: String,
}

impl Problem {
    /// A problem at one token.
    pub fn new(span: Span, message: impl Into<String>) -> Problem {
        Problem { first: span, last: span, message: message.into() }
    }

    /// A diagnostic of text in place: code, message, reason and help at its tokens.
    pub fn at_tokens((first, last): (Span, Span), diagnostic: &Diagnostic, sources: &Sources) -> Problem {
        let mut message = format!("{}: {}", diagnostic.code, diagnostic.message);
        let mut labels = diagnostic.labels.iter();
        if let Some(label) = labels.next().filter(|label| !label.text.is_empty()) {
            message.push_str(&format!("\nhere: {}", label.text));
        }
        for label in labels.filter(|label| !label.text.is_empty()) {
            let text = sources.get(label.span.file).map_or("", |source| source.slice(label.span));
            message.push_str(&format!("\n`{}`: {}", shortened(text), label.text));
        }
        for (word, part) in [("why", &diagnostic.why), ("help", &diagnostic.help)] {
            if let Some(part) = part {
                message.push_str(&format!("\n{word}: {part}"));
            }
        }
        Problem { first, last, message }
    }

    /// A diagnostic of a file at the literal that names it, with the lines of the file in the message.
    pub fn in_file(span: Span, diagnostic: &Diagnostic, sources: &Sources) -> Problem {
        let report = render(std::slice::from_ref(diagnostic), sources, false);
        let report = report.strip_prefix("error[").map_or(report.clone(), |rest| rest.replacen(']', "", 1));
        Problem::new(span, report.trim_end())
    }

    /// The error as an expression.
    pub fn expression(&self) -> TokenStream {
        let mut message = Literal::string(&self.message);
        message.set_span(self.last);
        let mut arguments = Group::new(proc_macro2::Delimiter::Parenthesis, TokenTree::Literal(message).into());
        arguments.set_span(self.last);
        let call = quote_spanned! { self.first => ::core::compile_error! };
        quote! { #call #arguments }
    }

    /// The error as an item.
    pub fn item(&self) -> TokenStream {
        let expression = self.expression();
        quote! { #expression; }
    }
}

/// A text of tokens as a person writes it, on one line of at most sixty characters.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (spaced, tight) in [(" (", "("), ("( ", "("), (" )", ")"), ("[ ", "["), (" ]", "]"), (" ,", ","), (" .", ".")] {
        words = words.replace(spaced, tight);
    }
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
