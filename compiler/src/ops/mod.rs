//! The operators: one file each, in families whose `mod.rs` is a table. Everything that knows operators by name asks
//! [`lookup`] here; nothing else lists them. Names in `metrics = [ … ]` are asked of [`metric::lookup`].

pub mod activation;
pub mod arithmetic;
pub mod attention;
pub mod convolution;
pub mod linear;
pub mod loss;
pub mod metric;
pub mod normalisation;
pub mod pooling;
pub mod reduction;
pub mod regularisation;
pub mod shape;

use crate::op::Entry;
use std::sync::OnceLock;

/// A family of operators.
pub struct Family {
    /// Heading on the reference page.
    pub title: &'static str,
    /// Its operators.
    pub entries: &'static [Entry],
}

/// All families in the order of the reference page.
pub static FAMILIES: &[&Family] = &[
    &linear::FAMILY,
    &attention::FAMILY,
    &convolution::FAMILY,
    &pooling::FAMILY,
    &activation::FAMILY,
    &normalisation::FAMILY,
    &regularisation::FAMILY,
    &shape::FAMILY,
    &arithmetic::FAMILY,
    &reduction::FAMILY,
    &loss::FAMILY,
];

/// All operators, sorted by name.
pub fn all() -> &'static [&'static Entry] {
    static SORTED: OnceLock<Vec<&'static Entry>> = OnceLock::new();
    SORTED.get_or_init(|| {
        let mut entries: Vec<&'static Entry> = FAMILIES.iter().flat_map(|family| family.entries).collect();
        entries.sort_by_key(|entry| entry.name);
        entries
    })
}

/// The operator with this name, or a second name of it.
pub fn lookup(name: &str) -> Option<&'static Entry> {
    let all = all();
    let name = if name == "mae" { "l1" } else { name };
    all.binary_search_by_key(&name, |entry| entry.name).ok().map(|index| all[index])
}
