//! Values that exist only inside of bounds: borders, windows that reach over the edge.

use super::{Emitter, Guard, Origin, Refusal, Split, constant};
use crate::prim::scalar::Binary;
use crate::prim::{Prim, ValueId};
use crate::program::affine::Affine;
use crate::program::{Bound, Expr};

impl Emitter<'_> {
    /// The value where the coordinates lie inside of its extents on the axes `checked`, else `otherwise`.
    pub(super) fn inside(
        &mut self,
        value: ValueId,
        index: &[Affine],
        checked: impl Iterator<Item = usize>,
        otherwise: f64,
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let ty = &self.graph.ty(value);
        let mut bounds = Vec::new();
        for axis in checked {
            let extent = ty.shape[axis] as i64;
            let (low, high) = self.interval(&index[axis]);
            if high < 0 || low >= extent {
                return Ok(constant(otherwise, ty.dtype));
            }
            let bound = Bound { index: index[axis].clone(), extent: extent as u32 };
            if (low < 0 || high >= extent) && !guard.bounds.contains(&bound) {
                bounds.push(bound);
            }
        }
        if bounds.is_empty() {
            return self.pull(value, index, guard);
        }
        let all: Vec<Bound> = guard.bounds.iter().chain(&bounds).cloned().collect();
        if self.is_load(value) && (guard.bounds.is_empty() || otherwise == 0.0) {
            return self.pull(value, index, &Guard { bounds: all, otherwise: otherwise as f32 });
        }
        let inner = self.pull(value, index, &Guard { bounds: all, otherwise: 0.0 })?;
        Ok(Expr::Select(Box::new(condition(&bounds)), Box::new(inner), Box::new(constant(otherwise, ty.dtype))))
    }

    /// Whether pulling a value gives a load, behind views at most.
    fn is_load(&self, mut value: ValueId) -> bool {
        while self.place(value).is_none() {
            match self.graph.node(value).prim {
                Prim::View(_) | Prim::Detach => value = self.graph.node(value).inputs[0],
                _ => return false,
            }
        }
        true
    }

    pub(super) fn pad(
        &mut self,
        value: ValueId,
        (low, interior): (&[usize], &[usize]),
        filling: f64,
        index: &[Affine],
        guard: &Guard,
    ) -> Result<Expr, Refusal> {
        let input = self.graph.node(value).inputs[0];
        let mut inner = Vec::with_capacity(index.len());
        for axis in 0..index.len() {
            let position = index[axis].clone().offset(-(low[axis] as i64));
            let Some(position) = self.quotient(value, position, interior[axis] as i64 + 1)? else {
                return Ok(constant(filling, self.graph.ty(value).dtype));
            };
            inner.push(position);
        }
        self.inside(input, &inner, 0..index.len(), filling, guard)
    }

    /// `position / divisor` where that is exact, none where it never is; the loop in question must be split otherwise.
    pub(super) fn quotient(&self, value: ValueId, position: Affine, divisor: i64) -> Result<Option<Affine>, Refusal> {
        let (quotient, rest) = self.divide(value, &position, divisor)?;
        Ok((rest == 0).then_some(quotient))
    }

    /// Quotient and constant remainder of a position.
    pub(super) fn divide(&self, value: ValueId, position: &Affine, divisor: i64) -> Result<(Affine, i64), Refusal> {
        for &(var, factor) in &position.terms {
            if factor % divisor != 0 {
                return Err(match self.vars[usize::from(var.0)].origin {
                    origin @ Origin::Output { .. } if factor == 1 && position.terms.len() == 1 => {
                        Refusal::Split(origin, Split::Remainders(divisor as u32), value)
                    }
                    _ => Refusal::Store(value),
                });
            }
        }
        let terms = position.terms.iter().map(|&(var, factor)| (var, factor / divisor)).collect();
        let quotient = Affine { constant: position.constant.div_euclid(divisor), terms };
        Ok((quotient, position.constant.rem_euclid(divisor)))
    }
}

/// Whether all bounds hold, as a truth value.
fn condition(bounds: &[Bound]) -> Expr {
    let boxed = |op, x, y| Expr::Binary(op, Box::new(x), Box::new(y));
    let holds = |bound: &Bound| {
        let position = || Expr::Position(bound.index.clone());
        let above = boxed(Binary::LessEqual, Expr::I32(0), position());
        boxed(Binary::And, above, boxed(Binary::Less, position(), Expr::I32(bound.extent as i32)))
    };
    let mut all = bounds.iter().map(holds);
    let first = all.next().expect("a condition has bounds");
    all.fold(first, |sum, next| boxed(Binary::And, sum, next))
}
