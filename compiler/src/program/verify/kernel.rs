//! Facts of one generated kernel: types agree, locals are defined, and which elements of each parameter are touched.

use super::interval::Extents;
use super::units::{Access, Apart};
use crate::prim::scalar::{Binary, Unary};
use crate::program::affine::Affine;
use crate::program::{Bound, Expr, Extent, Local, LoopKernel, Scalar, Stmt};

/// Columns of an epilogue's segment at most.
pub(super) const COLUMNS: u32 = 32;

/// What is known of a kernel wherever it is used.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// Per parameter: hull of what is read, hull of what is written.
    pub(super) touched: Vec<Touched>,
    /// What tells units apart, per parameter.
    pub(super) apart: Vec<Apart>,
}

/// Hulls of element positions, inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) read: Option<(i64, i64)>,
    pub(super) written: Option<(i64, i64)>,
}

struct Walk<'k> {
    kernel: &'k LoopKernel,
    extents: Extents,
    defined: Vec<bool>,
    touched: Vec<Touched>,
    accesses: Vec<Vec<Access>>,
}

fn join(hull: Option<(i64, i64)>, (low, high): (i64, i64)) -> Option<(i64, i64)> {
    Some(hull.map_or((low, high), |(a, b)| (a.min(low), b.max(high))))
}

impl Facts {
    pub(super) fn of(kernel: &LoopKernel) -> Result<Facts, String> {
        let mut extents = vec![None; usize::from(kernel.vars)];
        let unit = extents.get_mut(usize::from(kernel.unit.0)).ok_or("the unit is no variable of the kernel")?;
        *unit = Some(kernel.units);
        let mut walk = Walk {
            kernel,
            extents: Extents(extents),
            defined: vec![false; kernel.locals.len()],
            touched: vec![Touched::default(); kernel.params.len()],
            accesses: vec![Vec::new(); kernel.params.len()],
        };
        walk.statements(&kernel.body)?;
        let apart = walk
            .accesses
            .iter()
            .map(|accesses| Apart::of(kernel.unit, kernel.units, accesses))
            .collect::<Result<Vec<_>, String>>()?;
        for (param, apart) in kernel.params.iter().zip(&apart) {
            if param.written && kernel.units > 1 && !apart.is_proved() {
                return Err(format!("units are not shown to write apart: {apart:?}"));
            }
        }
        Ok(Facts { touched: walk.touched, apart })
    }
}

