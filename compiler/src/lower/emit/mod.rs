//! From values of the primitive graph to expressions of a generated kernel.
//!
//! The emitter *pulls*: the value of a node at symbolic coordinates is an expression over the values of its inputs at
//! coordinates that follow from the node, down to loads of stored values. What does not depend on the innermost loops
//! lands in the outermost scope that knows its coordinates, so a reduction over a row is computed once per row.
//!
//! Coordinates are affine in loop variables. Where a node needs more (a reshape that cuts an axis, a stride that must
//! divide a coordinate), the emitter refuses with what it needs; the driver splits the loop in question or stores the
//! value, and emits again.

mod epilogue;
mod guard;
mod map;
mod nest;
mod reduce;
mod spread;
mod view;
mod window;

pub(crate) use epilogue::{Finish, emit_epilogue};
pub(crate) use nest::{Emitted, emit_loops};

use super::layout::Place;
use crate::prim::{Prim, PrimGraph, Source, ValueId};
use crate::program::affine::Affine;
use crate::program::{Bound, BufferId, Expr, Local, Scalar, Stmt, Var};
use crate::types::DType;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

/// Where values can be loaded from.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The place of each stored value and source.
    pub of: Vec<Option<Place>>,
    /// Row-major copies of stored values.
    pub plain: BTreeMap<ValueId, Place>,
    /// For each value: whether it is computed again rather than loaded.
    pub repeated: Vec<bool>,
    /// For each value: whether axis 1 is innermost.
    pub last: Vec<bool>,
}

/// Why coordinates cannot be expressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A loop must be split, into blocks of so many turns or by remainders of a divisor, for this value.
    Split(Origin, Split, ValueId),
    /// This value must be stored, row-major if it is stored already.
    Store(ValueId),
}

/// What a loop variable counts: a digit of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Of the kernel's outputs.
    Output { axis: usize, digit: usize },
    /// Of the input of a reduction.
    Fold { of: ValueId, axis: usize, digit: usize },
    /// Of nothing that could be split.
    Inner,
}

/// How an axis becomes loops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// Blocks of so many turns.
    Block(u32),
    /// One loop per remainder of this divisor.
    Remainders(u32),
}

/// Extents of the loops of an axis, or its divisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loops {
    Digits(Vec<u32>),
    Remainders(u32),
}

/// Splits found necessary so far, by axis (digit 0 of the origin).
pub(crate) type Splits = BTreeMap<Origin, Loops>;

/// Conditions under which coordinates are valid, and what loads give elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Guard {
    bounds: Vec<Bound>,
    otherwise: f32,
}

/// A value, or a parameter's element, at coordinates under bounds with a filling.
type Key = (Result<ValueId, u16>, Vec<Affine>, Vec<Bound>, u32);

/// The loops and folds around the current point.
struct Scope {
    is_fold: bool,
    stmts: Vec<Stmt>,
    memo: HashMap<Key, Local>,
}

struct VarInfo {
    extent: u32,
    origin: Origin,
    depth: usize,
}

/// The state of one kernel's emission.
pub(crate) struct Emitter<'a> {
    graph: &'a PrimGraph,
    places: &'a Places,
    /// Stored values that this kernel computes.
    own: Vec<ValueId>,
    /// The contraction whose sum is parameter 0 at these coordinates.
    sum: Option<(ValueId, Affine)>,
    splits: &'a Splits,
    /// Buffers in the order of the kernel's parameters, and whether they are written.
    touched: Vec<(BufferId, bool)>,
    vars: Vec<VarInfo>,
    locals: Vec<Scalar>,
    scopes: Vec<Scope>,
}

impl<'a> Emitter<'a> {
    fn new(graph: &'a PrimGraph, places: &'a Places, own: Vec<ValueId>, splits: &'a Splits) -> Emitter<'a> {
        let root = Scope { is_fold: false, stmts: Vec::new(), memo: HashMap::new() };
        let (touched, vars, locals, scopes) = (Vec::new(), Vec::new(), Vec::new(), vec![root]);
        Emitter { graph, places, own, sum: None, splits, touched, vars, locals, scopes }
    }

    /// The value at these coordinates, valid where the guard holds.
    fn pull(&mut self, value: ValueId, index: &[Affine], guard: &Guard) -> Result<Expr, Refusal> {
        let node = self.graph.node(value);
        if let Some((_, column)) = self.sum.clone().filter(|(sum, _)| *sum == value) {
            return Ok(Expr::Load { param: 0, index: column, bounds: Vec::new(), otherwise: 0.0 });
        }
        if let Some(place) = self.place(value) {
            let address = address(&place.layout.strides, place.layout.base, index);
            return Ok(self.load(value, place.buffer, address, guard));
        }
        match &node.prim {
            Prim::Source(Source::Fill(number)) => Ok(constant(*number, node.ty.dtype)),
            Prim::View(view) => self.pull_view(value, view, index, guard),
            Prim::Detach => self.pull(node.inputs[0], index, guard),
            _ => {
                let kind = scalar(node.ty.dtype);
                self.remember(Ok(value), kind, index, guard, |emitter| emitter.compute(value, index, guard))
            }
        }
    }

    fn compute(&mut self, value: ValueId, index: &[Affine], guard: &Guard) -> Result<Expr, Refusal> {
        let node = self.graph.node(value);
        match &node.prim {
            Prim::Map(program) => self.map(value, program, index, guard),
            Prim::Reduce { op, axes } => self.reduce(value, *op, axes, index, guard),
            Prim::Window { op, geometry } => self.window(value, *op, geometry, index, guard),
            Prim::Pad { low, interior, value: filling, .. } => self.pad(value, (low, interior), *filling, index, guard),
            Prim::Contract { .. }
            | Prim::Conv { .. }
            | Prim::Attend { .. }
            | Prim::Random { .. }
            | Prim::Concat { .. } => Err(Refusal::Store(value)),
            Prim::Source(_) | Prim::View(_) | Prim::Detach => unreachable!("read without computing"),
        }
    }

    /// Where a value can be loaded from, if it is not computed here.
    fn place(&self, value: ValueId) -> Option<&'a Place> {
        if self.places.repeated[value.0 as usize] || self.own.contains(&value) {
            return None;
        }
        let places: &'a Places = self.places;
        // Other values have a copy for reshapes alone.
        let is_turned = self.graph.node(value).prim.is_weight_gradient();
        let copy = places.plain.get(&value).filter(|_| is_turned);
        copy.or(places.of[value.0 as usize].as_ref())
    }

