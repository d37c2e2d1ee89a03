//! Reductions as folds, and searches for the first largest element as loops.

use super::{Emitter, Guard, Loops, Origin, Refusal};
use crate::fuse::order;
use crate::prim::scalar::{Binary, Unary};
use crate::prim::{ReduceOp, ValueId};
use crate::program::affine::Affine;
use crate::program::{Expr, Extent, FoldOp, Local, Scalar, Stmt, Var};

impl Emitter<'_> {
    pub(super) fn reduce(
        &mut self,
        value: ValueId,
        op: ReduceOp,
        axes: &[usize],
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let input = self.graph.node(value).inputs[0];
        let shape = &self.graph.ty(input).shape;
        let mut kept = index.iter().cloned();
        let mut inner: Vec<Affine> = (0..shape.len())
            .map(|axis| if axes.contains(&axis) { Affine::default() } else { kept.next().expect("one per kept axis") })
            .collect();
        let fold = match op {
            ReduceOp::Sum => FoldOp::Sum,
            ReduceOp::Max => FoldOp::Max,
            ReduceOp::Argmax => {
                let candidates = [(axes[0], shape[axes[0]] as u32)];
                return self.search(value, &candidates, |emitter, positions| {
                    inner[axes[0]] = positions[0].clone();
                    let element = emitter.pull(input, &inner, guard)?;
                    Ok((element, positions[0].clone()))
                });
            }
            ReduceOp::Variance => return Err(Refusal::Store(value)),
        };
        let order = order::axes(shape.len(), self.places.last[input.0 as usize]);
        let loops: Vec<(Origin, u32)> = order
            .into_iter()
            .filter(|axis| axes.contains(axis) && shape[*axis] > 1)
            .map(|axis| (Origin::Fold { of: value, axis, digit: 0 }, shape[axis] as u32))
            .collect();
        self.fold(value, fold, &loops, |emitter, positions| {
            for ((origin, _), position) in loops.iter().zip(positions) {
                if let Origin::Fold { axis, .. } = origin {
                    inner[*axis] = position.clone();
                }
            }
            emitter.pull(input, &inner, guard)
        })
    }

    /// Combines `body` over all positions of the loops, the first outermost.
    pub(super) fn fold(
        &mut self,
        value: ValueId,
        op: FoldOp,
        loops: &[(Origin, u32)],
        body: impl FnOnce(&mut Self, &[Affine]) -> Result<Expr, Refusal>,
    ) -> Result<Expr, Refusal> {
        let mut opened: Vec<(Var, u32)> = Vec::new();
        let mut positions = Vec::new();
        for &(origin, extent) in loops {
            let digits = match self.splits.get(&origin) {
                Some(Loops::Digits(digits)) => digits.clone(),
                Some(Loops::Remainders(_)) => return Err(Refusal::Store(value)),
                None => vec![extent],
            };
            let mut position = Affine::default();
            for (digit, &turns) in digits.iter().enumerate() {
                let var = self.open(turns, origin.digit(digit), true);
                opened.push((var, turns));
                position = position.times(i64::from(turns)).plus(&Affine::var(var), 1);
            }
            positions.push(position);
        }
        let mut result = body(self, &positions);
        for (var, extent) in opened.into_iter().rev() {
            let lets = self.close().into_iter().map(let_of).collect();
            result = result.map(|body| Expr::Fold { op, var, extent, lanes: 1, lets, body: Box::new(body) });
        }
        result
    }

    /// The position of the first largest element, in which NaN counts as largest. `candidate` gives an element and its
    /// number at a position of the loops.
    pub(super) fn search(
        &mut self,
        value: ValueId,
        loops: &[(usize, u32)],
        mut candidate: impl FnMut(&mut Self, &[Affine]) -> Result<(Expr, Affine), Refusal>,
    ) -> Result<Expr, Refusal> {
        if self.scopes.iter().any(|scope| scope.is_fold) {
            return Err(Refusal::Store(value));
        }
        let (first, _) = candidate(self, &vec![Affine::default(); loops.len()])?;
        let best = self.define(Scalar::F32, first);
        let at = self.define(Scalar::I32, Expr::I32(0));
        let vars: Vec<(Var, u32)> =
            loops.iter().map(|&(_, extent)| (self.open(extent, Origin::Inner, false), extent)).collect();
        let positions: Vec<Affine> = vars.iter().map(|&(var, _)| Affine::var(var)).collect();
        let found = candidate(self, &positions);
        let mut body = Vec::new();
        if let Ok((element, number)) = &found {
            let element = self.define(Scalar::F32, element.clone());
            let better = self.define(Scalar::I32, is_better(element, best));
            let select =
                |new, old| Expr::Select(Box::new(Expr::Read(better)), Box::new(new), Box::new(Expr::Read(old)));
            let position = select(Expr::Position(number.clone()), at);
            let element = select(Expr::Read(element), best);
            self.innermost().push(Stmt::Assign { local: at, value: position });
            self.innermost().push(Stmt::Assign { local: best, value: element });
        }
        for &(var, extent) in vars.iter().rev() {
            let mut inner = self.close();
            inner.append(&mut body);
            body = vec![Stmt::For { var, extent: Extent::Fixed(extent), lanes: false, body: inner }];
        }
        found?;
        self.innermost().append(&mut body);
        Ok(Expr::Read(at))
    }
}

/// Whether x > best, or x is NaN and best is not: best is a number and x ≤ best does not hold.
pub(super) fn is_better(x: Local, best: Local) -> Expr {
    let binary = |op, x, y| Expr::Binary(op, Box::new(x), Box::new(y));
    let (x, best) = (|| Expr::Read(x), || Expr::Read(best));
    let is_beyond = Expr::Unary(Unary::Not, Box::new(binary(Binary::LessEqual, x(), best())));
    let was_number = binary(Binary::Equal, best(), best());
    binary(Binary::And, is_beyond, was_number)
}

fn let_of(stmt: Stmt) -> (Local, Expr) {
    match stmt {
        Stmt::Let { local, value } => (local, value),
        Stmt::For { .. } | Stmt::Assign { .. } | Stmt::Store { .. } => unreachable!("folds hold definitions alone"),
    }
}

impl Origin {
    pub(super) fn digit(self, digit: usize) -> Origin {
        match self {
            Origin::Output { axis, .. } => Origin::Output { axis, digit },
            Origin::Fold { of, axis, .. } => Origin::Fold { of, axis, digit },
            Origin::Inner => Origin::Inner,
        }
    }
}
