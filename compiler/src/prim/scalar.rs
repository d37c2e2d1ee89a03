//! Scalar programs: what a `Map` does to one element, as a small SSA list, and the expressions that build it.

use crate::types::DType;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Unary scalar operations. Transcendentals are one fixed sequence of IEEE operations, the same in every executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unary {
    /// −x
    Neg,
    /// |x|
    Abs,
    /// √x
    Sqrt,
    /// eˣ
    Exp,
    /// ln x
    Log,
    /// tanh x
    Tanh,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// The error function.
    Erf,
    /// ⌊x⌋
    Floor,
    /// max(x, 0), in which NaN stays NaN; the derivative at 0 is 0.
    Relu,
    /// Logical not.
    Not,
}

/// Binary scalar operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binary {
    /// x + y
    Add,
    /// x − y
    Sub,
    /// x · y
    Mul,
    /// x / y
    Div,
    /// The larger, NaN sticks; at a tie the first, which gets the whole gradient.
    Max,
    /// The smaller, NaN sticks; at a tie the first.
    Min,
    /// x < y
    Less,
    /// x ≤ y
    LessEqual,
    /// x = y
    Equal,
    /// Logical and.
    And,
    /// Logical or.
    Or,
}

impl Binary {
    /// Whether the result is a truth value.
    pub fn is_comparison(self) -> bool {
        matches!(self, Binary::Less | Binary::LessEqual | Binary::Equal)
    }
}

/// Index into [`ScalarProgram::ops`].
pub type ScalarId = u16;

/// One operation of a scalar program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScalarOp {
    /// The element of the n-th input.
    Input(u16),
    /// A number.
    Const(f64),
    /// The coordinate along an axis of the result, as an integer.
    Position(u16),
    /// One operand.
    Unary(Unary, ScalarId),
    /// Two operands of one type.
    Binary(Binary, ScalarId, ScalarId),
    /// The second where the first is true, else the third. Never a multiplication by 0 or 1.
    Select(ScalarId, ScalarId, ScalarId),
    /// Another element type: int or bool to float exactly, float to int by truncation with saturation.
    Cast(DType, ScalarId),
}

impl ScalarOp {
    /// The same operation on other operands.
    pub fn renumbered(self, place: impl Fn(ScalarId) -> ScalarId) -> ScalarOp {
        match self {
            ScalarOp::Input(_) | ScalarOp::Const(_) | ScalarOp::Position(_) => self,
            ScalarOp::Unary(op, x) => ScalarOp::Unary(op, place(x)),
            ScalarOp::Binary(op, x, y) => ScalarOp::Binary(op, place(x), place(y)),
            ScalarOp::Select(c, x, y) => ScalarOp::Select(place(c), place(x), place(y)),
            ScalarOp::Cast(dtype, x) => ScalarOp::Cast(dtype, place(x)),
        }
    }

    /// The operation as an expression over its operands.
    pub fn rebuilt(self, operand: impl Fn(ScalarId) -> Scalar) -> Scalar {
        let node = match self {
            ScalarOp::Input(index) => ScalarNode::Input(index),
            ScalarOp::Const(value) => ScalarNode::Const(value),
            ScalarOp::Position(axis) => ScalarNode::Position(axis),
            ScalarOp::Unary(op, x) => ScalarNode::Unary(op, operand(x)),
            ScalarOp::Binary(op, x, y) => ScalarNode::Binary(op, operand(x), operand(y)),
            ScalarOp::Select(c, x, y) => ScalarNode::Select(operand(c), operand(x), operand(y)),
            ScalarOp::Cast(dtype, x) => ScalarNode::Cast(dtype, operand(x)),
        };
        Scalar(Rc::new(node))
    }
}

/// A program on scalars in SSA form; operands precede their uses; the last operation is the result.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalarProgram {
    /// Operations.
    pub ops: Vec<ScalarOp>,
}

impl ScalarProgram {
    /// From an expression, each shared part once.
    pub fn new(result: &Scalar) -> ScalarProgram {
        let mut ops = Vec::new();
        let mut known = BTreeMap::new();
        emit(result, &mut ops, &mut known);
        ScalarProgram { ops }
    }

    /// The index of the result.
    pub fn result(&self) -> ScalarId {
        (self.ops.len() - 1) as ScalarId
    }

    /// Operations that cost: all but inputs, constants, positions and casts.
    pub fn cost(&self) -> u64 {
        let counts = |op: &&ScalarOp| matches!(op, ScalarOp::Unary(..) | ScalarOp::Binary(..) | ScalarOp::Select(..));
        self.ops.iter().filter(counts).count() as u64
    }
}

fn emit(expr: &Scalar, ops: &mut Vec<ScalarOp>, known: &mut BTreeMap<*const ScalarNode, ScalarId>) -> ScalarId {
    let shared = Rc::strong_count(&expr.0) > 1;
    if shared && let Some(&id) = known.get(&Rc::as_ptr(&expr.0)) {
        return id;
    }
    let op = match &*expr.0 {
        ScalarNode::Input(index) => ScalarOp::Input(*index),
        ScalarNode::Const(value) => ScalarOp::Const(*value),
        ScalarNode::Position(axis) => ScalarOp::Position(*axis),
        ScalarNode::Unary(op, x) => ScalarOp::Unary(*op, emit(x, ops, known)),
        ScalarNode::Binary(op, x, y) => {
            let x = emit(x, ops, known);
            ScalarOp::Binary(*op, x, emit(y, ops, known))
        }
        ScalarNode::Select(c, x, y) => {
            let c = emit(c, ops, known);
            let x = emit(x, ops, known);
            ScalarOp::Select(c, x, emit(y, ops, known))
        }
        ScalarNode::Cast(dtype, x) => ScalarOp::Cast(*dtype, emit(x, ops, known)),
    };
    ops.push(op);
    let id = (ops.len() - 1) as ScalarId;
    if shared {
        known.insert(Rc::as_ptr(&expr.0), id);
    }
    id
}

