//! One generated kernel of a program as Rust: loops over slices, sixteen lanes at a time where turns are independent.

use super::numbers::{Number, Numbers, argument};
use super::value::Kind;
use crate::program::{Expr, Extent, Local, LoopKernel, Param, Stmt, Var, walk};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// What calls a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A line of a schedule.
    Step,
    /// A contraction, for a segment of an output row.
    Epilogue,
}

/// For each parameter of a kernel the parameter whose slice it shares: the written one where it is updated in place,
/// else itself.
pub(super) type Slots = Vec<usize>;

/// The body of the kernel with its parameters bound; `numbers` reads or writes its whole numbers.
pub(super) fn body(kernel: &LoopKernel, role: Role, slots: &Slots, numbers: &mut Numbers) -> TokenStream {
    let mut emitter = Emitter {
        kernel,
        slots,
        numbers,
        known: vec![false; usize::from(kernel.vars)],
        lanes: None,
        wide: vec![false; kernel.locals.len()],
        assigned: walk::assigned(kernel),
        folds: 0,
        before: TokenStream::new(),
        is_conditional: false,
    };
    if role == Role::Step && kernel.units > 1 {
        let units = emitter.numbers.next(i64::from(kernel.units)).typed();
        let (unit, statements) = (emitter.var(kernel.unit), emitter.statements(&kernel.body));
        return quote!(for #unit in 0..#units { #statements });
    }
    emitter.known[usize::from(kernel.unit.0)] = true;
    emitter.statements(&kernel.body)
}

/// The implementation of a kernel for the type of its name.
pub(super) fn item(
    kernel: &LoopKernel,
    name: &TokenStream,
    role: Role,
    slots: &Slots,
    numbers: Vec<Number>,
) -> TokenStream {
    let arguments = numbers.iter().filter_map(|number| match number {
        Number::Argument(index) => Some(index + 1),
        _ => None,
    });
    let names = (0..arguments.max().unwrap_or(0)).map(argument);
    let body = body(kernel, role, slots, &mut Numbers::writing(numbers));
    match role {
        Role::Step => {
            let (reads, writes) = shared(kernel, slots);
            let (reads, writes) = (reads.iter().map(|&slot| param(slot)), writes.iter().map(|&slot| param(slot)));
            quote! {
                impl Loops for #name {
                    #[inline(always)]
                    fn run<L: Lanes>(slots: Slots<'_>) {
                        let ([#(#reads),*], [#(#writes),*], [#(#names),*]) = slots.take();
                        #body
                    }
                }
            }
        }
        Role::Epilogue => {
            let wide = kernel.params[1..].iter().map(|param| param.elements > 1);
            let operands = (1..kernel.params.len()).map(param);
            let columns = uses_columns(&kernel.body).then(|| quote!(let columns = segment.columns();));
            quote! {
                impl Epilogue for #name {
                    const OPERANDS: &'static [bool] = &[#(#wide),*];
                    #[inline(always)]
                    fn run<L: Lanes>(segment: Segment<'_>) {
                        #columns
                        let (p0, [#(#operands),*]) = segment.take();
                        #body
                    }
                }
            }
        }
    }
}

/// Slices that are only read, and slices that are written, by the parameters that stand for them.
pub(super) fn shared(kernel: &LoopKernel, slots: &Slots) -> (Vec<usize>, Vec<usize>) {
    let own = |written: bool| {
        let stands = move |(index, param): &(usize, &Param)| slots[*index] == *index && param.written == written;
        kernel.params.iter().enumerate().filter(stands).map(|(index, _)| index).collect()
    };
    (own(false), own(true))
}

/// The name of a parameter's slice.
pub(super) fn param(index: usize) -> Ident {
    Ident::new(&format!("p{index}"), Span::call_site())
}

fn uses_columns(body: &[Stmt]) -> bool {
    body.iter().any(|stmt| match stmt {
        Stmt::For { extent, body, .. } => *extent == Extent::Columns || uses_columns(body),
        _ => false,
    })
}

/// The state of a translation.
pub(super) struct Emitter<'a> {
    pub kernel: &'a LoopKernel,
    pub slots: &'a Slots,
    pub numbers: &'a mut Numbers,
    /// Variables of loops that have one turn: their value is 0.
    pub known: Vec<bool>,
    /// The variable whose turns are lanes.
    pub lanes: Option<Var>,
    /// Locals with one value per lane.
    pub wide: Vec<bool>,
    pub assigned: Vec<bool>,
    /// Folds so far, for their names.
    pub folds: usize,
    /// Loops of folds that the present statement needs before it.
    pub before: TokenStream,
    /// Whether the present expression is evaluated only if a condition holds.
    pub is_conditional: bool,
}

impl Emitter<'_> {
    pub fn var(&self, var: Var) -> Ident {
        let name = if var == self.kernel.unit { "u".to_string() } else { format!("i{}", var.0) };
        Ident::new(&name, Span::call_site())
    }

    pub fn local(&self, local: Local) -> Ident {
        Ident::new(&format!("t{}", local.0), Span::call_site())
    }

    /// How many lanes of the present block are turns.
    pub fn count(&self, var: Var) -> Ident {
        Ident::new(&format!("c{}", var.0), Span::call_site())
    }

    pub fn slice(&self, index: u16) -> (Ident, Kind) {
        let index = usize::from(index);
        (param(self.slots[index]), self.kernel.params[index].scalar.into())
    }
}

/// Whether the turns of a loop can run as lanes: every store goes to another element in each, and no fold inside has
/// lanes of its own.
pub(super) fn allows_lanes(var: Var, body: &[Stmt]) -> bool {
    let mut allows = true;
    walk::stores(body, &mut |_, index| allows &= index.factor(var) != 0);
    walk::expressions(body, &mut |expr| allows &= is_plain(expr));
    allows
}

/// The same for the body of a fold.
pub(super) fn turn_allows_lanes(lets: &[(Local, Expr)], body: &Expr) -> bool {
    let mut allows = true;
    let mut visit = |expr: &Expr| allows &= is_plain(expr);
    lets.iter().for_each(|(_, value)| walk::parts(value, &mut visit));
    walk::parts(body, &mut visit);
    allows
}

fn is_plain(expr: &Expr) -> bool {
    !matches!(expr, Expr::Fold { lanes, .. } if *lanes != 1)
}
