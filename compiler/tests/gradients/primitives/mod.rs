//! Cases per primitive.

pub mod attend;
pub mod concat;
pub mod contract;
pub mod conv;
pub mod graph;
pub mod map;
pub mod pad;
pub mod reduce;
pub mod view;
pub mod window;

use crate::suite::Case;

/// Every case, cheap ones first.
pub fn all() -> Vec<Case> {
    let tables = [
        map::cases(),
        reduce::cases(),
        view::cases(),
        pad::cases(),
        concat::cases(),
        contract::cases(),
        attend::cases(),
        window::cases(),
        conv::cases(),
        graph::cases(),
    ];
    tables.into_iter().flatten().collect()
}
