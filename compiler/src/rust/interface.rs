//! The type of a network as its user sees it: its constants and methods.

use super::imports::apart;
use super::names::{argument_names, constant_names};
use super::schedule::{Noted, unsuffixed};
use super::{Memory, Options};
use crate::model::{Model, Named};
use crate::summarize::{backward, no_memory, summarize};
use crate::types::DType;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use std::collections::BTreeSet;

/// Bytes of an element.
const ELEMENT: usize = 4;

/// A nested array: `[[f32; 3]; 2]`.
fn array(dtype: DType, shape: &[u64]) -> TokenStream {
    let element = match dtype {
        DType::F32 | DType::F64 => quote!(f32),
        DType::Bool | DType::Int { .. } => quote!(u32),
    };
    shape.iter().rev().fold(element, |inner, &extent| {
        let extent = Literal::u64_unsuffixed(extent);
        quote!([#inner; #extent])
    })
}

/// The type of one sample of a value.
fn sample(model: &Model, named: &Named) -> TokenStream {
    let ty = model.ty(named.value);
    array(ty.dtype, ty.shape.dims())
}

/// Inputs, then targets if wanted, as arguments.
fn given(model: &Model, with_targets: bool) -> Vec<&Named> {
    let targets = model.recipe.iter().filter(|_| with_targets).flat_map(|recipe| &recipe.targets);
    model.inputs.iter().chain(targets).collect()
}

/// Arguments of a batch, statements that give them to a run, and whether one is checked.
fn arguments(model: &Model, with_targets: bool, batch: Option<&TokenStream>) -> (TokenStream, TokenStream, bool) {
    let (mut list, mut statements, mut is_checked) = (TokenStream::new(), TokenStream::new(), false);
    let given = given(model, with_targets);
    let names = argument_names(given.iter().map(|named| named.name.as_str()));
    for (index, (named, name)) in given.into_iter().zip(names).enumerate() {
        let ty = sample(model, named);
        let ty = batch.map_or(quote!(#ty), |batch| quote!([#ty; #batch]));
        list.extend(quote!(, #name: &#ty));
        let bound = match model.ty(named.value).dtype {
            DType::Int { bound } => Some(bound),
            DType::Bool => Some(2),
            DType::F32 | DType::F64 => None,
        };
        let (index, text) = (unsuffixed(index), &named.name);
        statements.extend(match bound {
            Some(bound) => {
                is_checked = true;
                quote!(run.give_integers(#text, program.inputs[#index].0, #bound, #name)?;)
            }
            None => quote!(run.give(program.inputs[#index].0, #name);),
        });
    }
    (list, statements, is_checked)
}

/// Type and expression of all outputs.
fn outputs(model: &Model, batch: Option<&TokenStream>) -> (TokenStream, TokenStream) {
    let mut types = Vec::new();
    let mut values = Vec::new();
    for (index, named) in model.outputs.iter().enumerate() {
        let ty = sample(model, named);
        types.push(batch.map_or(quote!(&'w #ty), |batch| quote!(&'w [#ty; #batch])));
        let read = if model.ty(named.value).dtype.is_float() { quote!(floats) } else { quote!(integers) };
        let index = unsuffixed(index);
        values.push(quote!(results.#read(program.outputs[#index].0)));
    }
    match (&types[..], &values[..]) {
        ([ty], [value]) => (ty.clone(), value.clone()),
        _ => (quote!((#(#types),*)), quote!((#(#values),*))),
    }
}

/// The type with its constants and methods.
pub(super) fn interface(model: &Model, options: &Options, memory: Memory, train: &[Noted<'_>]) -> TokenStream {
    let Options { name, visibility, attributes, .. } = options;
    let summary = summarize(model, 1, &no_memory, &backward);
    let (docs, storage) = (&options.docs, apart("S", name));
    let (params, macs) = (summary.total.params, summary.total.macs_forward);
    let bytes = unsuffixed(memory.workspace * ELEMENT);
    let mut known = BTreeSet::new();
    let values: Vec<&Named> =
        model.inputs.iter().chain(&model.outputs).filter(|named| known.insert(named.name.as_str())).collect();
    let names = values.iter().map(|named| named.name.as_str());
    let (shape_names, parameters) = constant_names(names, model.params.iter().map(|param| param.path.as_str()));
    let parameters = parameters.iter().zip(&model.params).enumerate().map(|(index, (constant, param))| {
        let (doc, ty, index) = (format!(" `{}`", param.path), array(DType::F32, &param.shape), unsuffixed(index));
        quote! {
            #[doc = #doc]
            #[rustfmt::skip]
            pub const #constant: ::netc::rt::Parameter<Self, #ty> = ::netc::rt::Parameter::new(#index);
        }
    });
    let shapes = shapes(model, &values, &shape_names);
    let methods = predictions(model, options);
    let training = if train.is_empty() { TokenStream::new() } else { training(model, options) };
    let weights = options.weights.as_ref().map(|weights| {
        quote! {
            ::netc::rt::with_allocator! {
                impl #name {
                    /// The network with the weights that it was compiled with.
                    #visibility fn trained() -> Self {
                        Self::from_safetensors(#weights).expect("checked while Rust compiled")
                    }
                }
            }
        }
    });
    let owned = owned(options, !train.is_empty());
    quote! {
        #[doc = #docs]
        #attributes
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #name<#storage = ::netc::rt::Owned> {
            params: #storage,
            version: ::netc::rt::Version,
        }

        #[allow(dead_code, reason = "a network has more to offer than one program needs")]
        impl #name {
            /// Parameters, buffers not counted.
            pub const PARAMS: u64 = #params;
            /// Multiply-adds of one prediction of one sample.
            pub const MACS: u64 = #macs;
            /// Bytes of a workspace.
            pub const ARENA_BYTES: usize = #bytes;
            /// Floats of the parameters and buffers with the gaps between them.
            pub const PARAMETER_FLOATS: usize = <Self as ::netc::rt::Network>::PARAMETER_FLOATS;
            /// Floats of a workspace.
            pub const WORKSPACE_FLOATS: usize = <Self as ::netc::rt::Network>::WORKSPACE_FLOATS;
            /// Floats of a training.
            pub const TRAINING_FLOATS: usize = <Self as ::netc::rt::Network>::TRAINING_FLOATS;
            #shapes
            #(#parameters)*
        }

        #owned
        #weights
        #methods
        #training
    }
}

/// `X_SHAPE` for each input and output.
fn shapes(model: &Model, values: &[&Named], names: &[Ident]) -> TokenStream {
    let constant = |(named, name): (&&Named, &Ident)| {
        let dims = model.ty(named.value).shape.dims().iter().map(|&extent| Literal::u64_unsuffixed(extent));
        let rank = unsuffixed(model.ty(named.value).shape.rank());
        let doc = format!(" Shape of `{}`, the batch left out.", named.name);
        quote! {
            #[doc = #doc]
            pub const #name: [usize; #rank] = [#(#dims),*];
        }
    };
    values.iter().zip(names).map(constant).collect()
}

/// What needs an allocator.
fn owned(options: &Options, trains: bool) -> TokenStream {
    let (name, visibility) = (&options.name, &options.visibility);
    let storage = apart("S", name);
    let training = trains.then(|| {
        quote! {
            /// Memory for training, with the recipe's rate and seed.
            #visibility fn training() -> ::netc::rt::Training<Self> {
                ::netc::rt::Training::new()
            }
        }
    });
    quote! {
        ::netc::rt::with_allocator! {
            #[allow(dead_code, reason = "a network has more to offer than one program needs")]
            impl #name {
                /// A network with starting values drawn by a seed.
                #visibility fn new(seed: u64) -> Self {
                    let mut params = ::netc::rt::allocate(<Self as ::netc::rt::Network>::PARAMETER_FLOATS);
                    ::netc::rt::draw::<Self>(seed, ::netc::rt::Storage::floats_mut(&mut params));
                    Self { params, version: ::netc::rt::Version::fresh() }
                }

                /// A network with the weights of a safetensors file.
                #visibility fn from_safetensors(file: &[u8]) -> ::core::result::Result<Self, ::netc::rt::WeightsError> {
                    let mut params = ::netc::rt::allocate(<Self as ::netc::rt::Network>::PARAMETER_FLOATS);
                    ::netc::rt::read::<Self>(file, ::netc::rt::Storage::floats_mut(&mut params))?;
                    ::core::result::Result::Ok(Self { params, version: ::netc::rt::Version::fresh() })
                }

                /// Memory for predictions; one per thread.
                #visibility fn workspace() -> ::netc::rt::Workspace<Self> {
                    ::netc::rt::Workspace::new()
                }

                #training
            }

            #[allow(dead_code, reason = "a network has more to offer than one program needs")]
            impl<#storage: ::netc::rt::Storage> #name<#storage> {
                /// The weights as a safetensors file.
                #visibility fn to_safetensors(&self) -> ::std::vec::Vec<u8> {
                    ::netc::rt::to_safetensors::<#name>(self.params.floats())
                }
            }
        }
    }
}

/// Predictions, and access to parameters.
fn predictions(model: &Model, options: &Options) -> TokenStream {
    let (name, visibility) = (&options.name, &options.visibility);
    let (storage, tensor) = (apart("S", name), apart("T", name));
    let method = |doc: &str, method: TokenStream, size: TokenStream, batch: Option<&TokenStream>| {
        let (arguments, give, is_checked) = arguments(model, false, batch);
        let (ty, value) = outputs(model, batch);
        let (ty, value) = if is_checked {
            (quote!(::core::result::Result<#ty, ::netc::rt::OutOfRange>), quote!(::core::result::Result::Ok(#value)))
        } else {
            (ty, value)
        };
        let bound = batch.map(|batch| quote!(where #name: ::netc::rt::Predicts<{ #batch }>));
        quote! {
            #[doc = #doc]
            #visibility fn #method(
                &self, workspace: &'w mut ::netc::rt::Workspace<#name, impl ::netc::rt::Storage> #arguments
            ) -> #ty #bound {
                let program = <#name as ::netc::rt::Predicts<#size>>::PREDICT;
                let mut run = workspace.begin(program);
                #give
                run.predict(self.params.floats(), self.version);
                let results = run.results();
                #value
            }
        }
    };
    let one = method(" Predicts one sample.", quote!(predict<'w>), quote!(1), None);
    let batch = quote!(B);
    let many = method(
        " Predicts `B` samples at once, for the sizes that the network is compiled for.",
        quote!(predict_batch<'w, const B: usize>),
        quote!({ B }),
        Some(&batch),
    );
    quote! {
        #[allow(dead_code, reason = "a network has more to offer than one program needs")]
        impl<#storage: ::netc::rt::Storage> #name<#storage> {
            /// A network in memory of the caller's, with starting values drawn by a seed.
            #visibility fn in_memory(mut params: #storage, seed: u64) -> ::core::result::Result<Self, ::netc::rt::TooSmall> {
                ::netc::rt::require(&params, <#name as ::netc::rt::Network>::PARAMETER_FLOATS)?;
                ::netc::rt::draw::<#name>(seed, params.floats_mut());
                ::core::result::Result::Ok(Self { params, version: ::netc::rt::Version::fresh() })
            }

            /// Replaces all parameters and buffers by those of a safetensors file.
            #visibility fn load(&mut self, file: &[u8]) -> ::core::result::Result<(), ::netc::rt::WeightsError> {
                self.version = ::netc::rt::Version::fresh();
                ::netc::rt::read::<#name>(file, self.params.floats_mut())
            }

            /// A parameter or buffer in PyTorch's order.
            #visibility fn parameter<#tensor: ::netc::rt::Nested<Element = f32>>(
                &self, parameter: ::netc::rt::Parameter<#name, #tensor>
            ) -> &#tensor {
                parameter.of(self.params.floats())
            }

            /// Overwrites a parameter or buffer.
            #visibility fn set_parameter<#tensor: ::netc::rt::Nested<Element = f32>>(
                &mut self, parameter: ::netc::rt::Parameter<#name, #tensor>, value: &#tensor
            ) {
                self.version = ::netc::rt::Version::fresh();
                parameter.set(self.params.floats_mut(), value);
            }

            /// The elements of a parameter or buffer by its path, if there is one.
            #visibility fn parameter_by_path(&self, path: &str) -> ::core::option::Option<&[f32]> {
                ::netc::rt::by_path::<#name>(self.params.floats(), path)
            }

            #one
            #many
        }
    }
}

/// Gradients and steps.
fn training(model: &Model, options: &Options) -> TokenStream {
    let (name, visibility) = (&options.name, &options.visibility);
    let storage = apart("S", name);
    let batch = quote!(B);
    let (arguments, give, is_checked) = arguments(model, true, Some(&batch));
    let (ty, value) = if is_checked {
        (quote!(::core::result::Result<f32, ::netc::rt::OutOfRange>), quote!(::core::result::Result::Ok(loss)))
    } else {
        (quote!(f32), quote!(loss))
    };
    quote! {
        #[allow(dead_code, reason = "a network has more to offer than one program needs")]
        impl<#storage: ::netc::rt::Storage> #name<#storage> {
            /// Loss and gradients of a batch, for a loop of one's own: see
            /// [`Training::gradient`](::netc::rt::Training::gradient).
            #visibility fn gradients<const B: usize>(
                &self, training: &mut ::netc::rt::Training<#name, impl ::netc::rt::Storage> #arguments
            ) -> #ty where #name: ::netc::rt::Trains<{ B }> {
                let program = <#name as ::netc::rt::Trains<{ B }>>::GRADIENTS;
                let mut run = training.begin(program);
                #give
                run.predict(self.params.floats(), self.version);
                let loss = run.number(program.loss);
                #value
            }

            /// One step of training: gives the loss before it. A loss that is not finite changes nothing.
            #visibility fn train_step<const B: usize>(
                &mut self, training: &mut ::netc::rt::Training<#name, impl ::netc::rt::Storage> #arguments
            ) -> #ty where #name: ::netc::rt::Trains<{ B }> {
                let program = <#name as ::netc::rt::Trains<{ B }>>::STEP;
                let mut run = training.begin(program);
                #give
                let is_done = run.step(self.params.floats_mut());
                let loss = run.number(program.loss);
                if is_done {
                    self.version = ::netc::rt::Version::fresh();
                    training.advance(B as u64);
                }
                #value
            }
        }
    }
}
