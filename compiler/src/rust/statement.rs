//! Statements of a kernel as Rust.

use super::kernel::{Emitter, allows_lanes};
use super::value::{Kind, Val};
use crate::program::affine::Affine;
use crate::program::{Expr, Extent, Local, Stmt, Var};
use proc_macro2::TokenStream;
use quote::quote;

impl Emitter<'_> {
    pub fn statements(&mut self, body: &[Stmt]) -> TokenStream {
        body.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &Stmt) -> TokenStream {
        match statement {
            Stmt::For { var, extent, lanes, body } => self.repeat(*var, *extent, *lanes, body),
            Stmt::Let { local, value } => self.define(*local, value),
            Stmt::Assign { local, value } => {
                let value = self.expression(value).stored();
                let value = if self.wide[usize::from(local.0)] { value.widened() } else { value };
                let (local, code, before) = (self.local(*local), value.alone(), self.before());
                quote!(#before #local = #code;)
            }
            Stmt::Store { param, index, value } => {
                let value = self.expression(value).stored();
                let before = self.before();
                let store = self.store(*param, index, value);
                quote!(#before #store)
            }
        }
    }

    fn repeat(&mut self, var: Var, extent: Extent, lanes: bool, body: &[Stmt]) -> TokenStream {
        let as_lanes = lanes && self.lanes.is_none() && allows_lanes(var, body);
        let name = self.var(var);
        let (typed, unsigned) = match extent {
            Extent::Fixed(1) if !as_lanes => {
                self.known[usize::from(var.0)] = true;
                let body = self.statements(body);
                self.known[usize::from(var.0)] = false;
                return quote!({ #body });
            }
            Extent::Fixed(extent) => {
                let number = self.numbers.next(i64::from(extent));
                (number.typed(), number.unsigned())
            }
            Extent::Columns => (quote!(columns as isize), quote!(columns)),
        };
        if as_lanes {
            self.lanes = Some(var);
            let (count, body) = (self.count(var), self.statements(body));
            self.lanes = None;
            return quote!(for (#name, #count) in blocks(#unsigned) { #body });
        }
        let body = self.statements(body);
        quote!(for #name in 0..#typed { #body })
    }

    /// Inside of lanes every local has one value per lane, even if it starts the same in all.
    pub fn define(&mut self, local: Local, value: &Expr) -> TokenStream {
        let is_wide = self.lanes.is_some();
        let name = self.local(local);
        if let Expr::Fold { op, var, extent, lanes: 1, lets, body } = value {
            self.fold_serially(&name, *op, *var, *extent, (lets, body));
            self.wide[usize::from(local.0)] = is_wide;
            return self.before();
        }
        let value = self.expression(value).stored();
        let value = if is_wide { value.widened() } else { value };
        self.wide[usize::from(local.0)] = is_wide;
        let kind = Kind::from(self.kernel.locals[usize::from(local.0)]);
        let mutable = self.assigned[usize::from(local.0)].then(|| quote!(mut));
        let (ty, code, before) = (kind.ty(is_wide), value.alone(), self.before());
        quote!(#before let #mutable #name: #ty = #code;)
    }

    /// What the present statement needs before it.
    fn before(&mut self) -> TokenStream {
        std::mem::take(&mut self.before)
    }

    fn store(&mut self, param: u16, index: &Affine, value: Val) -> TokenStream {
        let (slice, kind) = self.slice(param);
        let Some(var) = self.lanes else {
            let (at, code) = (self.index(index), value.alone());
            return match kind {
                Kind::F32 => quote!(put(#slice, #at, #code);),
                Kind::I32 | Kind::Truth => quote!(put_int(#slice, #at, #code);),
            };
        };
        let code = value.widened().code;
        let code = if kind == Kind::F32 { code } else { quote!(#code.to_bits()) };
        let (at, count) = (self.index(index), self.count(var));
        match index.factor(var) {
            1 => quote!(#code.store(#slice, #at, #count);),
            stride => {
                let stride = self.numbers.next(stride);
                quote!(scatter(#code.to_array(), #slice, #at, #stride, #count);)
            }
        }
    }
}
