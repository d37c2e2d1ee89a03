//! The tokens that a call becomes: a type per network with its figures as constants.

use crate::call::{Call, Origin};
use crate::check::{Checked, Network};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// Types for all networks, and the errors. A network with errors still has its type, so that its uses do not add
/// errors of their own.
pub fn types(call: &Call, checked: &Checked) -> TokenStream {
    let mut tokens: TokenStream = checked.errors.iter().map(syn::Error::to_compile_error).collect();
    if let Origin::File { path, .. } = &call.origin
        && path.is_file()
    {
        // Names the file to the build, so that an edit compiles this crate anew.
        let path = Literal::string(&path.display().to_string());
        tokens.extend(quote! { const _: &[u8] = include_bytes!(#path); });
    }
    for network in &checked.networks {
        let single = call.rename.as_ref().filter(|_| checked.networks.len() == 1);
        tokens.extend(type_of(call, network, single));
    }
    if let (Some(rename), true) = (&call.rename, checked.networks.is_empty()) {
        let unread = Network { name: rename.to_string(), docs: String::new(), summary: None };
        tokens.extend(type_of(call, &unread, Some(rename)));
    }
    tokens
}

fn type_of(call: &Call, network: &Network, rename: Option<&Ident>) -> TokenStream {
    let name = rename.cloned().unwrap_or_else(|| Ident::new(&camel_case(&network.name), Span::call_site()));
    let visibility = &call.visibility;
    let docs = if network.docs.is_empty() {
        format!("The network `{}`, checked by `network!`.", network.name)
    } else {
        network.docs.clone()
    };
    let (params, macs) =
        network.summary.as_ref().map_or((0, 0), |summary| (summary.total.params, summary.total.macs_forward));
    quote! {
        #[doc = #docs]
        #visibility struct #name;

        impl #name {
            /// Parameters, buffers not counted.
            pub const PARAMS: u64 = #params;
            /// Multiply-adds of one prediction of one sample.
            pub const MACS: u64 = #macs;
        }
    }
}

/// `resnet18_textbook` becomes `Resnet18Textbook`.
fn camel_case(name: &str) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('_').map(capital).collect()
}
