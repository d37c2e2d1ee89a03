//! Formats generated Rust: code as prettyplease does, tables with one entry per line.

use super::indent::indent;
use super::join::join;
use super::table::table;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ImplItemConst, Item, ItemConst, ItemMacro, ItemStatic, parse_quote};

/// Marks an item that rustfmt leaves as it is.
const SKIP: &str = "#[rustfmt::skip]";

/// Stands before a function in its line.
const INLINE: &str = "#[inline(always)]";

/// Begins what users do not see, which has no comments.
const KERNELS: &str = "const _: () = {";

/// Stands for a macro around items while these are laid out as those of a module.
const AROUND: &str = "mod netc__with_allocator {";

/// Stands for a table while the rest is laid out, with its number and a `_`: a word cannot be broken off.
const TABLE: &str = "netc__table_";

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
    let (interface, kernels) = text.split_at(text.rfind(KERNELS).unwrap_or(text.len()));
    let mut kernels = join(kernels.lines());
    // With fewer blanks before it a line has room for more.
    for _ in 0..2 {
        kernels = join(indent(&kernels).iter().map(String::as_str));
    }
    let kernels = indent(&kernels);
    for line in interface.lines().chain(kernels.iter().map(String::as_str)) {
        let is_skip = line.trim() == SKIP;
        if line.trim() == SKIP
            && let Some(doc) = lines.pop_if(|line| line.trim_start().starts_with("///"))
        {
            let (indent, doc) = doc.split_once("///").unwrap_or_default();
            begun = format!("{indent}/** {} */ ", doc.trim());
        }
        if is_skip || !begun.is_empty() && !line.contains(TABLE) {
            let rest = if begun.is_empty() { line } else { line.trim_start() };
            begun.push_str(rest);
            if is_skip || rest.ends_with(',') {
                begun.push(' ');
            }
            continue;
        }
        let line = if begun.is_empty() { line.to_string() } else { std::mem::take(&mut begun) + line.trim_start() };
        let line = line.replace(", >", ">").replace(AROUND, "::netc::rt::with_allocator! {");
        let line = match lines.pop_if(|before| before.trim() == INLINE) {
            Some(before) => format!("{before} {}", line.trim_start()),
            None => line,
        };
        let indent = line.len() - line.trim_start().len();
        lines.push(match tables.of(&line) {
            Some((before, table, after)) => {
                format!("{before}{}{after}", table.replace('\n', &format!("\n{:indent$}", "")))
            }
            None => line,
        });
    }
    Ok(lines.join("\n") + "\n")
}

/// Takes the tables out of a file: constants and statics that rustfmt is to skip.
#[derive(Default)]
struct Tables {
    found: Vec<String>,
}

impl Tables {
    /// The table that a line stands for, and what is before and after it.
    fn of<'a>(&'a self, line: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let (before, rest) = line.split_once(TABLE)?;
        let (number, after) = rest.split_once('_')?;
        Some((before, self.found.get(number.parse::<usize>().ok()?)?, after))
    }

    fn take(&mut self, attributes: &[Attribute], expr: &mut Expr) {
        let is_skip =
            |attribute: &Attribute| attribute.to_token_stream().to_string().replace(' ', "") == "#[rustfmt::skip]";
        if attributes.iter().any(is_skip) {
            let name = format_ident!("{TABLE}{}_", self.found.len());
            self.found.push(table(expr.to_token_stream()));
            *expr = parse_quote!(#name);
        }
    }
}

impl VisitMut for Tables {
    fn visit_item_mut(&mut self, item: &mut Item) {
        if let Item::Macro(ItemMacro { mac, .. }) = item
            && mac.path.segments.last().is_some_and(|segment| segment.ident == "with_allocator")
        {
            let items = &mac.tokens;
            *item = parse_quote!(mod netc__with_allocator { #items });
        }
        visit_mut::visit_item_mut(self, item);
    }

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

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn items_that_rustfmt_skips_take_one_line_however_long_they_are() {
        let tokens = "impl Net {
            /// `a.weight`
            #[rustfmt::skip]
            pub const A_RATHER_LONG_NAME_OF_A_PARAMETER_WEIGHT: ::netc::rt::Parameter<Self, [[[[f32; 3]; 3]; 64]; 64]> = ::netc::rt::Parameter::new(17);
        }
        #[rustfmt::skip] static STEP: Schedule = Schedule::new(Sizes { params: 1 }, &[Line::call(C0, &[(Work, 0)]), Line::stop((Work, 1))]);
        impl Loops for K_<3> { #[inline(always)] fn run() { put(1) } }";
        let wanted = "impl Net {
    /** `a.weight` */ #[rustfmt::skip] pub const A_RATHER_LONG_NAME_OF_A_PARAMETER_WEIGHT: ::netc::rt::Parameter<Self, [[[[f32; 3]; 3]; 64]; 64]> = ::netc::rt::Parameter::new(17);
}
#[rustfmt::skip] static STEP: Schedule = Schedule::new(
    Sizes { params: 1 },
    &[
        Line::call(C0, &[(Work, 0)]), Line::stop((Work, 1)),
    ],
);
impl Loops for K_<3> {
    #[inline(always)] fn run() {
        put(1)
    }
}
";
        let text = format(tokens.parse().expect("tokens")).expect("a file");
        assert_eq!(text, wanted);
    }
}
