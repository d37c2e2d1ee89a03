//! Numbers of a kernel: read off in a first pass, in which kernels that differ in nothing else look the same, and
//! written in a second one, as literals or as arguments. Arguments are whole numbers; those for floats hold their bits.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};

/// A number in the code of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// The number itself.
    Literal(i64),
    /// Argument n of the kernel.
    Argument(usize),
    /// Any: the first pass.
    Blank,
}

impl ToTokens for Number {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Number::Literal(value) => {
                let literal = Literal::i64_unsuffixed(value.abs());
                tokens.extend(if *value < 0 { quote!((-#literal)) } else { quote!(#literal) });
            }
            Number::Argument(index) => argument(*index).to_tokens(tokens),
            Number::Blank => tokens.extend(quote!(N)),
        }
    }
}

impl Number {
    /// The number as `isize` where nothing else gives its type.
    pub fn typed(&self) -> TokenStream {
        match self {
            Number::Literal(value) => Literal::isize_suffixed(*value as isize).to_token_stream(),
            other => other.to_token_stream(),
        }
    }

    /// The number as `usize`.
    pub fn unsigned(&self) -> TokenStream {
        match self {
            Number::Literal(_) => self.to_token_stream(),
            other => quote!(#other as usize),
        }
    }
}

/// The name of an argument.
pub(super) fn argument(index: usize) -> Ident {
    Ident::new(&format!("n{index}"), Span::call_site())
}

/// The numbers of one kernel in the order in which its code has them.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    /// What was read so far.
    pub seen: Vec<i64>,
    /// What is written instead; `Blank` where nothing is known yet.
    written: Vec<Number>,
}

impl Numbers {
    /// The second pass.
    pub fn writing(written: Vec<Number>) -> Numbers {
        Numbers { seen: Vec::new(), written }
    }

    /// The next number, a float.
    pub fn float(&mut self, value: f32) -> TokenStream {
        match self.next(i64::from(value.to_bits().cast_signed())) {
            Number::Literal(_) => super::expression::float(value),
            Number::Argument(index) => {
                let name = argument(index);
                quote!(float(#name))
            }
            Number::Blank => quote!(F),
        }
    }

    /// The next whole number.
    pub fn next(&mut self, value: i64) -> Number {
        let number = self.written.get(self.seen.len()).cloned().unwrap_or(Number::Blank);
        self.seen.push(value);
        number
    }
}
