//! The traits that join a network's type to its programs.

use super::expression::float;
use super::schedule::{Noted, unsuffixed};
use super::{Memory, imports};
use crate::model::Model;
use crate::prim::{Role, StateRole, ValueType};
use netc_plan::Start;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The traits behind the methods.
pub(super) fn implementations(
    model: &Model,
    memory: Memory,
    predict: &[Noted<'_>],
    gradients: &[Noted<'_>],
    step: &[Noted<'_>],
) -> TokenStream {
    let name = imports::this();
    let network = &model.name;
    let first = &predict[0].program;
    let parameters = first.states.iter().filter(|(state, _)| matches!(state.role, StateRole::Param(_)));
    let parameters = parameters.map(|(state, buffer)| {
        let (path, at) = (&state.path, unsuffixed(first.buffers[buffer.0 as usize].offset));
        let (shape, start) = (state.shape.iter().map(|&extent| unsuffixed(extent)), start(state.init.start()));
        quote!(ParameterInfo { path: #path, shape: &[#(#shape),*], at: #at, start: #start })
    });
    let slots = step.first().map(slots).unwrap_or_default();
    let Memory { parameters: floats, workspace: work, state, training } = memory;
    let [floats, work, state, training] = [floats, work, state, training].map(unsuffixed);
    let (rate, seed) = model.recipe.as_ref().map_or((0.0, 0), |recipe| (recipe.rate as f32, recipe.seed));
    let rate = float(rate);
    let predicts = predict.iter().map(|noted| {
        let (batch, program) = (unsuffixed(noted.program.batch), program(noted, "PREDICT"));
        quote!(impl Predicts<#batch> for #name { #[rustfmt::skip] const PREDICT: &'static Program = &#program; })
    });
    let trains = gradients.iter().zip(step).map(|(gradients, step)| {
        let batch = unsuffixed(step.program.batch);
        let (gradients, step) = (program(gradients, "GRADIENTS"), program(step, "STEP"));
        quote! {
            impl Trains<#batch> for #name {
                #[rustfmt::skip]
                const GRADIENTS: &'static Program = &#gradients;
                #[rustfmt::skip]
                const STEP: &'static Program = &#step;
            }
        }
    });
    quote! {
        impl Network for #name {
            const NAME: &'static str = #network;
            #[rustfmt::skip]
            const PARAMETERS: &'static [ParameterInfo] = &[#(#parameters),*];
            const PARAMETER_FLOATS: usize = #floats;
            const WORKSPACE_FLOATS: usize = #work;
            #[rustfmt::skip]
            const SLOTS: &'static [&'static [Slot]] = &[#(#slots),*];
            const STATE_FLOATS: usize = #state;
            const TRAINING_FLOATS: usize = #training;
            const RATE: f32 = #rate;
            const SEED: u64 = #seed;
        }
        #(#predicts)*
        #(#trains)*
    }
}

/// Where a program's inputs and results are.
fn program(noted: &Noted<'_>, mode: &str) -> TokenStream {
    let program = noted.program;
    let name = format_ident!("{mode}_{}", program.batch);
    let place = |buffer| noted.layout.in_work(program, buffer);
    let range = |ty: &ValueType, buffer| {
        let (at, elements) = (unsuffixed(place(buffer).unwrap_or(noted.layout.work)), unsuffixed(ty.elements()));
        quote!((#at, #elements))
    };
    let inputs = program.inputs.iter().map(|(_, ty, buffer)| range(ty, *buffer));
    let outputs = program.results.iter().filter(|(role, ..)| matches!(role, Role::Output(_)));
    let outputs = outputs.map(|(_, ty, buffer)| range(ty, *buffer));
    let loss = program.results.iter().find(|(role, ..)| *role == Role::Loss);
    let loss = loss.and_then(|(.., buffer)| place(*buffer));
    let loss = unsuffixed(loss.unwrap_or(0));
    let n_params = program.states.iter().filter(|(state, _)| matches!(state.role, StateRole::Param(_))).count();
    let mut gradients = vec![None; n_params];
    for (role, _, buffer) in &program.results {
        if let Role::Gradient(state) = role {
            gradients[state.0 as usize] = place(*buffer);
        }
    }
    let has_gradients = gradients.iter().any(Option::is_some);
    let gradients = gradients.iter().filter(|_| has_gradients).map(|at| match at {
        Some(at) => {
            let at = unsuffixed(*at);
            quote!(Some(#at))
        }
        None => quote!(None),
    });
    quote!(Program {
        schedule: &#name,
        inputs: &[#(#inputs),*],
        outputs: &[#(#outputs),*],
        loss: #loss,
        gradients: &[#(#gradients),*],
    })
}

/// The optimiser's slots, those of a parameter side by side.
fn slots(noted: &Noted<'_>) -> Vec<TokenStream> {
    let mut parameter = None;
    let mut slots: Vec<Vec<TokenStream>> = Vec::new();
    for (state, buffer) in &noted.program.states {
        let StateRole::Slot(of) = state.role else { continue };
        if parameter.replace(of) != Some(of) {
            slots.push(Vec::new());
        }
        let (path, at) = (&state.path, unsuffixed(noted.program.buffers[buffer.0 as usize].offset));
        let (elements, start) = (unsuffixed(state.shape.iter().product()), start(state.init.start()));
        let slot = quote!(Slot { path: #path, at: #at, elements: #elements, start: #start });
        if let Some(slots) = slots.last_mut() {
            slots.push(slot);
        }
    }
    slots.iter().map(|slots| quote!(&[#(#slots),*])).collect()
}

fn start(start: Start<'_>) -> TokenStream {
    match start {
        Start::Constant(value) => {
            let value = float(value);
            quote!(Start::Constant(#value))
        }
        Start::Uniform(low, high) => {
            let (low, high) = (float(low), float(high));
            quote!(Start::Uniform(#low, #high))
        }
        Start::Normal(mean, deviation) => {
            let (mean, deviation) = (float(mean), float(deviation));
            quote!(Start::Normal(#mean, #deviation))
        }
        Start::Given(values) => {
            let values = values.iter().map(|&value| float(value));
            quote!(Start::Given(&[#(#values),*]))
        }
    }
}
