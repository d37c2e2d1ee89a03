//! Formats generated Rust: code as prettyplease does, tables with one entry per line.

use super::table::table;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ImplItemConst, ItemConst, ItemStatic, parse_quote};

/// Marks an item that rustfmt leaves as it is.
const SKIP: &str = "#[rustfmt::skip]";

/// The text of a file.
///
/// # Errors
/// When the tokens are no Rust file.
pub(super) fn format(tokens: TokenStream) -> Result<String, syn::Error> {
    let mut file: syn::File = syn::parse2(tokens)?;
    let mut tables = Tables::default();
    tables.visit_file_mut(&mut file);
    let text = prettyplease::unparse(&file);
    let mut lines: Vec<String> = Vec::new();
    // A line that is broken off before a table: an item that is to stay on one line.
    let mut begun = String::new();
    for line in text.lines() {
        let is_skip = line.trim() == SKIP;
        if is_skip || !begun.is_empty() && !line.contains("table!(") {
            let rest = if begun.is_empty() { line } else { line.trim_start() };
            begun.push_str(rest);
            if is_skip || rest.ends_with(',') {
                begun.push(' ');
            }
            continue;
        }
        let line = if begun.is_empty() { line.to_string() } else { std::mem::take(&mut begun) + line.trim_start() };
        let line = line.replace(", >", ">");
        let Some((before, rest)) = line.split_once("table!(") else {
            lines.push(line);
            continue;
        };
        let (number, after) = rest.split_once(')').unwrap_or((rest, ""));
        let indent = line.len() - line.trim_start().len();
        let table = number.parse().ok().and_then(|index: usize| tables.found.get(index)).cloned().unwrap_or_default();
        lines.push(format!("{before}{}{after}", table.replace('\n', &format!("\n{:indent$}", ""))));
    }
    Ok(lines.join("\n") + "\n")
}

/// Takes the tables out of a file: constants and statics that rustfmt is to skip.
#[derive(Default)]
struct Tables {
    found: Vec<String>,
}

impl Tables {
    fn take(&mut self, attributes: &[Attribute], expr: &mut Expr) {
        let is_skip =
            |attribute: &Attribute| attribute.to_token_stream().to_string().replace(' ', "") == "#[rustfmt::skip]";
        if attributes.iter().any(is_skip) {
            let index = syn::Index::from(self.found.len());
            self.found.push(table(expr.to_token_stream()));
            *expr = parse_quote!(table!(#index));
        }
    }
}

impl VisitMut for Tables {
    fn visit_item_static_mut(&mut self, item: &mut ItemStatic) {
        self.take(&item.attrs, &mut item.expr);
    }

    fn visit_item_const_mut(&mut self, item: &mut ItemConst) {
        self.take(&item.attrs, &mut item.expr);
        visit_mut::visit_item_const_mut(self, item);
    }

    fn visit_impl_item_const_mut(&mut self, item: &mut ImplItemConst) {
        self.take(&item.attrs, &mut item.expr);
    }
}
