//! The third reader of programs: a network as Rust, without `unsafe`, over the types of `netc_runtime::rt`.
//!
//! Like the other readers it translates and decides nothing. Kernels become loops over slices, the schedule a table,
//! and the network a type with its parameters, its predictions and its training.

mod address;
mod documentation;
mod expression;
mod implementations;
mod imports;
mod interface;
mod kernel;
mod kernels;
mod memory;
mod names;
mod numbers;
mod plan;
mod schedule;
mod statement;
mod value;

pub use documentation::documentation;
pub use memory::Memory;
pub use names::type_name;

use crate::lower::{Choices, Numerics};
use crate::model::Model;
use crate::pipeline;
use crate::prim::Mode;
use crate::program::{Program, Verified, Violation};
use kernels::Kernels;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use schedule::{Calls, note};
use std::collections::BTreeSet;

/// How a network becomes a type.
#[derive(Clone, Debug)]
pub struct Options {
    /// The type's name.
    pub name: Ident,
    /// Its visibility.
    pub visibility: TokenStream,
    /// Its attributes.
    pub attributes: TokenStream,
    /// Its documentation; see [`documentation`].
    pub docs: String,
    /// Numbers of samples that are predicted at once, beside 1.
    pub batches: Vec<usize>,
    /// Batches that are trained on, beside the recipe's.
    pub train_batches: Vec<usize>,
    /// An expression for the bytes of trained weights that the type brings along.
    pub weights: Option<TokenStream>,
    /// Which algorithms may be used.
    pub numerics: Numerics,
}

impl Options {
    /// A public type with the network's name, predictions one by one, the recipe's batch.
    pub fn new(model: &Model) -> Options {
        Options {
            name: Ident::new(&type_name(&model.name), Span::call_site()),
            visibility: quote!(pub),
            attributes: TokenStream::new(),
            docs: String::new(),
            batches: Vec::new(),
            train_batches: Vec::new(),
            weights: None,
            numerics: Numerics::Default,
        }
    }
}

/// The programs of a network that its type has.
struct Programs {
    predict: Vec<Verified<Program>>,
    gradients: Vec<Verified<Program>>,
    step: Vec<Verified<Program>>,
}

impl Programs {
    fn compile(model: &Model, options: &Options) -> Result<Programs, Violation> {
        let predict: BTreeSet<usize> = [1].into_iter().chain(options.batches.iter().copied()).collect();
        let train: BTreeSet<usize> = match &model.recipe {
            Some(recipe) => [recipe.batch].into_iter().chain(options.train_batches.iter().copied()).collect(),
            None => BTreeSet::new(),
        };
        let choices = Choices { numerics: options.numerics };
        let compile = |mode: Mode, batches: &BTreeSet<usize>| -> Result<Vec<_>, Violation> {
            batches.iter().map(|&batch| pipeline::program(model, mode, batch, &[], &choices)).collect()
        };
        Ok(Programs {
            predict: compile(Mode::Predict, &predict)?,
            gradients: compile(Mode::Gradients, &train)?,
            step: compile(Mode::Step, &train)?,
        })
    }
}

/// The network as a type with everything behind it.
///
/// # Errors
/// A violation is an error in netc, never in a model.
pub fn rust(model: &Model, options: &Options) -> Result<TokenStream, Violation> {
    let programs = Programs::compile(model, options)?;
    let memory = programs.memory();
    let mut kernels = Kernels::default();
    let all = [&programs.predict, &programs.gradients, &programs.step];
    let noted = all.map(|programs| programs.iter().map(|program| note(program, &mut kernels)).collect::<Vec<_>>());
    let mut calls = Calls::default();
    let mut schedules = TokenStream::new();
    for (mode, noted) in ["PREDICT", "GRADIENTS", "STEP"].into_iter().zip(&noted) {
        for noted in noted {
            let name = format_ident!("{mode}_{}", noted.program.batch);
            schedules.extend(noted.item(&name, &kernels, &mut calls));
        }
    }
    let (kernels, calls) = (kernels.items(), calls.items());
    let [predict, gradients, step] = &noted;
    let interface = interface::interface(model, options, memory, gradients);
    let implementations = implementations::implementations(model, memory, predict, gradients, step);
    let hidden = quote!(#kernels #calls #schedules #implementations);
    let hidden = imports::import(hidden, &options.name);
    Ok(quote! {
        #interface

        #[allow(warnings, clippy::all, reason = "written by netc")]
        const _: () = {
            #hidden
        };
    })
}