impl Walk<'_> {
    fn statements(&mut self, body: &[Stmt]) -> Result<(), String> {
        let before = self.defined.clone();
        for statement in body {
            match statement {
                Stmt::For { var, extent, body, .. } => {
                    let extent = match extent {
                        Extent::Fixed(extent) => *extent,
                        Extent::Columns => COLUMNS,
                    };
                    if extent == 0 {
                        return Err("a loop has no turns".to_string());
                    }
                    self.enter(var.0, extent)?;
                    self.statements(body)?;
                    self.extents.0[usize::from(var.0)] = None;
                }
                Stmt::Let { local, value } => self.define(*local, value)?,
                Stmt::Assign { local, value } => {
                    if self.defined.get(usize::from(local.0)) != Some(&true) {
                        return Err(format!("t{} is changed before it is defined", local.0));
                    }
                    self.define(*local, value)?;
                }
                Stmt::Store { param, index, value } => {
                    let found = self.expression(value)?;
                    let declared = self.kernel.params.get(usize::from(*param)).ok_or("no such parameter")?;
                    if found != declared.scalar || !declared.written {
                        return Err(format!("p{param} cannot take this value"));
                    }
                    let range = self.access(*param, index, &[])?;
                    let touched = &mut self.touched[usize::from(*param)];
                    touched.written = join(touched.written, range);
                }
            }
        }
        self.defined = before;
        Ok(())
    }

    fn enter(&mut self, var: u16, extent: u32) -> Result<(), String> {
        match self.extents.0.get_mut(usize::from(var)) {
            Some(free @ None) => {
                *free = Some(extent);
                Ok(())
            }
            Some(Some(_)) => Err(format!("variable {var} runs in two loops at once")),
            None => Err(format!("variable {var} is not declared")),
        }
    }

    fn define(&mut self, local: Local, value: &Expr) -> Result<(), String> {
        let found = self.expression(value)?;
        if self.kernel.locals.get(usize::from(local.0)) != Some(&found) {
            return Err(format!("t{} has another type than its value", local.0));
        }
        self.defined[usize::from(local.0)] = true;
        Ok(())
    }

    /// Checks the bounds of an access and remembers it.
    fn access(&mut self, param: u16, index: &Affine, bounds: &[Bound]) -> Result<(i64, i64), String> {
        let elements = self.kernel.params[usize::from(param)].elements as i64;
        let (low, high) = self.extents.range_within(index, bounds)?;
        if low < 0 || high >= elements {
            return Err(format!("p{param}[{index}] reaches {low}..={high} of {elements} elements"));
        }
        let axes = index.terms.iter().map(|&(var, factor)| {
            let extent = self.extents.0[usize::from(var.0)].unwrap_or(1);
            (var, factor, extent)
        });
        self.accesses[usize::from(param)].push(Access { constant: index.constant, axes: axes.collect() });
        Ok((low, high))
    }

    fn expression(&mut self, expr: &Expr) -> Result<Scalar, String> {
        Ok(match expr {
            Expr::F32(_) => Scalar::F32,
            Expr::I32(_) => Scalar::I32,
            Expr::Position(affine) => {
                self.extents.range(affine)?;
                Scalar::I32
            }
            Expr::Read(local) => {
                if self.defined.get(usize::from(local.0)) != Some(&true) {
                    return Err(format!("t{} is read before it is defined", local.0));
                }
                self.kernel.locals[usize::from(local.0)]
            }
            Expr::Load { param, index, bounds, .. } => {
                let declared = *self.kernel.params.get(usize::from(*param)).ok_or("no such parameter")?;
                for bound in bounds {
                    self.extents.range(&bound.index)?;
                }
                let range = self.access(*param, index, bounds)?;
                let touched = &mut self.touched[usize::from(*param)];
                touched.read = join(touched.read, range);
                declared.scalar
            }
            Expr::Unary(op, operand) => match (op, self.expression(operand)?) {
                (Unary::Not, _) => Scalar::I32,
                (_, found) => found,
            },
            Expr::Binary(op, left, right) => {
                let (left, right) = (self.expression(left)?, self.expression(right)?);
                if left != right && !matches!(op, Binary::And | Binary::Or) {
                    return Err(format!("{op:?} of {left:?} and {right:?}"));
                }
                if op.is_comparison() || matches!(op, Binary::And | Binary::Or) { Scalar::I32 } else { left }
            }
            Expr::Select(condition, yes, no) => {
                self.expression(condition)?;
                let (yes, no) = (self.expression(yes)?, self.expression(no)?);
                if yes != no {
                    return Err(format!("select of {yes:?} and {no:?}"));
                }
                yes
            }
            Expr::ToF32(operand) => {
                self.expression(operand)?;
                Scalar::F32
            }
            Expr::ToI32(operand) => {
                self.expression(operand)?;
                Scalar::I32
            }
            Expr::Fold { var, extent, lanes, lets, body, .. } => {
                if *extent == 0 || !matches!(lanes, 1 | 16) {
                    return Err(format!("a fold over {extent} in {lanes} lanes"));
                }
                self.enter(var.0, *extent)?;
                let before = self.defined.clone();
                for (local, value) in lets {
                    self.define(*local, value)?;
                }
                let found = self.expression(body)?;
                self.defined = before;
                self.extents.0[usize::from(var.0)] = None;
                if found != Scalar::F32 {
                    return Err("a fold of integers".to_string());
                }
                found
            }
        })
    }
}
