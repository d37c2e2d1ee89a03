//! Operators that move elements and compute nothing.

mod concat;
mod detach;
mod flatten;
mod identity;
mod one_hot;
mod pad;
mod reshape;
mod slice;
mod split;

use super::Family;
use crate::op::entry;

/// The table.
pub static FAMILY: Family = Family {
    title: "Shapes",
    entries: &[
        entry::<flatten::Flatten>(),
        entry::<reshape::Reshape>(),
        entry::<slice::Slice>(),
        entry::<split::Split>(),
        entry::<pad::Pad>(),
        entry::<concat::Concat>(),
        entry::<one_hot::OneHot>(),
        entry::<identity::Identity>(),
        entry::<detach::Detach>(),
    ],
};
