//! Training recipes and checks.
use super::{Attribute, Declaration, Expr, Ident, Let};
use crate::Span;

/// A training recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Train {
    /// The network it trains; may be left out when the file has one.
    pub network: Option<Ident>,
    /// What stands in the braces.
    pub statements: Vec<TrainStatement>,
    /// The braces.
    pub span: Span,
}

/// One statement of a training recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainStatement {
    /// `#[…]` before it.
    pub attributes: Vec<Attribute>,
    /// Lines of the `///` comment before it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: TrainStatementKind,
    /// From its first word to its `;`.
    pub span: Span,
}

/// The kinds of statements of a training recipe.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainStatementKind {
    /// `target label: int in 0..10;`
    Target(Declaration),
    /// `let error = prediction - price;`
    Let(Let),
    /// `batch = 64;`
    Setting {
        /// Which setting.
        key: Ident,
        /// Its value.
        value: Expr,
    },
    /// A syntax error that was reported: these targets, names or keys would have been set.
    Bad(Vec<Ident>),
}

/// Assertions about a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The network they are about; may be left out when the file has one.
    pub network: Option<Ident>,
    /// What stands in the braces.
    pub statements: Vec<CheckStatement>,
    /// The braces.
    pub span: Span,
}

/// One statement of a `check`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckStatement {
    /// `#[…]` before it.
    pub attributes: Vec<Attribute>,
    /// Lines of the `///` comment before it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: CheckStatementKind,
    /// From its first word to its `;`.
    pub span: Span,
}

/// The kinds of statements of a `check`.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckStatementKind {
    /// `let limit = 5M;`
    Let(Let),
    /// `params <= 500_000;`
    Assert(Expr),
    /// A syntax error that was reported: these names would have been defined.
    Bad(Vec<Ident>),
}
