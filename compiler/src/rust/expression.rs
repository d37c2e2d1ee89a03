//! Expressions of a kernel as Rust.

use super::kernel::{Emitter, turn_allows_lanes};
use super::value::{Kind, Val};
use crate::prim::scalar::{Binary, Unary};
use crate::program::{Expr, FoldOp, Local, Var};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote};

/// What a fold combines: locals of a turn, and its value.
type Turn<'a> = (&'a [(Local, Expr)], &'a Expr);

impl Emitter<'_> {
    pub fn expression(&mut self, expr: &Expr) -> Val {
        match expr {
            Expr::F32(value) => Val::scalar(Kind::F32, self.numbers.float(*value)),
            Expr::I32(value) => Val::scalar(Kind::I32, int(*value)),
            Expr::Read(local) => {
                let (name, index) = (self.local(*local), usize::from(local.0));
                let kind = Kind::from(self.kernel.locals[index]);
                Val { code: quote!(#name), kind, is_wide: self.wide[index] }
            }
            Expr::Position(affine) => self.position(affine),
            Expr::Load { param, index, bounds, otherwise } => self.load(*param, index, bounds, *otherwise),
            Expr::Unary(op, operand) => unary(*op, self.expression(operand)),
            Expr::Binary(op, left, right) => {
                let left = self.expression(left);
                binary(*op, left, self.expression(right))
            }
            Expr::Select(condition, yes, no) => {
                let condition = self.expression(condition).truth();
                let is_conditional = self.is_conditional;
                self.is_conditional |= !condition.is_wide;
                let yes = self.expression(yes).stored();
                let no = self.expression(no).stored();
                self.is_conditional = is_conditional;
                select(condition, yes, no)
            }
            Expr::ToF32(operand) => match self.expression(operand).stored() {
                float @ Val { kind: Kind::F32, .. } => float,
                Val { code, is_wide: true, .. } => Val::wide(Kind::F32, quote!(#code.to_float())),
                Val { code, .. } => Val::scalar(Kind::F32, quote!((#code as f32))),
            },
            Expr::ToI32(operand) => match self.expression(operand).stored() {
                Val { code, kind: Kind::F32, is_wide: true } => Val::wide(Kind::I32, quote!(#code.to_int())),
                Val { code, kind: Kind::F32, .. } => Val::scalar(Kind::I32, quote!((#code as i32))),
                integer => integer,
            },
            Expr::Fold { op, var, extent, lanes: 1, lets, body } => {
                let partial = self.partial();
                self.fold_serially(&partial, *op, *var, *extent, (lets, body))
            }
            Expr::Fold { op, var, extent, lets, body, .. } => self.fold_in_lanes(*op, *var, *extent, (lets, body)),
        }
    }

    /// A name for the result of a fold so far.
    fn partial(&mut self) -> Ident {
        self.folds += 1;
        Ident::new(&format!("s{}", self.folds - 1), Span::call_site())
    }

    /// The statements of a turn, and its value.
    fn turn(&mut self, (lets, body): Turn<'_>) -> (TokenStream, Val) {
        let outer = (std::mem::take(&mut self.before), std::mem::take(&mut self.is_conditional));
        let mut statements: TokenStream = lets.iter().map(|(local, value)| self.define(*local, value)).collect();
        let value = self.expression(body);
        statements.extend(std::mem::take(&mut self.before));
        (self.before, self.is_conditional) = outer;
        (statements, value)
    }

    /// The loop of a fold goes before the statement that needs its value; what a condition guards stays behind it.
    fn folded(&mut self, fold: TokenStream, value: Val) -> Val {
        if !self.is_conditional {
            self.before.extend(fold);
            return value;
        }
        let code = value.code;
        Val { code: quote!(({ #fold #code })), ..value }
    }

    /// One partial result (per lane of the enclosing loop).
    pub fn fold_serially(&mut self, partial: &Ident, op: FoldOp, var: Var, extent: u32, turn: Turn<'_>) -> Val {
        let name = self.var(var);
        let is_wide = self.lanes.is_some();
        let extent = self.numbers.next(i64::from(extent)).typed();
        let (lets, value) = self.turn(turn);
        let so_far = Val { code: quote!(#partial), kind: Kind::F32, is_wide };
        let next = binary(operation(op), so_far.clone(), value).alone();
        let start = Val::scalar(Kind::F32, identity(op));
        let (start, ty) = (if is_wide { start.widened() } else { start }.code, Kind::F32.ty(is_wide));
        let fold = quote! {
            let mut #partial: #ty = #start;
            for #name in 0..#extent { #lets #partial = #next; }
        };
        self.folded(fold, so_far)
    }

    /// Sixteen partial results, combined in halves.
    fn fold_in_lanes(&mut self, op: FoldOp, var: Var, extent: u32, turn: Turn<'_>) -> Val {
        let (partial, name) = (self.partial(), self.var(var));
        let number = self.numbers.next(i64::from(extent));
        let start = identity(op);
        let (join, halves) = match op {
            FoldOp::Sum => (quote!(add_first), quote!(sum_halves)),
            FoldOp::Max => (quote!(max_first), quote!(max_halves)),
        };
        if self.lanes.is_none() && turn_allows_lanes(turn.0, turn.1) {
            let (count, extent) = (self.count(var), number.unsigned());
            self.lanes = Some(var);
            let (lets, value) = self.turn(turn);
            self.lanes = None;
            let value = value.widened().alone();
            let fold = quote! {
                let mut #partial = L::F::splat(#start);
                for (#name, #count) in blocks(#extent) { #lets #partial = #partial.#join(#value, #count); }
            };
            return self.folded(fold, Val::scalar(Kind::F32, quote!(#partial.#halves())));
        }
        let outer = self.lanes.take();
        let extent = number.typed();
        let (lets, value) = self.turn(turn);
        self.lanes = outer;
        let next = binary(operation(op), Val::scalar(Kind::F32, quote!(#partial[lane])), value).alone();
        let fold = quote! {
            let mut #partial = [#start; LANES];
            for #name in 0..#extent {
                #lets
                let lane = (#name as usize) % LANES;
                #partial[lane] = #next;
            }
        };
        self.folded(fold, Val::scalar(Kind::F32, quote!(L::F::from_array(#partial).#halves())))
    }
}

fn operation(op: FoldOp) -> Binary {
    match op {
        FoldOp::Sum => Binary::Add,
        FoldOp::Max => Binary::Max,
    }
}

fn identity(op: FoldOp) -> TokenStream {
    match op {
        FoldOp::Sum => float(0.0),
        FoldOp::Max => float(f32::NEG_INFINITY),
    }
}

fn unary(op: Unary, operand: Val) -> Val {
    if op == Unary::Not {
        let Val { code, kind, is_wide } = operand.truth();
        return Val { code: quote!((!#code)), kind, is_wide };
    }
    let operand = operand.stored();
    let alone = operand.alone();
    let Val { code, kind, is_wide } = operand;
    let name = match op {
        Unary::Neg => "neg",
        Unary::Abs => "abs",
        Unary::Sqrt => "sqrt",
        Unary::Exp => "exp",
        Unary::Log => "log",
        Unary::Tanh => "tanh",
        Unary::Sigmoid => "sigmoid",
        Unary::Erf => "erf",
        Unary::Floor => "floor",
        Unary::Relu => "relu",
        Unary::Not => unreachable!("handled before"),
    };
    let name = Ident::new(name, Span::call_site());
    let code = match (op, kind, is_wide) {
        (Unary::Neg, Kind::F32, _) | (Unary::Neg, _, true) => quote!((-#code)),
        (_, _, true) | (Unary::Abs, Kind::F32, false) => quote!(#code.#name()),
        (_, Kind::F32, false) => quote!(#name(#alone)),
        (Unary::Neg, _, false) => quote!(#code.wrapping_neg()),
        (Unary::Abs, _, false) => quote!(#code.wrapping_abs()),
        (_, _, false) => quote!(#code.max(0)),
    };
    Val { code, kind, is_wide }
}

fn binary(op: Binary, left: Val, right: Val) -> Val {
    if let Binary::And | Binary::Or = op {
        let (left, right) = left.truth().alike(right.truth());
        let (a, b, is_wide) = (left.code, right.code, left.is_wide);
        let code = if op == Binary::And { quote!((#a & #b)) } else { quote!((#a | #b)) };
        return Val { code, kind: Kind::Truth, is_wide };
    }
    let (left, right) = left.stored().alike(right.stored());
    let (first, second) = (left.alone(), right.alone());
    let (a, b, is_float, is_wide) = (left.code, right.code, left.kind == Kind::F32, left.is_wide);
    let kind = if op.is_comparison() { Kind::Truth } else { left.kind };
    let code = match (op, is_float || is_wide, is_wide) {
        (Binary::Add, true, _) => quote!((#a + #b)),
        (Binary::Sub, true, _) => quote!((#a - #b)),
        (Binary::Mul, true, _) => quote!((#a * #b)),
        (Binary::Div, true, _) if is_float => quote!((#a / #b)),
        (Binary::Div, _, true) => quote!(#a.div(#second)),
        (Binary::Add, false, _) => quote!(#a.wrapping_add(#second)),
        (Binary::Sub, false, _) => quote!(#a.wrapping_sub(#second)),
        (Binary::Mul, false, _) => quote!(#a.wrapping_mul(#second)),
        (Binary::Div, _, false) => quote!(div_int(#first, #second)),
        (Binary::Max, _, true) | (Binary::Max, false, _) => quote!(#a.max(#second)),
        (Binary::Min, _, true) | (Binary::Min, false, _) => quote!(#a.min(#second)),
        (Binary::Max, true, false) => quote!(max(#first, #second)),
        (Binary::Min, true, false) => quote!(min(#first, #second)),
        (Binary::Less, _, true) => quote!(#a.less(#second)),
        (Binary::LessEqual, _, true) => quote!(#a.less_equal(#second)),
        (Binary::Equal, _, true) => quote!(#a.equal(#second)),
        (Binary::Less, _, false) => quote!((#a < #b)),
        (Binary::LessEqual, _, false) => quote!((#a <= #b)),
        (Binary::Equal, _, false) => quote!((#a == #b)),
        (Binary::And | Binary::Or, ..) => unreachable!("handled before"),
    };
    Val { code, kind, is_wide }
}

fn select(condition: Val, yes: Val, no: Val) -> Val {
    let (yes, no) = yes.alike(no);
    let kind = yes.kind;
    if !condition.is_wide {
        let (c, a, b) = (condition.alone(), yes.alone(), no.alone());
        return Val { code: quote!((if #c { #a } else { #b })), kind, is_wide: yes.is_wide };
    }
    let (c, a, b) = (condition.code, yes.widened().alone(), no.widened().alone());
    let code = if kind == Kind::F32 { quote!(#c.select(#a, #b)) } else { quote!(#c.select_int(#a, #b)) };
    Val::wide(kind, code)
}

/// A number with its type; all of them, −0 and those that have no literal too.
pub(super) fn float(value: f32) -> TokenStream {
    if value.is_infinite() {
        return if value > 0.0 { quote!(f32::INFINITY) } else { quote!(f32::NEG_INFINITY) };
    }
    if value.is_nan() {
        let bits = Literal::u32_unsuffixed(value.to_bits());
        return quote!(f32::from_bits(#bits));
    }
    let size = value.abs();
    let size = if size == 0.0 || (1e-4..1e7).contains(&size) {
        Literal::f32_suffixed(size).to_token_stream()
    } else {
        // A float in this form is a literal of Rust.
        format!("{size:e}f32").parse().unwrap_or_else(|_| Literal::f32_suffixed(size).to_token_stream())
    };
    if value.is_sign_negative() { quote!((-#size)) } else { quote!(#size) }
}

/// An integer with its type.
pub(super) fn int(value: i32) -> TokenStream {
    if value == i32::MIN {
        return quote!(i32::MIN);
    }
    let size = Literal::i32_suffixed(value.abs());
    if value < 0 { quote!((-#size)) } else { quote!(#size) }
}
