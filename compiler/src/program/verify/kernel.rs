//! Scopes of one generated kernel: variables, locals, and what is stored where.

use super::Fault;
use super::bounds::{check_load, check_store};
use super::types::{expect, type_of};
use crate::program::affine::Affine;
use crate::program::places::{Extents, nested};
use crate::program::{Expr, Extent, Local, LoopKernel, Scalar, Stmt, Var};

/// Columns of an epilogue's segment, at most.
pub(super) const COLUMNS: u32 = 32;

/// The scopes around the current statement.
pub(super) struct Scopes<'a> {
    pub kernel: &'a LoopKernel,
    pub is_epilogue: bool,
    /// Extents of the variables that are bound.
    pub vars: Extents,
    /// Locals that are defined, outermost first.
    locals: Vec<Local>,
    /// Locals defined before the innermost loop in lanes, and that loop's depth of variables.
    lanes: Option<(usize, usize)>,
    /// Stores with the bound variables around them.
    stores: Vec<(u16, Affine, Extents)>,
}

/// Checks everything about a kernel that does not depend on its operands.
pub(super) fn check(kernel: &LoopKernel, is_epilogue: bool) -> Result<(), Fault> {
    let mut scopes =
        Scopes { kernel, is_epilogue, vars: Vec::new(), locals: Vec::new(), lanes: None, stores: Vec::new() };
    if is_epilogue && (kernel.units != 1 || kernel.params.first().is_none_or(|param| !param.written)) {
        return Err(Fault::Units);
    }
    scopes.bind(kernel.unit, kernel.units)?;
    scopes.block(&kernel.body)?;
    scopes.check_units()
}

impl Scopes<'_> {
    fn bind(&mut self, var: Var, extent: u32) -> Result<(), Fault> {
        if var.0 >= self.kernel.vars {
            return Err(Fault::Missing);
        }
        if extent == 0 || extent >= 1 << 31 || self.vars.iter().any(|&(known, _)| known == var) {
            return Err(Fault::Extent);
        }
        self.vars.push((var, extent));
        Ok(())
    }

    fn block(&mut self, body: &[Stmt]) -> Result<(), Fault> {
        let defined = self.locals.len();
        for stmt in body {
            match stmt {
                Stmt::For { var, extent, lanes, body } => self.turns(*var, *extent, *lanes, body)?,
                Stmt::Let { local, value } => {
                    expect(self.expr(value)?, self.scalar(*local)?)?;
                    self.locals.push(*local);
                }
                Stmt::Assign { local, value } => {
                    expect(self.expr(value)?, self.scalar(*local)?)?;
                    let position = self.locals.iter().position(|known| known == local).ok_or(Fault::Undefined)?;
                    if self.lanes.is_some_and(|(outside, _)| position < outside) {
                        return Err(Fault::Units);
                    }
                }
                Stmt::Store { param, index, value } => {
                    let target = self.kernel.params.get(usize::from(*param)).ok_or(Fault::Missing)?;
                    if !target.written {
                        return Err(Fault::Written);
                    }
                    expect(self.expr(value)?, target.scalar)?;
                    check_store(index, target.elements, &self.vars)?;
                    if let Some((_, depth)) = self.lanes {
                        let lane = self.vars[depth].0;
                        if index.factor(lane) == 0 || !nested(index, &self.vars[depth..]) {
                            return Err(Fault::Units);
                        }
                    }
                    self.stores.push((*param, index.clone(), self.vars.clone()));
                }
            }
        }
        self.locals.truncate(defined);
        Ok(())
    }

    fn turns(&mut self, var: Var, extent: Extent, lanes: bool, body: &[Stmt]) -> Result<(), Fault> {
        let extent = match extent {
            Extent::Fixed(extent) => extent,
            Extent::Columns if self.is_epilogue => COLUMNS,
            Extent::Columns => return Err(Fault::Extent),
        };
        let outer = self.lanes;
        if lanes {
            if outer.is_some() {
                return Err(Fault::Extent);
            }
            self.lanes = Some((self.locals.len(), self.vars.len()));
        }
        self.bind(var, extent)?;
        self.block(body)?;
        self.vars.pop();
        self.lanes = outer;
        Ok(())
    }

    /// The type of a local.
    pub fn scalar(&self, local: Local) -> Result<Scalar, Fault> {
        self.kernel.locals.get(usize::from(local.0)).copied().ok_or(Fault::Missing)
    }

    /// The type of an expression whose parts are in order.
    pub fn expr(&mut self, expr: &Expr) -> Result<Scalar, Fault> {
        match expr {
            Expr::Read(local) => {
                if !self.locals.contains(local) {
                    return Err(Fault::Undefined);
                }
                self.scalar(*local)
            }
            Expr::Load { param, index, bounds, .. } => {
                let source = self.kernel.params.get(usize::from(*param)).ok_or(Fault::Missing)?;
                if source.written && !(self.is_epilogue && *param == 0) {
                    return Err(Fault::Written);
                }
                check_load(index, bounds, source.elements, &self.vars)?;
                Ok(source.scalar)
            }
            Expr::Position(affine) => {
                super::bounds::interval(affine, &self.vars)?;
                Ok(Scalar::I32)
            }
            Expr::Fold { var, extent, lanes, lets, body, .. } => {
                if *lanes != 1 && *lanes != 16 {
                    return Err(Fault::Extent);
                }
                self.bind(*var, *extent)?;
                let defined = self.locals.len();
                for (local, value) in lets {
                    expect(self.expr(value)?, self.scalar(*local)?)?;
                    self.locals.push(*local);
                }
                let body = self.expr(body)?;
                self.locals.truncate(defined);
                self.vars.pop();
                expect(body, Scalar::F32)?;
                Ok(Scalar::F32)
            }
            other => type_of(other, self),
        }
    }

    /// Whether no element is stored by two units.
    fn check_units(&self) -> Result<(), Fault> {
        if self.kernel.units == 1 {
            return Ok(());
        }
        let unit = self.kernel.unit;
        for param in 0..self.kernel.params.len() as u16 {
            let own: Vec<_> = self.stores.iter().filter(|store| store.0 == param).collect();
            let Some((_, first, vars)) = own.first() else { continue };
            let step = first.factor(unit);
            let (mut low, mut high) = (i64::MAX, i64::MIN);
            let mut same = step != 0;
            for (_, index, vars) in &own {
                same &= index.factor(unit) == step;
                let within = index.substitute(unit, &Affine::default());
                let (least, most) = super::bounds::interval(&within, vars)?;
                (low, high) = (low.min(least), high.max(most));
            }
            let is_apart = high - low < step.abs();
            if !same || !(is_apart || own.len() == 1 && nested(first, vars)) {
                return Err(Fault::Units);
            }
        }
        Ok(())
    }
}
