//! Which generated epilogues are members of the closed set that kernels apply in registers.

use crate::prim::scalar::{Binary, Unary};
use crate::program::{Expr, LoopKernel, Stmt};
use netc_plan::Epilogue;

/// The member of the closed set that an epilogue is, and the order of its operands.
pub(super) fn closed(kernel: &LoopKernel) -> Option<(Epilogue, Vec<usize>)> {
    let (Stmt::For { body, .. }, before) = kernel.body.split_last()? else { return None };
    let [Stmt::Store { value, .. }] = &body[..] else { return None };
    let operands = Operands { before };
    let mut order = Vec::new();
    if let Some((inner, gate)) = gated(value) {
        operands.addends(inner, &mut order)?;
        let epilogue = match order.len() {
            0 => Epilogue::Gate,
            1 => Epilogue::ResidualGate,
            _ => return None,
        };
        order.push(gate);
        return Some((epilogue, order));
    }
    let (rectified, sum) = match value {
        Expr::Unary(Unary::Relu, inner) => (true, &**inner),
        other => (false, other),
    };
    operands.addends(sum, &mut order)?;
    let epilogue = match (order.len(), rectified) {
        (1, false) => Epilogue::Bias,
        (1, true) => Epilogue::BiasRelu,
        (2, false) => Epilogue::BiasResidual,
        (2, true) => Epilogue::BiasResidualRelu,
        _ => return None,
    };
    Some((epilogue, order))
}

/// What an epilogue reads beside the sum.
struct Operands<'k> {
    /// Statements before the loop over columns: loads of what a row has one of.
    before: &'k [Stmt],
}

impl Operands<'_> {
    /// The operand that an expression is, and whether a row has one element of it.
    fn of(&self, expr: &Expr) -> Option<(usize, bool)> {
        match expr {
            Expr::Load { .. } => Some((loaded(expr)?, false)),
            Expr::Read(local) => self.before.iter().find_map(|stmt| match stmt {
                Stmt::Let { local: known, value } if known == local => Some((loaded(value)?, true)),
                _ => None,
            }),
            _ => None,
        }
    }

    /// Operands added to the sum one after another. Registers take one that has one element per row as the first.
    fn addends(&self, expr: &Expr, order: &mut Vec<usize>) -> Option<()> {
        match expr {
            Expr::Load { param: 0, .. } => Some(()),
            Expr::Binary(Binary::Add, x, y) => {
                let (inner, (operand, is_per_row)) = match self.of(y) {
                    Some(operand) => (x, operand),
                    None => (y, self.of(x)?),
                };
                self.addends(inner, order)?;
                let fits = order.is_empty() || !is_per_row;
                order.push(operand);
                fits.then_some(())
            }
            _ => None,
        }
    }
}

/// What passes where an operand is positive while else there is +0, and which operand.
fn gated(expr: &Expr) -> Option<(&Expr, usize)> {
    let is_zero = |expr: &Expr| matches!(expr, Expr::F32(number) if number.to_bits() == 0);
    let Expr::Select(condition, inner, otherwise) = expr else { return None };
    let Expr::Binary(Binary::Less, zero, gate) = &**condition else { return None };
    let gate = loaded(gate)?;
    (is_zero(zero) && is_zero(otherwise)).then_some((inner, gate))
}

/// The operand that an expression loads.
fn loaded(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Load { param: param @ 1.., .. } => Some(usize::from(*param) - 1),
        _ => None,
    }
}
