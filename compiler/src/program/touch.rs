//! Which buffers a step touches, and whether two parameters of a kernel may share memory.

use super::affine::Affine;
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

/// Whether parameter `written` may have the memory of parameter `read`: it is stored in one place, and every load of
/// the other is of the same element, in the same turn, before the store.
pub fn may_share(kernel: &LoopKernel, written: u16, read: u16) -> bool {
    let mut found: Vec<&Affine> = Vec::new();
    stores(&kernel.body, &mut |param, index| {
        if param == written {
            found.push(index);
        }
    });
    let (&[index], Some(block)) = (&found[..], block_of(&kernel.body, written)) else { return false };
    let (mut all, mut apt) = (0, 0);
    expressions(&kernel.body, &mut |expr| all += u32::from(loads(expr, read)));
    for stmt in block {
        let value = match stmt {
            Stmt::For { .. } => continue,
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => value,
        };
        apt += same_loads(value, read, index);
        if matches!(stmt, Stmt::Store { param, .. } if *param == written) {
            break;
        }
    }
    all == apt
}

fn loads(expr: &Expr, read: u16) -> bool {
    matches!(expr, Expr::Load { param, .. } if *param == read)
}

/// Loads of exactly this element.
fn same_loads(expr: &Expr, read: u16, index: &Affine) -> u32 {
    let mut count = 0;
    parts(expr, &mut |part| {
        count += u32::from(matches!(part, Expr::Load { param, index: own, .. } if *param == read && own == index));
    });
    count
}

/// The statements among which a parameter is stored.
fn block_of(body: &[Stmt], written: u16) -> Option<&[Stmt]> {
    if body.iter().any(|stmt| matches!(stmt, Stmt::Store { param, .. } if *param == written)) {
        return Some(body);
    }
    body.iter().find_map(|stmt| match stmt {
        Stmt::For { body, .. } => block_of(body, written),
        _ => None,
    })
}
