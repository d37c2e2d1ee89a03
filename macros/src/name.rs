//! Names of types from names of networks.

use crate::call::Declaration;
use proc_macro2::{Ident, Span};

/// `resnet18_textbook` becomes `Resnet18Textbook`, at the place of the network's name.
pub fn type_name(network: &str, declaration: &Declaration) -> Ident {
    let span = declaration.network.as_ref().map_or_else(Span::call_site, |&(_, span)| span);
    Ident::new(&netc_compiler::rust::type_name(network), span)
}
