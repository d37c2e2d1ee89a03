//! Operators between expressions, with spellings and precedence.
use super::Expr;
use crate::Span;

/// A prefix operator with its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prefix {
    /// Which.
    pub op: PrefixOp,
    /// Where.
    pub span: Span,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrefixOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// An operator with its right operand.
#[derive(Clone, Debug, PartialEq)]
pub struct Infix {
    /// Which.
    pub op: InfixOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// The operand after it.
    pub value: Expr,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is its spelling below")]
pub enum InfixOp {
    Power,
    Multiply,
    Divide,
    Add,
    Subtract,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
    Range,
}

/// How tightly operators bind, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precedence {
    /// `a..b`
    Range,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`; not chained
    Compare,
    /// `+`, `-`
    Sum,
    /// `*`, `/`
    Product,
    /// `^`, from the right, tighter than a prefix on its left
    Power,
}

impl InfixOp {
    /// Every operator with its spelling, longer spellings before their beginnings.
    pub const SPELLINGS: &'static [(&'static str, InfixOp)] = &[
        ("..", InfixOp::Range),
        ("||", InfixOp::Or),
        ("&&", InfixOp::And),
        ("==", InfixOp::Equal),
        ("!=", InfixOp::NotEqual),
        ("<=", InfixOp::LessEqual),
        (">=", InfixOp::GreaterEqual),
        ("<", InfixOp::Less),
        (">", InfixOp::Greater),
        ("+", InfixOp::Add),
        ("-", InfixOp::Subtract),
        ("*", InfixOp::Multiply),
        ("/", InfixOp::Divide),
        ("^", InfixOp::Power),
    ];

    /// How tightly it binds.
    pub fn precedence(self) -> Precedence {
        match self {
            InfixOp::Power => Precedence::Power,
            InfixOp::Multiply | InfixOp::Divide => Precedence::Product,
            InfixOp::Add | InfixOp::Subtract => Precedence::Sum,
            InfixOp::Equal
            | InfixOp::NotEqual
            | InfixOp::Less
            | InfixOp::LessEqual
            | InfixOp::Greater
            | InfixOp::GreaterEqual => Precedence::Compare,
            InfixOp::And => Precedence::And,
            InfixOp::Or => Precedence::Or,
            InfixOp::Range => Precedence::Range,
        }
    }

    /// How it is written.
    pub fn spelling(self) -> &'static str {
        Self::SPELLINGS.iter().find(|(_, op)| *op == self).map_or("", |(spelling, _)| spelling)
    }
}
