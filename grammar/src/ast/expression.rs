//! Expressions of the syntax tree: values, chains and their stages.
use super::{Body, Ident, Infix, Number, Pattern, Prefix};
use crate::Span;

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

impl Expr {
    /// The expression inside any parentheses around it.
    pub fn unparenthesized(&self) -> &Expr {
        let mut inner = self;
        while let ExprKind::Paren(next) = &inner.kind {
            inner = next;
        }
        inner
    }
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `3`, `0.5`, `10%`, `64 MiB`, `3 epochs`
    Number(Number),
    /// `true`, `false`
    Bool(bool),
    /// A string, escapes resolved.
    String(String),
    /// A name: a value, an argument, or a word of the argument it is given to.
    Name(Ident),
    /// `fc.weight`, `x.shape[0]`, `layer1.0.conv1.weight`
    Access {
        /// What it starts from: a name, a call, a list, a string or parentheses.
        base: Box<Expr>,
        /// At least one step.
        path: Vec<Access>,
    },
    /// `conv2d(x, 32, kernel = 3)`, `memory.train(batch = 64)`
    Call(Call),
    /// `conv1: conv2d(x, 32)`: names the layer of a call, `if` or `for` that no chain leads to.
    Labelled {
        /// The label.
        label: Ident,
        /// A `Call`, `If` or `For`.
        value: Box<Expr>,
    },
    /// `[1, 2, 3]`
    List(Vec<Expr>),
    /// `(a, b)`, also `(a,)` and `()`.
    Tuple(Vec<Expr>),
    /// `{ "backbone.*": "encoder.*" }`, also `{}`.
    Map(Vec<MapEntry>),
    /// `(a)`; kept so that the formatter leaves them as they are.
    Paren(Box<Expr>),
    /// `if a { x } else { y }` where a value is wanted; braces hold statements ending in a value.
    If(If<Body>),
    /// `for i in 0..3 { … }` where a value is wanted: the list of the values of its turns.
    For(Box<For<Body>>),
    /// `{ let y = x + 1; y * y }`
    Body(Body),
    /// `-x`, `!a`, `--x`: one or more prefix operators, the outermost first.
    Prefixed {
        /// At least one.
        prefixes: Vec<Prefix>,
        /// What they apply to. `^` binds tighter, so `-x^2` has a `Power` sequence here.
        value: Box<Expr>,
    },
    /// Operators of one [precedence](super::Precedence): `a - b + c` is one node. Evaluated from the left, `Power`
    /// from the right; a `Compare` or `Range` sequence has exactly one operator.
    Infixed {
        /// The first operand.
        first: Box<Expr>,
        /// At least one operator with its right operand.
        rest: Vec<Infix>,
    },
    /// `x -> conv2d(32) -> relu`; binds loosest.
    Chain(Chain),
}

/// A step of an access.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// `.weight`, `.0`
    Member(Ident),
    /// `[i]`
    Index {
        /// Which.
        index: Box<Expr>,
        /// With the brackets.
        span: Span,
    },
}

/// Names joined by `.`; the first is never a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// At least one.
    pub segments: Vec<Ident>,
    /// The whole path.
    pub span: Span,
}

impl Path {
    /// The name, if the path is one name.
    pub fn single(&self) -> Option<&Ident> {
        match self.segments.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }
}

/// A name with arguments. A stage written without parentheses has no arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub callee: Path,
    /// The arguments in order; a positional one never follows a named one.
    pub arguments: Vec<Arg>,
    /// The whole call.
    pub span: Span,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// The word before `=`, if it is named. Names within one call differ.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
    /// The whole argument.
    pub span: Span,
}

/// `"from": "to"`
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// The text before the colon, escapes resolved.
    pub key: String,
    /// Where it stands.
    pub key_span: Span,
    /// The value.
    pub value: Expr,
}

/// `if`, `else if`, `else`. `B` is a [`Body`] or, after `->`, a [`Fragment`].
#[derive(Clone, Debug, PartialEq)]
pub struct If<B> {
    /// The conditions with what they guard, at least one.
    pub arms: Vec<Arm<B>>,
    /// What stands after the last `else`.
    pub otherwise: Option<B>,
    /// The whole of it.
    pub span: Span,
}

/// One condition with what it guards.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm<B> {
    /// The condition.
    pub condition: Expr,
    /// What happens if it holds.
    pub body: B,
}

/// `for pattern in list { … }`. `B` is a [`Body`] or, after `->`, a [`Fragment`].
#[derive(Clone, Debug, PartialEq)]
pub struct For<B> {
    /// What each item is called.
    pub pattern: Pattern,
    /// A list or a range.
    pub list: Expr,
    /// What happens for each.
    pub body: B,
    /// The whole of it.
    pub span: Span,
}

/// A value led through stages.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The value; never a chain unless in parentheses.
    pub head: Box<Expr>,
    /// At least one stage.
    pub stages: Vec<Stage>,
}

/// Stages in braces, applied to the piped value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fragment {
    /// At least one stage.
    pub stages: Vec<Stage>,
    /// With the braces.
    pub span: Span,
}

/// What stands after an arrow.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// `conv1:` before it.
    pub label: Option<Ident>,
    /// What it is.
    pub kind: StageKind,
    /// From the label on.
    pub span: Span,
}

/// The kinds of stages.
#[derive(Clone, Debug, PartialEq)]
pub enum StageKind {
    /// An operator, block or layer; the piped value is its positional argument 0.
    Call(Call),
    /// `if a { … } else { … }`; without `else` it passes its input on.
    If(Box<If<Fragment>>),
    /// `for i in 0..3 { … }`: the fragment once per item, one after the other.
    For(Box<For<Fragment>>),
    /// `{ … }`
    Fragment(Fragment),
}
