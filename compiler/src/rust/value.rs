//! Values during translation: their code, what they are, and whether there is one per lane.

use crate::program::Scalar;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `f32` or `L::F`
    F32,
    /// `i32` or `L::I`
    I32,
    /// `bool` or `L::M`
    Truth,
}

impl From<Scalar> for Kind {
    fn from(scalar: Scalar) -> Kind {
        match scalar {
            Scalar::F32 => Kind::F32,
            Scalar::I32 => Kind::I32,
        }
    }
}

impl Kind {
    /// The type of a variable.
    pub fn ty(self, is_wide: bool) -> TokenStream {
        match (self, is_wide) {
            (Kind::F32, false) => quote!(f32),
            (Kind::I32, false) => quote!(i32),
            (Kind::Truth, false) => quote!(bool),
            (Kind::F32, true) => quote!(L::F),
            (Kind::I32, true) => quote!(L::I),
            (Kind::Truth, true) => quote!(L::M),
        }
    }
}

/// The value of an expression. Its code can stand before a `.` and beside any operator.
#[derive(Clone, Debug)]
pub(super) struct Val {
    pub code: TokenStream,
    pub kind: Kind,
    pub is_wide: bool,
}

impl Val {
    pub fn scalar(kind: Kind, code: TokenStream) -> Val {
        Val { code, kind, is_wide: false }
    }

    pub fn wide(kind: Kind, code: TokenStream) -> Val {
        Val { code, kind, is_wide: true }
    }

    /// Its code where no operator and no `.` is beside it: as an argument, or after `=`.
    pub fn alone(&self) -> TokenStream {
        alone(self.code.clone())
    }

    /// The same, one per lane.
    pub fn widened(self) -> Val {
        if self.is_wide {
            return self;
        }
        let (ty, code) = (self.kind.ty(true), self.alone());
        Val::wide(self.kind, quote!(#ty::splat(#code)))
    }

    /// As f32 or i32: a truth becomes 0 or 1.
    pub fn stored(self) -> Val {
        let code = self.code;
        match (self.kind, self.is_wide) {
            (Kind::Truth, true) => Val::wide(Kind::I32, quote!(#code.to_int())),
            (Kind::Truth, false) => {
                let code = alone(code);
                Val::scalar(Kind::I32, quote!(i32::from(#code)))
            }
            (kind, is_wide) => Val { code, kind, is_wide },
        }
    }

    /// As a truth: integers are compared with 0.
    pub fn truth(self) -> Val {
        let code = self.code;
        match (self.kind, self.is_wide) {
            (Kind::Truth, is_wide) => Val { code, kind: Kind::Truth, is_wide },
            (_, true) => Val::wide(Kind::Truth, quote!(#code.truth())),
            (_, false) => Val::scalar(Kind::Truth, quote!((#code != 0))),
        }
    }

    /// Both, one per lane if one of them is.
    pub fn alike(self, other: Val) -> (Val, Val) {
        if self.is_wide || other.is_wide { (self.widened(), other.widened()) } else { (self, other) }
    }
}

/// Code without parentheses around all of it.
fn alone(code: TokenStream) -> TokenStream {
    let mut tokens = code.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Parenthesis => alone(group.stream()),
        _ => code,
    }
}
