//! Executes generated kernels, many lanes of a loop at a time.

use super::column::largest;
use super::{Column, Memory};
use crate::program::affine::Affine;
use crate::program::{Bound, Expr, Extent, FoldOp, Local, LoopKernel, Scalar, Stmt, Var};

/// Lanes that are evaluated at once; a multiple of every number of partial results.
const WIDTH: u32 = 256;

/// Where a parameter begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    pub segment: usize,
    pub offset: i64,
}

/// One kernel in execution.
pub(super) struct Frame<'a> {
    kernel: &'a LoopKernel,
    pub bases: Vec<Base>,
    pub memory: &'a mut Memory,
    /// Columns of the current segment, for an epilogue.
    pub columns: u32,
    vars: Vec<i64>,
    /// The variable that counts lanes, whose value is that of the first, and their number.
    lanes: Option<(Var, usize)>,
    locals: Vec<Column>,
}

impl<'a> Frame<'a> {
    pub fn new(kernel: &'a LoopKernel, bases: Vec<Base>, memory: &'a mut Memory) -> Frame<'a> {
        let vars = vec![0; usize::from(kernel.vars)];
        let locals = vec![Column::F32(Vec::new()); kernel.locals.len()];
        Frame { kernel, bases, memory, columns: 0, vars, lanes: None, locals }
    }

    pub fn unit(&mut self, unit: u32) {
        self.vars[usize::from(self.kernel.unit.0)] = i64::from(unit);
        self.block(&self.kernel.body);
    }

    fn block(&mut self, body: &'a [Stmt]) {
        for stmt in body {
            match stmt {
                Stmt::For { var, extent, lanes, body } => {
                    let extent = match extent {
                        Extent::Fixed(extent) => *extent,
                        Extent::Columns => self.columns,
                    };
                    let step = if *lanes && self.lanes.is_none() { WIDTH } else { 1 };
                    let mut first = 0;
                    while first < extent {
                        self.vars[usize::from(var.0)] = i64::from(first);
                        let width = step.min(extent - first);
                        if step > 1 {
                            self.lanes = Some((*var, width as usize));
                        }
                        self.block(body);
                        first += width;
                        if step > 1 {
                            self.lanes = None;
                        }
                    }
                }
                Stmt::Let { local, value } | Stmt::Assign { local, value } => self.define(*local, value),
                Stmt::Store { param, index, value } => {
                    let value = self.expr(value);
                    let Base { segment, offset } = self.bases[usize::from(*param)];
                    let (start, stride) = self.address(index);
                    let target = &mut self.memory.segments[segment];
                    for lane in 0..self.lanes.map_or(1, |lanes| lanes.1) {
                        target[(offset + start + stride * lane as i64) as usize] = value.bits(lane);
                    }
                }
            }
        }
    }

    fn define(&mut self, local: Local, value: &'a Expr) {
        self.locals[usize::from(local.0)] = self.expr(value);
    }

    /// The value at the first lane and the step from lane to lane.
    fn address(&self, affine: &Affine) -> (i64, i64) {
        let start = affine.constant
            + affine.terms.iter().map(|&(var, factor)| factor * self.vars[usize::from(var.0)]).sum::<i64>();
        (start, self.lanes.map_or(0, |(var, _)| affine.factor(var)))
    }

    fn expr(&mut self, expr: &'a Expr) -> Column {
        match expr {
            Expr::F32(value) => Column::F32(vec![*value]),
            Expr::I32(value) => Column::I32(vec![*value]),
            Expr::Read(local) => self.locals[usize::from(local.0)].clone(),
            Expr::Position(affine) => {
                let (start, stride) = self.address(affine);
                let lanes = if stride == 0 { 1 } else { self.lanes.map_or(1, |lanes| lanes.1) };
                Column::I32((0..lanes as i64).map(|lane| (start + stride * lane) as i32).collect())
            }
            Expr::Load { param, index, bounds, otherwise } => self.load(*param, index, bounds, *otherwise),
            Expr::Unary(op, x) => self.expr(x).unary(*op),
            Expr::Binary(op, x, y) => {
                let (x, y) = (self.expr(x), self.expr(y));
                Column::binary(*op, &x, &y)
            }
            Expr::Select(condition, x, y) => {
                let (condition, x, y) = (self.expr(condition), self.expr(x), self.expr(y));
                Column::select(&condition, &x, &y)
            }
            Expr::ToF32(x) => self.expr(x).to_f32(),
            Expr::ToI32(x) => self.expr(x).to_i32(),
            Expr::Fold { op, var, extent, lanes, lets, body } => self.fold(*op, *var, *extent, *lanes, (lets, body)),
        }
    }

    fn load(&self, param: u16, index: &Affine, bounds: &[Bound], otherwise: f32) -> Column {
        let Base { segment, offset } = self.bases[usize::from(param)];
        let scalar = self.kernel.params[usize::from(param)].scalar;
        let otherwise = match scalar {
            Scalar::F32 => otherwise,
            Scalar::I32 => f32::from_bits((otherwise as i32).cast_unsigned()),
        };
        let (start, stride) = self.address(index);
        let bounds: Vec<(i64, i64, i64)> = bounds
            .iter()
            .map(|bound| {
                let (start, stride) = self.address(&bound.index);
                (start, stride, i64::from(bound.extent))
            })
            .collect();
        let is_uniform = stride == 0 && bounds.iter().all(|bound| bound.1 == 0);
        let lanes = if is_uniform { 1 } else { self.lanes.map_or(1, |lanes| lanes.1) };
        let source = &self.memory.segments[segment];
        let element = |lane: usize| {
            let lane = lane as i64;
            let holds = bounds.iter().all(|&(start, stride, extent)| (0..extent).contains(&(start + stride * lane)));
            if holds { source[(offset + start + stride * lane) as usize] } else { otherwise }
        };
        match scalar {
            Scalar::F32 => Column::F32((0..lanes).map(element).collect()),
            Scalar::I32 => Column::I32((0..lanes).map(|lane| element(lane).to_bits().cast_signed()).collect()),
        }
    }

    fn fold(
        &mut self,
        op: FoldOp,
        var: Var,
        extent: u32,
        partials: u32,
        (lets, body): (&'a [(Local, Expr)], &'a Expr),
    ) -> Column {
        let width = self.lanes.map_or(1, |lanes| lanes.1);
        let start = match op {
            FoldOp::Sum => 0.0,
            FoldOp::Max => f32::NEG_INFINITY,
        };
        let join = |x: f32, y: f32| match op {
            FoldOp::Sum => x + y,
            FoldOp::Max => largest(x, y),
        };
        let mut sums = vec![vec![start; width]; partials as usize];
        let is_free = self.lanes.is_none();
        let step = if is_free { WIDTH } else { 1 };
        let mut first = 0;
        while first < extent {
            let turns = step.min(extent - first);
            self.vars[usize::from(var.0)] = i64::from(first);
            if is_free {
                self.lanes = Some((var, turns as usize));
            }
            for (local, value) in lets {
                self.define(*local, value);
            }
            let value = self.expr(body);
            if is_free {
                self.lanes = None;
                for turn in 0..turns {
                    let sum = &mut sums[((first + turn) % partials) as usize][0];
                    *sum = join(*sum, value.float(turn as usize));
                }
            } else {
                let sum = &mut sums[(first % partials) as usize];
                sum.iter_mut().enumerate().for_each(|(lane, sum)| *sum = join(*sum, value.float(lane)));
            }
            first += turns;
        }
        let mut half = partials as usize / 2;
        while half > 0 {
            let (low, high) = sums.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                low.iter_mut().zip(high.iter()).for_each(|(x, &y)| *x = join(*x, y));
            }
            half /= 2;
        }
        Column::F32(sums.swap_remove(0))
    }
}
