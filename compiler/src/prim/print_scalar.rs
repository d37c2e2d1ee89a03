//! The text form of scalar programs, as an expression: `{ t2 = x0 * x1; t2 + exp(t2) }`.

use super::scalar::{Binary, ScalarId, ScalarOp, ScalarProgram, Unary};
use crate::types::DType;
use std::fmt;

/// Parts that are used more than once are named first.
impl fmt::Display for ScalarProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut uses = vec![0u32; self.ops.len()];
        for op in &self.ops {
            op.operands().for_each(|operand| uses[operand as usize] += 1);
        }
        let named = |id: ScalarId| uses[id as usize] > 1 && self.ops[id as usize].operands().next().is_some();
        let mut texts: Vec<String> = Vec::with_capacity(self.ops.len());
        for op in &self.ops {
            let operand = |id: ScalarId, tight: bool| match named(id) {
                true => format!("t{id}"),
                false if tight && self.ops[id as usize].is_infix() => format!("({})", texts[id as usize]),
                false => texts[id as usize].clone(),
            };
            let text = op.text(operand);
            texts.push(text);
        }
        let result = &texts[self.result() as usize];
        let shared: Vec<ScalarId> = (0..self.result()).filter(|&id| named(id)).collect();
        if shared.is_empty() {
            return f.write_str(result);
        }
        f.write_str("{ ")?;
        for id in shared {
            write!(f, "t{id} = {}; ", texts[id as usize])?;
        }
        write!(f, "{result} }}")
    }
}

impl ScalarOp {
    /// The operations that it reads.
    pub fn operands(self) -> impl Iterator<Item = ScalarId> {
        let operands = match self {
            ScalarOp::Input(_) | ScalarOp::Const(_) | ScalarOp::Position(_) => [None; 3],
            ScalarOp::Unary(_, x) | ScalarOp::Cast(_, x) => [Some(x), None, None],
            ScalarOp::Binary(_, x, y) => [Some(x), Some(y), None],
            ScalarOp::Select(c, x, y) => [Some(c), Some(x), Some(y)],
        };
        operands.into_iter().flatten()
    }

    fn is_infix(self) -> bool {
        matches!(self, ScalarOp::Binary(op, ..) if !matches!(op, Binary::Max | Binary::Min))
    }

    /// With the texts of operands, in brackets where the flag asks for it and they need them.
    fn text(self, operand: impl Fn(ScalarId, bool) -> String) -> String {
        match self {
            ScalarOp::Input(index) => format!("x{index}"),
            ScalarOp::Const(value) => format!("{value:?}"),
            ScalarOp::Position(axis) => format!("i{axis}"),
            ScalarOp::Unary(Unary::Neg, x) => format!("-{}", operand(x, true)),
            ScalarOp::Unary(op, x) => format!("{}({})", format!("{op:?}").to_lowercase(), operand(x, false)),
            ScalarOp::Binary(op, x, y) => {
                let symbol = match op {
                    Binary::Add => "+",
                    Binary::Sub => "-",
                    Binary::Mul => "*",
                    Binary::Div => "/",
                    Binary::Less => "<",
                    Binary::LessEqual => "<=",
                    Binary::Equal => "==",
                    Binary::And => "and",
                    Binary::Or => "or",
                    Binary::Max => return format!("max({}, {})", operand(x, false), operand(y, false)),
                    Binary::Min => return format!("min({}, {})", operand(x, false), operand(y, false)),
                };
                format!("{} {symbol} {}", operand(x, true), operand(y, true))
            }
            ScalarOp::Select(c, x, y) => {
                format!("select({}, {}, {})", operand(c, false), operand(x, false), operand(y, false))
            }
            ScalarOp::Cast(DType::Int { bound }, x) => format!("int<{bound}>({})", operand(x, false)),
            ScalarOp::Cast(dtype, x) => format!("{dtype}({})", operand(x, false)),
        }
    }
}