    fn load(&mut self, value: ValueId, buffer: BufferId, index: Affine, guard: &Guard) -> Expr {
        let param = self.param(buffer, false);
        let kind = scalar(self.graph.ty(value).dtype);
        let Guard { bounds, otherwise } = guard.clone();
        let expr = Expr::Load { param, index: index.clone(), bounds, otherwise };
        let loaded: Result<Expr, Infallible> = self.remember(Err(param), kind, &[index], guard, |_| Ok(expr));
        let Ok(loaded) = loaded;
        loaded
    }

    /// The parameter for a buffer.
    fn param(&mut self, buffer: BufferId, written: bool) -> u16 {
        let known = self.touched.iter().position(|&touched| touched == (buffer, written));
        let at = known.unwrap_or_else(|| {
            self.touched.push((buffer, written));
            self.touched.len() - 1
        });
        at as u16
    }

    /// Computes in the outermost scope that knows the coordinates, once.
    fn remember<E>(
        &mut self,
        what: Result<ValueId, u16>,
        kind: Scalar,
        index: &[Affine],
        guard: &Guard,
        compute: impl FnOnce(&mut Self) -> Result<Expr, E>,
    ) -> Result<Expr, E> {
        // A sum has its own value in each column even if the coordinates do not say so.
        let depth = match (what, &self.sum) {
            (Ok(_), Some(_)) => self.scopes.len() - 1,
            _ => self.depth(index, &guard.bounds),
        };
        let key = (what, index.to_vec(), guard.bounds.clone(), guard.otherwise.to_bits());
        if let Some(&local) = self.scopes[depth].memo.get(&key) {
            return Ok(Expr::Read(local));
        }
        let inner = self.scopes.split_off(depth + 1);
        let expr = compute(self);
        let expr = expr.map(|expr| match expr {
            Expr::F32(_) | Expr::I32(_) => expr,
            Expr::Read(local) => {
                self.scopes[depth].memo.insert(key, local);
                expr
            }
            expr => {
                let local = self.define(kind, expr);
                self.scopes[depth].memo.insert(key, local);
                Expr::Read(local)
            }
        });
        self.scopes.extend(inner);
        expr
    }

    /// A new local of the innermost scope.
    fn define(&mut self, scalar: Scalar, value: Expr) -> Local {
        let local = Local(self.locals.len() as u16);
        self.locals.push(scalar);
        self.innermost().push(Stmt::Let { local, value });
        local
    }

    fn innermost(&mut self) -> &mut Vec<Stmt> {
        &mut self.scopes.last_mut().expect("the root scope stays").stmts
    }

    /// A new variable, whose scope is opened.
    fn open(&mut self, extent: u32, origin: Origin, is_fold: bool) -> Var {
        let var = Var(self.vars.len() as u16);
        self.vars.push(VarInfo { extent, origin, depth: self.scopes.len() });
        self.scopes.push(Scope { is_fold, stmts: Vec::new(), memo: HashMap::new() });
        var
    }

    /// Ends the innermost scope.
    fn close(&mut self) -> Vec<Stmt> {
        self.scopes.pop().expect("scopes are closed once").stmts
    }

    /// The depth of the innermost scope whose variable occurs.
    fn depth(&self, index: &[Affine], bounds: &[Bound]) -> usize {
        let affines = index.iter().chain(bounds.iter().map(|bound| &bound.index));
        let vars = affines.flat_map(|affine| &affine.terms).map(|&(var, _)| self.vars[usize::from(var.0)].depth);
        vars.max().unwrap_or(0)
    }

    /// The smallest and the largest value of an affine form.
    fn interval(&self, affine: &Affine) -> (i64, i64) {
        affine.terms.iter().fold((affine.constant, affine.constant), |(low, high), &(var, factor)| {
            let reach = factor * i64::from(self.vars[usize::from(var.0)].extent - 1);
            (low + reach.min(0), high + reach.max(0))
        })
    }
}

/// base + Σ stride · coordinate
pub(crate) fn address(strides: &[i64], base: i64, index: &[Affine]) -> Affine {
    let start = Affine::constant(base);
    strides.iter().zip(index).fold(start, |sum, (&stride, position)| sum.plus(position, stride))
}

/// A number of an element type.
fn constant(number: f64, dtype: DType) -> Expr {
    match scalar(dtype) {
        Scalar::F32 => Expr::F32(number as f32),
        Scalar::I32 => Expr::I32(number as i32),
    }
}

/// How an element type is stored.
pub(crate) fn scalar(dtype: DType) -> Scalar {
    match dtype {
        DType::F32 | DType::F64 => Scalar::F32,
        DType::Bool | DType::Int { .. } => Scalar::I32,
    }
}
