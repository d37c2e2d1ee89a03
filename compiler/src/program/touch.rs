//! Which buffers a step touches, and whether two parameters of a kernel may share memory.

use super::affine::Affine;
use super::places::{around, distinct};
use super::walk::{expressions, parts, stores};
use super::{BufferId, Expr, LoopKernel, Step, Stmt};
use netc_plan::kernels::contract_pointer;

/// A buffer that a step reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Which.
    pub buffer: BufferId,
    /// Whether it is written; else it is read.
    pub writes: bool,
}

impl Step {
    /// The buffers of a step, in the order of its operands.
    pub fn touched<'a>(&'a self, kernels: &'a [LoopKernel]) -> impl Iterator<Item = Touch> + 'a {
        let (operands, written, extra): (&[_], Vec<bool>, _) = match self {
            Step::Loop { kernel, operands, .. } => {
                let written = kernels[kernel.0 as usize].params.iter().map(|param| param.written).collect();
                (operands, written, None)
            }
            Step::Call { kernel, operands, epilogue, .. } => {
                let slots = (kernel.shared_floats() > 0).then_some(contract_pointer::SLOTS);
                let written = (0..operands.len()).map(|operand| operand == 0 || Some(operand) == slots).collect();
                (operands, written, epilogue.as_ref())
            }
            Step::StopUnlessFinite { .. } => (&[], Vec::new(), None),
        };
        let own = operands.iter().zip(written).map(|(&(buffer, _), writes)| Touch { buffer, writes });
        let extra = extra.into_iter().flat_map(move |(kernel, operands)| {
            let params = &kernels[kernel.0 as usize].params[1..];
            operands.iter().zip(params).map(|(&(buffer, _), param)| Touch { buffer, writes: param.written })
        });
        let judged = match self {
            Step::StopUnlessFinite { buffer } => Some(Touch { buffer: *buffer, writes: false }),
            Step::Loop { .. } | Step::Call { .. } => None,
        };
        own.chain(extra).chain(judged)
    }
}

/// Whether parameter `written` may have the memory of parameter `read`: all stores of the one stand in one block and
/// give distinct elements, and every load of the other is of an element that the same turn stores, not before the load.
pub fn may_share(kernel: &LoopKernel, written: u16, read: u16) -> bool {
    let Some((vars, block)) = around(kernel, written) else { return false };
    let mut pending: Vec<&Affine> = block.iter().filter_map(|stmt| stored(stmt, written)).collect();
    let (mut everywhere, mut all, mut apt) = (0, 0, 0);
    stores(&kernel.body, &mut |param, _| everywhere += usize::from(param == written));
    if everywhere != pending.len() || !distinct(&pending, &vars) {
        return false;
    }
    expressions(&kernel.body, &mut |expr| all += u32::from(loads(expr, read)));
    for stmt in block {
        if let Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } = stmt {
            apt += apt_loads(value, read, &pending);
        }
        if stored(stmt, written).is_some() {
            pending.remove(0);
        }
    }
    all == apt
}

/// Where a statement stores this parameter, if it does.
fn stored(stmt: &Stmt, written: u16) -> Option<&Affine> {
    match stmt {
        Stmt::Store { param, index, .. } if *param == written => Some(index),
        _ => None,
    }
}

fn loads(expr: &Expr, read: u16) -> bool {
    matches!(expr, Expr::Load { param, .. } if *param == read)
}

/// Loads of elements that are still to be stored.
fn apt_loads(expr: &Expr, read: u16, pending: &[&Affine]) -> u32 {
    let mut count = 0;
    parts(expr, &mut |part| {
        count +=
            u32::from(matches!(part, Expr::Load { param, index, .. } if *param == read && pending.contains(&index)));
    });
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Extent, Local, Param, Scalar, Var};

    /// Rows of two pairs of elements: `loads` and `stores` of parts of a pair, in the order given.
    fn kernel(statements: &[(&str, i64)]) -> LoopKernel {
        let index = |part| Affine { constant: part, terms: vec![(Var(0), 4), (Var(1), 2)] };
        let param = |written| Param { scalar: Scalar::F32, elements: 12, written };
        let mut locals = 0;
        let body = statements.iter().map(|&(kind, part)| match kind {
            "load" => {
                let value = Expr::Load { param: 0, index: index(part), bounds: Vec::new(), otherwise: 0.0 };
                locals += 1;
                Stmt::Let { local: Local(locals - 1), value }
            }
            _ => Stmt::Store { param: 1, index: index(part), value: Expr::F32(0.0) },
        });
        let body = body.collect();
        LoopKernel {
            name: String::new(),
            params: vec![param(false), param(true)],
            unit: Var(0),
            units: 3,
            vars: 2,
            locals: vec![Scalar::F32; usize::from(locals)],
            body: vec![Stmt::For { var: Var(1), extent: Extent::Fixed(2), lanes: false, body }],
        }
    }

    #[test]
    fn memory_is_shared_where_all_loads_come_before_the_stores_of_their_elements() {
        let shares = |statements: &[(&str, i64)]| may_share(&kernel(statements), 1, 0);
        assert!(shares(&[("load", 0), ("store", 0)]));
        assert!(shares(&[("load", 0), ("load", 1), ("store", 0), ("store", 1)]));
        assert!(shares(&[("load", 0), ("load", 1), ("store", 1), ("store", 0)]));
        assert!(shares(&[("load", 1), ("store", 0), ("store", 1)]));
        assert!(!shares(&[("load", 0), ("store", 0), ("load", 0), ("store", 1)]), "a load after the store");
        assert!(!shares(&[("load", 1), ("store", 0)]), "a load of what another turn stores");
        assert!(!shares(&[("load", 0), ("store", 0), ("store", 2)]), "an element that two turns store");
    }
}
