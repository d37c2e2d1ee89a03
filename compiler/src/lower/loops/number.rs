//! Numbers variables and locals in the order of their appearance, so that equal kernels are equal.

use crate::program::affine::Affine;
use crate::program::{Expr, Local, LoopKernel, Scalar, Stmt, Var};

/// The same kernel with dense numbers: the unit is variable 0.
pub(super) fn renumber(kernel: LoopKernel) -> LoopKernel {
    let mut names = Names {
        vars: vec![None; usize::from(kernel.vars)],
        locals: vec![None; kernel.locals.len()],
        types: Vec::new(),
        known: kernel.locals.clone(),
        count: 0,
    };
    let unit = names.var(kernel.unit);
    let body = names.block(kernel.body);
    LoopKernel { unit, body, vars: names.count, locals: names.types, ..kernel }
}

struct Names {
    vars: Vec<Option<Var>>,
    locals: Vec<Option<Local>>,
    types: Vec<Scalar>,
    known: Vec<Scalar>,
    count: u16,
}

impl Names {
    fn var(&mut self, var: Var) -> Var {
        let count = &mut self.count;
        *self.vars[usize::from(var.0)].get_or_insert_with(|| {
            *count += 1;
            Var(*count - 1)
        })
    }

    fn local(&mut self, local: Local) -> Local {
        let at = usize::from(local.0);
        if self.locals[at].is_none() {
            self.locals[at] = Some(Local(self.types.len() as u16));
            self.types.push(self.known[at]);
        }
        self.locals[at].expect("set above")
    }

    fn affine(&mut self, affine: &mut Affine) {
        for term in &mut affine.terms {
            term.0 = self.var(term.0);
        }
        affine.terms.sort();
    }

    fn block(&mut self, body: Vec<Stmt>) -> Vec<Stmt> {
        body.into_iter().map(|stmt| self.stmt(stmt)).collect()
    }

    fn stmt(&mut self, stmt: Stmt) -> Stmt {
        match stmt {
            Stmt::For { var, extent, lanes, body } => {
                let var = self.var(var);
                Stmt::For { var, extent, lanes, body: self.block(body) }
            }
            Stmt::Let { local, mut value } => {
                self.expr(&mut value);
                Stmt::Let { local: self.local(local), value }
            }
            Stmt::Assign { local, mut value } => {
                self.expr(&mut value);
                Stmt::Assign { local: self.local(local), value }
            }
            Stmt::Store { param, mut index, mut value } => {
                self.affine(&mut index);
                self.expr(&mut value);
                Stmt::Store { param, index, value }
            }
        }
    }

    fn expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::F32(_) | Expr::I32(_) => {}
            Expr::Read(local) => *local = self.local(*local),
            Expr::Position(affine) => self.affine(affine),
            Expr::Load { index, bounds, .. } => {
                self.affine(index);
                bounds.iter_mut().for_each(|bound| self.affine(&mut bound.index));
            }
            Expr::Unary(_, x) | Expr::ToF32(x) | Expr::ToI32(x) => self.expr(x),
            Expr::Binary(_, x, y) => [x, y].into_iter().for_each(|part| self.expr(part)),
            Expr::Select(c, x, y) => [c, x, y].into_iter().for_each(|part| self.expr(part)),
            Expr::Fold { var, lets, body, .. } => {
                *var = self.var(*var);
                for (local, value) in lets {
                    self.expr(value);
                    *local = self.local(*local);
                }
                self.expr(body);
            }
        }
    }
}
