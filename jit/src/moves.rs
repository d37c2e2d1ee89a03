//! Copies and fills as loops, for a function that holds all steps of a small entry.

use netc_compiler::program::affine::Affine;
use netc_compiler::program::{Bound, Expr, Extent, LoopKernel, Param, Scalar, Stmt, Var};
use netc_plan::{CopyPlan, FillPlan};

/// The variable of the only unit; axes have the variables that follow.
const UNIT: Var = Var(0);

/// Parameter 0 is the destination, 1 the source.
pub(crate) fn copy(plan: &CopyPlan) -> LoopKernel {
    let (mut to, mut from, mut bounds) = (Affine::default(), Affine::default(), Vec::new());
    for (axis, var) in plan.axes.iter().zip(vars()) {
        let (at, before) = (Affine::var(var), i64::from(axis.before));
        to = to.plus(&at, axis.destination);
        let at = at.offset(-before);
        from = from.plus(&at, axis.source);
        if axis.valid < axis.extent {
            bounds.push(Bound { index: at, extent: axis.valid });
        }
    }
    let value = Expr::Load { param: 1, index: from, bounds, otherwise: 0.0 };
    let axes = plan.axes.map(|axis| (axis.extent, axis.destination));
    kernel("copy", 2, axes, Stmt::Store { param: 0, index: to, value })
}

/// Parameter 0 is the destination.
pub(crate) fn fill(plan: &FillPlan) -> LoopKernel {
    let to =
        plan.axes.iter().zip(vars()).fold(Affine::default(), |to, (axis, var)| to.plus(&Affine::var(var), axis.stride));
    let axes = plan.axes.map(|axis| (axis.extent, axis.stride));
    kernel("fill", 1, axes, Stmt::Store { param: 0, index: to, value: Expr::F32(plan.value) })
}

fn vars() -> impl Iterator<Item = Var> {
    (1..).map(Var)
}

/// The loops around a store, those of the longest strides outermost; the innermost in lanes.
fn kernel(name: &str, params: u16, axes: [(u32, i64); 8], store: Stmt) -> LoopKernel {
    let mut loops: Vec<_> = axes.into_iter().zip(vars()).filter(|((extent, _), _)| *extent > 1).collect();
    loops.sort_by_key(|((_, stride), _)| stride.unsigned_abs());
    let mut body = vec![store];
    for (depth, ((extent, _), var)) in loops.into_iter().enumerate() {
        body = vec![Stmt::For { var, extent: Extent::Fixed(extent), lanes: depth == 0, body }];
    }
    let param = |index| Param { scalar: Scalar::F32, elements: 0, written: index == 0 };
    LoopKernel {
        name: name.to_string(),
        params: (0..params).map(param).collect(),
        unit: UNIT,
        units: 1,
        vars: 1 + axes.len() as u16,
        locals: Vec::new(),
        body,
    }
}
