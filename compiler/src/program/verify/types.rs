//! Element types of expressions.

use super::Fault;
use super::kernel::Scopes;
use crate::prim::scalar::{Binary, Unary};
use crate::program::{Expr, Scalar};

pub(super) fn expect(found: Scalar, wanted: Scalar) -> Result<(), Fault> {
    if found == wanted { Ok(()) } else { Err(Fault::Type) }
}

/// The type of an expression that neither loads nor folds.
pub(super) fn type_of(expr: &Expr, scopes: &mut Scopes<'_>) -> Result<Scalar, Fault> {
    match expr {
        Expr::F32(_) => Ok(Scalar::F32),
        Expr::I32(_) => Ok(Scalar::I32),
        Expr::Unary(op, x) => {
            let x = scopes.expr(x)?;
            match op {
                Unary::Not => expect(x, Scalar::I32)?,
                Unary::Neg | Unary::Abs | Unary::Relu => {}
                _ => expect(x, Scalar::F32)?,
            }
            Ok(x)
        }
        Expr::Binary(op, x, y) => {
            let (x, y) = (scopes.expr(x)?, scopes.expr(y)?);
            expect(x, y)?;
            if let Binary::And | Binary::Or = op {
                expect(x, Scalar::I32)?;
            }
            Ok(if op.is_comparison() { Scalar::I32 } else { x })
        }
        Expr::Select(condition, x, y) => {
            expect(scopes.expr(condition)?, Scalar::I32)?;
            let (x, y) = (scopes.expr(x)?, scopes.expr(y)?);
            expect(x, y)?;
            Ok(x)
        }
        Expr::ToF32(x) => {
            expect(scopes.expr(x)?, Scalar::I32)?;
            Ok(Scalar::F32)
        }
        Expr::ToI32(x) => {
            expect(scopes.expr(x)?, Scalar::F32)?;
            Ok(Scalar::I32)
        }
        Expr::Read(_) | Expr::Load { .. } | Expr::Position(_) | Expr::Fold { .. } => scopes.expr(expr),
    }
}