/// An expression that operators write: `x.greater(0.0).select(x, x * 0.01)`. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Scalar(Rc<ScalarNode>);

#[derive(Debug)]
enum ScalarNode {
    Input(u16),
    Const(f64),
    Position(u16),
    Unary(Unary, Scalar),
    Binary(Binary, Scalar, Scalar),
    Select(Scalar, Scalar, Scalar),
    Cast(DType, Scalar),
}

impl From<f64> for Scalar {
    fn from(value: f64) -> Scalar {
        Scalar(Rc::new(ScalarNode::Const(value)))
    }
}

impl From<&Scalar> for Scalar {
    fn from(value: &Scalar) -> Scalar {
        value.clone()
    }
}

impl Scalar {
    /// The element of the n-th input.
    pub fn input(index: usize) -> Scalar {
        Scalar(Rc::new(ScalarNode::Input(index as u16)))
    }

    /// The coordinate along an axis of the result, as an integer.
    pub fn position(axis: usize) -> Scalar {
        Scalar(Rc::new(ScalarNode::Position(axis as u16)))
    }

    fn unary(&self, op: Unary) -> Scalar {
        Scalar(Rc::new(ScalarNode::Unary(op, self.clone())))
    }

    fn binary(&self, op: Binary, other: Scalar) -> Scalar {
        Scalar(Rc::new(ScalarNode::Binary(op, self.clone(), other)))
    }

    /// |x|
    pub fn abs(&self) -> Scalar {
        self.unary(Unary::Abs)
    }
    /// √x
    pub fn sqrt(&self) -> Scalar {
        self.unary(Unary::Sqrt)
    }
    /// eˣ
    pub fn exp(&self) -> Scalar {
        self.unary(Unary::Exp)
    }
    /// ln x
    pub fn log(&self) -> Scalar {
        self.unary(Unary::Log)
    }
    /// tanh x
    pub fn tanh(&self) -> Scalar {
        self.unary(Unary::Tanh)
    }
    /// 1/(1 + e⁻ˣ)
    pub fn sigmoid(&self) -> Scalar {
        self.unary(Unary::Sigmoid)
    }
    /// The error function.
    pub fn erf(&self) -> Scalar {
        self.unary(Unary::Erf)
    }
    /// ⌊x⌋
    pub fn floor(&self) -> Scalar {
        self.unary(Unary::Floor)
    }
    /// max(x, 0)
    pub fn relu(&self) -> Scalar {
        self.unary(Unary::Relu)
    }
    /// The larger of two; NaN sticks.
    pub fn maximum(&self, other: impl Into<Scalar>) -> Scalar {
        self.binary(Binary::Max, other.into())
    }
    /// The smaller of two; NaN sticks.
    pub fn minimum(&self, other: impl Into<Scalar>) -> Scalar {
        self.binary(Binary::Min, other.into())
    }
    /// x < y
    pub fn less(&self, other: impl Into<Scalar>) -> Scalar {
        self.binary(Binary::Less, other.into())
    }
    /// x > y
    pub fn greater(&self, other: impl Into<Scalar>) -> Scalar {
        other.into().binary(Binary::Less, self.clone())
    }
    /// x = y
    pub fn equals(&self, other: impl Into<Scalar>) -> Scalar {
        self.binary(Binary::Equal, other.into())
    }
    /// The first where this is true, else the second.
    pub fn select(&self, yes: impl Into<Scalar>, no: impl Into<Scalar>) -> Scalar {
        Scalar(Rc::new(ScalarNode::Select(self.clone(), yes.into(), no.into())))
    }
    /// Another element type.
    pub fn cast(&self, dtype: DType) -> Scalar {
        Scalar(Rc::new(ScalarNode::Cast(dtype, self.clone())))
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $op:expr) => {
        impl<T: Into<Scalar>> std::ops::$trait<T> for Scalar {
            type Output = Scalar;
            fn $method(self, other: T) -> Scalar {
                self.binary($op, other.into())
            }
        }
        impl<T: Into<Scalar>> std::ops::$trait<T> for &Scalar {
            type Output = Scalar;
            fn $method(self, other: T) -> Scalar {
                self.binary($op, other.into())
            }
        }
        impl std::ops::$trait<Scalar> for f64 {
            type Output = Scalar;
            fn $method(self, other: Scalar) -> Scalar {
                Scalar::from(self).binary($op, other)
            }
        }
        impl std::ops::$trait<&Scalar> for f64 {
            type Output = Scalar;
            fn $method(self, other: &Scalar) -> Scalar {
                Scalar::from(self).binary($op, other.clone())
            }
        }
    };
}
operator!(Add, add, Binary::Add);
operator!(Sub, sub, Binary::Sub);
operator!(Mul, mul, Binary::Mul);
operator!(Div, div, Binary::Div);

impl std::ops::Neg for Scalar {
    type Output = Scalar;
    fn neg(self) -> Scalar {
        self.unary(Unary::Neg)
    }
}

impl std::ops::Neg for &Scalar {
    type Output = Scalar;
    fn neg(self) -> Scalar {
        self.unary(Unary::Neg)
    }
}
