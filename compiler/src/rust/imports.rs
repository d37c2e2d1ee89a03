//! What generated kernels and tables import of the runtime: the names that stand in the code, and no others, so that
//! the network and whatever is beside it may be called anything.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::collections::BTreeSet;

/// Stands for the network's type in code whose imports are not known yet.
const THIS: &str = "ThisNetwork";
/// The one type of the code's own.
const KERNELS: &str = "K";
/// The regions of a program's memory.
const REGIONS: &[&str] = &["Constants", "Params", "State", "Work"];
/// What Rust imports by itself, unless a module has its own.
const PRELUDE: &[&str] = &["None", "Some"];
/// Types and traits of the runtime.
const TYPES: &[&str] = &[
    "Distribution",
    "Epilogue",
    "Finish",
    "Lanes",
    "Line",
    "Loops",
    "Network",
    "ParameterInfo",
    "Predicts",
    "PreparedCall",
    "Program",
    "Schedule",
    "Segment",
    "Sizes",
    "Slot",
    "Slots",
    "Start",
    "TileSize",
    "Trains",
];
/// Functions and constants of the runtime.
const VALUES: &[&str] = &[
    "LANES",
    "attend",
    "blocks",
    "borders",
    "by_column",
    "contract",
    "copy",
    "div_int",
    "erf",
    "exp",
    "fill",
    "float",
    "floor",
    "gather",
    "gather_if",
    "get",
    "get_if",
    "int",
    "log",
    "max",
    "maxima",
    "min",
    "position",
    "put",
    "put_int",
    "random",
    "relu",
    "scatter",
    "sigmoid",
    "sqrt",
    "tanh",
    "winograd",
    "winograd_filter",
    "winograd_weights",
    "within",
];

/// The network's type in code for [`import`].
pub(super) fn this() -> Ident {
    Ident::new(THIS, Span::call_site())
}

/// The code with its imports before it. What is called like the network's type gets a `_`.
pub(super) fn import(code: TokenStream, name: &Ident) -> TokenStream {
    let mut found = BTreeSet::new();
    let code = resolve(code, name, &mut found);
    let named = |names: &[&str]| -> Vec<TokenStream> {
        let names = names.iter().filter(|name| found.contains(**name));
        names.map(|word| import_as(word, &apart(word, name))).collect()
    };
    let (regions, prelude) = (named(REGIONS), named(PRELUDE));
    let regions = (!regions.is_empty()).then(|| quote!(use ::netc::rt::Region::{#(#regions),*};));
    let prelude = (!prelude.is_empty()).then(|| quote!(use ::core::option::Option::{#(#prelude),*};));
    let (types, values) = (named(TYPES), named(VALUES));
    // Kernels call methods of lanes.
    let methods = found.contains("Lanes").then(|| quote!(Float as _, Int as _, Mask as _,));
    quote! {
        #prelude
        use ::netc::rt::{#methods #(#types),* #(, #values)*};
        #regions
        #code
    }
}

fn import_as(word: &str, local: &Ident) -> TokenStream {
    let word = Ident::new(word, Span::call_site());
    if word == *local { quote!(#word) } else { quote!(#word as #local) }
}

/// A name that is not the network's.
pub(super) fn apart(word: &str, name: &Ident) -> Ident {
    if name == word { format_ident!("{word}_") } else { Ident::new(word, Span::call_site()) }
}

/// Renames what has to be, and notes the names that are not part of something else.
fn resolve(code: TokenStream, name: &Ident, found: &mut BTreeSet<String>) -> TokenStream {
    // Whether the token before is a `.`, or ends a `::`.
    let (mut is_part, mut is_colon) = (false, false);
    let token = |token: TokenTree| {
        let before = is_part;
        let mark = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        is_part = mark == '.' || mark == ':' && is_colon;
        is_colon = mark == ':';
        match token {
            TokenTree::Ident(word) if word == THIS => TokenTree::Ident(name.clone()),
            TokenTree::Ident(word) if !before => {
                let text = word.to_string();
                let is_type = [TYPES, REGIONS, PRELUDE, &[KERNELS]].iter().any(|names| names.contains(&text.as_str()));
                let local = if is_type { apart(&text, name) } else { word };
                found.insert(text);
                TokenTree::Ident(local)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), resolve(group.stream(), name, found));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        }
    };
    code.into_iter().map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::import;
    use proc_macro2::{Ident, Span, TokenStream};

    #[test]
    fn code_imports_what_it_names_and_nothing_is_called_like_the_network() {
        let cases = [
            ("Net", "impl Network for ThisNetwork { }", "use ::netc::rt::{Network}; impl Network for Net { }"),
            (
                "Line",
                "static X: Line = Line::call(&[(Work, f(max(x.exp(), Finish::None)))]);",
                "use ::netc::rt::{Finish, Line as Line_, max}; use ::netc::rt::Region::{Work};
                 static X: Line_ = Line_::call(&[(Work, f(max(x.exp(), Finish::None)))]);",
            ),
            (
                "K",
                "struct K<const KERNEL: usize>; impl Trains<1> for ThisNetwork { const X: Y = [None]; }",
                "use ::core::option::Option::{None}; use ::netc::rt::{Trains};
                 struct K_<const KERNEL: usize>; impl Trains<1> for K { const X: Y = [None]; }",
            ),
            (
                "Net",
                "fn f<L: Lanes>() {}",
                "use ::netc::rt::{Float as _, Int as _, Mask as _, Lanes}; fn f<L: Lanes>() {}",
            ),
            ("Work", "f(Work)", "use ::netc::rt::{}; use ::netc::rt::Region::{Work as Work_}; f(Work_)"),
        ];
        for (name, code, wanted) in cases {
            let tokens = |text: &str| text.parse::<TokenStream>().expect("tokens");
            let found = import(tokens(code), &Ident::new(name, Span::call_site()));
            assert_eq!(found.to_string(), tokens(wanted).to_string());
        }
    }
}
