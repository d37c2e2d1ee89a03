//! The syntax tree: what a `.net` text says, before any name has a meaning.
//!
//! Every node carries its [`Span`]. Chains, operator sequences, prefix runs and `else if` ladders
//! are vectors, so only brackets nest and the tree is at most as deep as brackets may nest
//! ([`crate::limits::NESTING`]).
//!
//! What the parser guarantees beyond the types is said at the field.

mod expression;
mod number;
mod operator;
mod recipe;

pub use expression::{
    Access, Arg, Arm, Call, Chain, Expr, ExprKind, For, Fragment, If, MapEntry, Path, Stage, StageKind,
};
pub use number::{Number, NumberValue, Unit};
pub use operator::{Infix, InfixOp, Precedence, Prefix, PrefixOp};
pub use recipe::{Check, CheckStatement, CheckStatementKind, Train, TrainStatement, TrainStatementKind};

use crate::Span;

/// A name as written; members of a path may also be whole numbers (`layer1.0.conv1`).
#[derive(Clone, PartialEq, Eq)]
pub struct Ident {
    /// The text: ASCII letters, digits and `_`.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// `conv1@12..17`
impl std::fmt::Debug for Ident {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{:?}", self.text, self.span)
    }
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ast {
    /// Lines of the `//!` comments at the start of the file.
    pub docs: Vec<String>,
    /// Items in the order of the text.
    pub items: Vec<Item>,
}

/// Something at the top level of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// `#[…]` before the item.
    pub attributes: Vec<Attribute>,
    /// Lines of the `///` comment before the item, without the marker and one blank.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: ItemKind,
    /// From the keyword to the closing brace or `;`.
    pub span: Span,
}

/// The kinds of items.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `import "blocks.net";`
    Import(Import),
    /// `network lenet(classes: int = 10) { … }`. Every parameter has a type.
    Network(Definition),
    /// `block basic(x, channels: int) { … }`. Parameters without a type are values.
    Block(Definition),
    /// `train lenet { … }`
    Train(Train),
    /// `check lenet { … }`
    Check(Check),
    /// A syntax error that was reported: what follows knows only the name it would have defined.
    Bad(Option<Ident>),
}

/// `#[allow(W0203, W0204)]`. The parser accepts only `allow` with at least one code.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// The word before the parentheses.
    pub name: Ident,
    /// The words inside.
    pub arguments: Vec<Ident>,
    /// From `#` to `]`.
    pub span: Span,
}

/// Takes the blocks of another file.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The path as written, escapes resolved.
    pub path: String,
    /// Where the string stands.
    pub span: Span,
}

/// A network or a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: Ident,
    /// What stands in the parentheses; empty also when there are none.
    pub parameters: Vec<Parameter>,
    /// What it does. In a block no statement is `Input` or `Output`; in a network none is `Return`
    /// and there is no result. These hold inside nested bodies too.
    pub body: Body,
}

/// One parameter of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Lines of the `///` comment before it.
    pub docs: Vec<String>,
    /// Its name.
    pub name: Ident,
    /// Its type; `None` for a value (a tensor), in blocks only.
    pub ty: Option<ParameterType>,
    /// The default.
    pub default: Option<Expr>,
    /// The whole of it.
    pub span: Span,
}

/// Types of compile-time arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterType {
    /// `int`, an `i64`.
    Int,
    /// `float`, an `f64`; takes integers too.
    Float,
    /// `bool`
    Bool,
    /// `string`
    String,
    /// `list`
    List,
}

/// Statements in braces, and the value they end in.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Statements in order.
    pub statements: Vec<Statement>,
    /// The expression at the end without `;`. A last `if` whose branches end in values stands here.
    pub result: Option<Box<Expr>>,
    /// With the braces.
    pub span: Span,
}

/// One statement of a network, block or nested body.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// `#[…]` before it.
    pub attributes: Vec<Attribute>,
    /// Lines of the `///` comment before it.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: StatementKind,
    /// From its first word to its `;` or `}`.
    pub span: Span,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `input image: [1, 28, 28];`
    Input(Declaration),
    /// `let features = …;`, `let (q, k, v) = …;`
    Let(Let),
    /// `layer enc = dense(64);`: one instance that may be used many times.
    Layer {
        /// Its name.
        name: Ident,
        /// What it is an instance of; never labelled.
        value: Stage,
    },
    /// `param token: [1, d] = normal(0, 0.02);`
    Param {
        /// Name and type.
        declaration: Declaration,
        /// How it starts.
        init: Option<Expr>,
    },
    /// `output probability = softmax(logits, axis = channel);`; the name is a value afterwards.
    Output {
        /// Its name.
        name: Ident,
        /// The value.
        value: Expr,
    },
    /// `return (c2, c3);`
    Return(Expr),
    /// `if depth == 0 { return here; }`
    If(If<Body>),
    /// A value followed by `;` that nothing takes.
    Value(Expr),
    /// A syntax error that was reported: these names would have been defined, their values are
    /// unknown.
    Bad(Vec<Ident>),
}

/// `let pattern = value;`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The name or names.
    pub pattern: Pattern,
    /// What they stand for.
    pub value: Expr,
}

/// One name, or several for several results. The name `_` discards.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `x`
    Name(Ident),
    /// `(a, b)`, at least one name.
    Tuple {
        /// The names.
        names: Vec<Ident>,
        /// With the parentheses.
        span: Span,
    },
}

/// `name: type`
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The name.
    pub name: Ident,
    /// What it is.
    pub ty: TensorType,
}

/// The type of an input, target or free parameter: `[1, 28, 28]`, `int[128] in 0..5000`,
/// `int in 0..10`, `[1, time = 256]`. Always without the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorType {
    /// The element type; `None` means f32. An integer type always has a `range`.
    pub element: Option<ElementType>,
    /// The extents; `None` for a scalar written without brackets (`int in 0..10`, `float`).
    pub dims: Option<Vec<Extent>>,
    /// `in start..end`: the values that an `int` may take, `end` excluded.
    pub range: Option<Box<(Expr, Expr)>>,
    /// The whole type.
    pub span: Span,
}

/// Element types that a text can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// `f32`, also written `float`.
    F32,
    /// `f64`
    F64,
    /// `bool`
    Bool,
    /// `int`, with its range.
    Int,
}

/// One extent of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// The axis name where one is given: `[1, time = 256]` declares a sequence.
    pub axis: Option<Ident>,
    /// How many.
    pub size: Expr,
}
