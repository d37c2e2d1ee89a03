//! Elementwise work on a contraction's sums, as a kernel over the columns of a row.

use super::{Emitter, Guard, Origin, Places, Refusal, Splits};
use crate::prim::{PrimGraph, ValueId};
use crate::program::affine::Affine;
use crate::program::walk::{expressions, expressions_mut};
use crate::program::{BufferId, Expr, Extent, LoopKernel, Param, Scalar, Stmt, Var};

/// A contraction's epilogue: its kernel over columns and, per operand, the address in the coordinates of the call.
pub(crate) struct Finish {
    /// Parameter 0 is the row segment with the sums.
    pub kernel: LoopKernel,
    /// Further parameters.
    pub operands: Vec<(BufferId, Affine)>,
}

/// Operands of an epilogue, at most.
const MOST_OPERANDS: usize = 8;
/// Columns of a segment.
const COLUMNS: usize = 32;

/// The epilogue that makes `output` of `sum`. Variable i has `extents[i]` turns, the last one counts columns; `index`
/// are the output's coordinates. An error names the sum, which must then be stored as it is.
pub(crate) fn emit_epilogue(
    graph: &PrimGraph,
    places: &Places,
    (sum, output): (ValueId, ValueId),
    index: &[Affine],
    extents: &[u32],
    scalar_of: impl Fn(BufferId) -> Scalar,
) -> Result<Finish, ValueId> {
    let splits = Splits::new();
    let mut emitter = Emitter::new(graph, places, vec![output], &splits);
    emitter.touched.push((BufferId(u32::MAX), true));
    for &extent in extents {
        emitter.open(extent, Origin::Inner, false);
    }
    let column = Var(extents.len() as u16 - 1);
    emitter.sum = Some((sum, Affine::var(column)));
    let value = match emitter.pull(output, index, &Guard::default()) {
        Ok(value) => value,
        Err(Refusal::Store(_) | Refusal::Split(..)) => return Err(sum),
    };
    let mut inner = emitter.close();
    inner.push(Stmt::Store { param: 0, index: Affine::var(column), value });
    let mut body: Vec<Stmt> = emitter.scopes.drain(..).flat_map(|scope| scope.stmts).collect();
    body.push(Stmt::For { var: column, extent: Extent::Columns, lanes: true, body: inner });
    if !is_columnwise(&body) {
        return Err(sum);
    }
    let mut operands: Vec<(BufferId, Affine)> = Vec::new();
    let mut params = vec![Param { scalar: Scalar::F32, elements: COLUMNS, written: true }];
    let mut fits = true;
    expressions_mut(&mut body, &mut |expr| {
        let Expr::Load { param, index, bounds, .. } = expr else { return };
        if *param == 0 {
            return;
        }
        let operand = (emitter.touched[usize::from(*param)].0, index.clone());
        let step = index.factor(column);
        fits &= bounds.is_empty() && (0..=1).contains(&step);
        let at = operands.iter().position(|known| *known == operand).unwrap_or_else(|| {
            let elements = if step == 1 { COLUMNS } else { 1 };
            params.push(Param { scalar: scalar_of(operand.0), elements, written: false });
            operands.push(operand);
            operands.len() - 1
        });
        *param = 1 + at as u16;
        *index = Affine::var(column).times(step);
    });
    if !fits || operands.len() > MOST_OPERANDS {
        return Err(sum);
    }
    let unit = Var(extents.len() as u16);
    let vars = unit.0 + 1;
    let name = "epilogue".to_string();
    let kernel = LoopKernel { name, params, unit, units: 1, vars, locals: emitter.locals, body };
    Ok(Finish { kernel: crate::lower::loops::finish_epilogue(kernel), operands })
}

/// Whether the code depends on coordinates through addresses alone and has no loops of its own.
fn is_columnwise(body: &[Stmt]) -> bool {
    let mut plain = true;
    expressions(body, &mut |expr| plain &= !matches!(expr, Expr::Position(_) | Expr::Fold { .. }));
    let is_flat = |stmts: &[Stmt]| stmts.iter().all(|stmt| !matches!(stmt, Stmt::For { .. } | Stmt::Assign { .. }));
    let Some((Stmt::For { body: inner, .. }, before)) = body.split_last() else { return false };
    plain && is_flat(before) && is_flat(inner)
}
