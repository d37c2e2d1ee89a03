//! Positions and loads as Rust.

use super::expression::float;
use super::kernel::Emitter;
use super::numbers::Number;
use super::value::{Kind, Val};
use crate::program::Bound;
use crate::program::affine::Affine;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

impl Emitter<'_> {
    /// An affine form, as `isize`; in lanes that of the first.
    pub fn index(&mut self, affine: &Affine) -> TokenStream {
        let mut sum = TokenStream::new();
        for &(var, factor) in &affine.terms {
            if self.known[usize::from(var.0)] {
                continue;
            }
            let name = self.var(var);
            let (is_minus, term) = match factor {
                1 => (false, name.to_token_stream()),
                -1 => (true, name.to_token_stream()),
                _ => match self.numbers.next(factor) {
                    Number::Literal(factor) => {
                        let size = Number::Literal(factor.abs());
                        (factor < 0, quote!(#size * #name))
                    }
                    number => (false, quote!(#number * #name)),
                },
            };
            append(&mut sum, is_minus, term);
        }
        if affine.constant != 0 {
            match self.numbers.next(affine.constant) {
                Number::Literal(value) => append(&mut sum, value < 0, Number::Literal(value.abs()).to_token_stream()),
                number => append(&mut sum, false, number.to_token_stream()),
            }
        }
        if sum.is_empty() { quote!(0) } else { sum }
    }

    /// A position as an integer.
    pub fn position(&mut self, affine: &Affine) -> Val {
        let at = self.index(affine);
        match self.lanes.map(|var| affine.factor(var)) {
            None | Some(0) => Val::scalar(Kind::I32, quote!(position(#at))),
            Some(step) => {
                let step = self.numbers.next(step);
                Val::wide(Kind::I32, quote!(L::I::ramp(position(#at), position(#step))))
            }
        }
    }

    pub fn load(&mut self, param: u16, index: &Affine, bounds: &[Bound], otherwise: f32) -> Val {
        let factor = self.lanes.map_or(0, |var| index.factor(var));
        let differs = self.lanes.is_some_and(|var| bounds.iter().any(|bound| bound.index.factor(var) != 0));
        if differs {
            return self.load_each(param, index, bounds, otherwise);
        }
        let (slice, kind) = self.slice(param);
        let at = self.index(index);
        let stride = (!matches!(factor, 0 | 1)).then(|| self.numbers.next(factor));
        let (holds, otherwise) = (self.holds(bounds), filling(kind, otherwise));
        match (factor, stride, bounds.is_empty()) {
            (0, _, true) => scalar_as(kind, quote!(get(#slice, #at))),
            (0, _, false) => scalar_as(kind, quote!(get_if(#holds, #slice, #at, #otherwise))),
            (_, None, true) => floats_as(kind, quote!(L::F::load(#slice, #at))),
            (_, None, false) => floats_as(kind, quote!(L::F::load_if(#holds, #slice, #at, #otherwise))),
            (_, Some(stride), true) => floats_as(kind, quote!(L::F::from_array(gather(#slice, #at, #stride)))),
            (_, Some(stride), false) => {
                let gathered = quote!(gather_if(#holds, #slice, #at, #stride, #otherwise));
                floats_as(kind, quote!(L::F::from_array(#gathered)))
            }
        }
    }

    /// One lane after the other, each with its own conditions.
    fn load_each(&mut self, param: u16, index: &Affine, bounds: &[Bound], otherwise: f32) -> Val {
        let (slice, kind) = self.slice(param);
        let Some(var) = self.lanes else { unreachable!("called in lanes") };
        let name = self.var(var);
        let (holds, at) = (self.holds(bounds), self.index(index));
        let filling = filling(kind, otherwise);
        let values = quote!({
            let mut values = [#filling; LANES];
            for lane in 0..LANES {
                let #name = #name + lane as isize;
                if #holds {
                    values[lane] = get(#slice, #at);
                }
            }
            L::F::from_array(values)
        });
        floats_as(kind, quote!((#values)))
    }

    fn holds(&mut self, bounds: &[Bound]) -> TokenStream {
        let mut all = TokenStream::new();
        for bound in bounds {
            let at = self.index(&bound.index);
            let extent = self.numbers.next(i64::from(bound.extent));
            let and = (!all.is_empty()).then(|| quote!(&&));
            all.extend(quote!(#and within(#at, #extent)));
        }
        all
    }
}

/// What is loaded from outside of a tensor, as the float that holds it.
fn filling(kind: Kind, otherwise: f32) -> TokenStream {
    float(match kind {
        Kind::F32 => otherwise,
        Kind::I32 | Kind::Truth => f32::from_bits((otherwise as i32).cast_unsigned()),
    })
}

/// A loaded float, or the integer that its bits are.
fn scalar_as(kind: Kind, code: TokenStream) -> Val {
    match kind {
        Kind::F32 => Val::scalar(kind, code),
        Kind::I32 | Kind::Truth => Val::scalar(kind, quote!(int(#code))),
    }
}

/// Sixteen loaded floats, or the integers that their bits are.
fn floats_as(kind: Kind, code: TokenStream) -> Val {
    match kind {
        Kind::F32 => Val::wide(kind, code),
        Kind::I32 | Kind::Truth => Val::wide(kind, quote!(L::I::from_bits(#code))),
    }
}

fn append(sum: &mut TokenStream, is_minus: bool, term: TokenStream) {
    let is_first = sum.is_empty();
    sum.extend(match (is_first, is_minus) {
        (true, true) => quote!(-(#term)),
        (true, false) => term,
        (false, true) => quote!(- #term),
        (false, false) => quote!(+ #term),
    });
}
