//! Which entries run as one function, and what that function does: from an entry's steps to its parts.
//!
//! A step of a schedule costs some 30 ns before it computes anything: a call, a plan that is read, strides that are
//! walked. Where all steps together are hardly more than that, they are emitted one behind the other instead, with
//! their numbers in place (`kernel/straight.rs`).

use crate::kernel::{is_by_column, written};
use crate::moves;
use netc_compiler::prim::scalar::Unary;
use netc_compiler::program::{BufferId, Entry, Expr, Extent, LoopKernel, Program, Segment, Step, Stmt};
use netc_plan::kernels::contract_pointer;
use netc_plan::{ContractPlan, Epilogue, Kernel};
use std::borrow::Cow;

/// Most multiply-adds per step. Beyond it the wider vectors of the runtime's products gain more than their calls cost;
/// generated loops have the same vectors here and there.
const PRODUCTS_PER_STEP: u64 = 1 << 13;
/// Most operations in all, some 8 µs of one thread: beyond it a second one would help.
const OPERATIONS: u64 = 1 << 17;
/// Most steps: the function's code grows with them, and is compiled for this program alone.
const STEPS: usize = 64;
/// Most vectors of multiply-adds and of epilogues that are written one by one: some 64 KiB of code.
const WRITTEN: u64 = 1 << 12;
/// Operations of a transcendental function.
const TRANSCENDENTAL: u64 = 16;

/// An entry as one function.
#[derive(Debug)]
pub(crate) struct Straight<'a> {
    pub(crate) parts: Vec<Part<'a>>,
}

/// Segment and element of an operand.
pub(crate) type Place = (Segment, usize);

/// What a step becomes.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    /// A generated kernel, or a copy or fill as one.
    Loops(Cow<'a, LoopKernel>, Vec<Place>),
    /// A product of one chunk.
    Contract {
        plan: &'a ContractPlan,
        /// C, A, B and the operands of a closed epilogue.
        operands: Vec<Place>,
        /// A generated epilogue with its operands beyond C.
        epilogue: Option<(&'a LoopKernel, Vec<Place>)>,
    },
    /// A number that must be finite.
    Judge(Place),
}

impl<'a> Straight<'a> {
    /// The entry's parts, if they are few and small and each is of a kind that can be emitted in place.
    pub(crate) fn of(program: &'a Program, entry: &'a Entry) -> Option<Straight<'a>> {
        if entry.steps.is_empty() || entry.steps.len() > STEPS {
            return None;
        }
        let products = entry.steps.iter().map(|step| match step {
            Step::Call { kernel, .. } => kernel.macs(),
            Step::Loop { .. } | Step::StopUnlessFinite { .. } => 0,
        });
        if products.fold(0, u64::saturating_add) > PRODUCTS_PER_STEP * entry.steps.len() as u64 {
            return None;
        }
        let (mut operations, mut vectors) = (OPERATIONS, WRITTEN);
        let parts = entry.steps.iter().map(|step| {
            let (part, cost) = part(program, step)?;
            operations = operations.checked_sub(cost.operations)?;
            vectors = vectors.checked_sub(cost.written)?;
            Some(part)
        });
        Some(Straight { parts: parts.collect::<Option<_>>()? })
    }

    /// Whether an operand lies in a segment.
    pub(crate) fn uses(&self, segment: Segment) -> bool {
        self.parts.iter().any(|part| {
            let (operands, extra): (&[Place], &[Place]) = match part {
                Part::Loops(_, operands) => (operands, &[]),
                Part::Contract { operands, epilogue, .. } => {
                    (operands, epilogue.as_ref().map_or(&[], |(_, extra)| extra))
                }
                Part::Judge(place) => (std::slice::from_ref(place), &[]),
            };
            operands.iter().chain(extra).any(|&(known, _)| known == segment)
        })
    }

    /// The kernels whose code is part of the function.
    pub(crate) fn kernels(&self) -> impl Iterator<Item = &LoopKernel> {
        self.parts.iter().filter_map(|part| match part {
            Part::Loops(kernel, _) => Some(kernel.as_ref()),
            Part::Contract { epilogue, .. } => epilogue.as_ref().map(|(kernel, _)| *kernel),
            Part::Judge(_) => None,
        })
    }
}

/// What a part costs when it runs, and how much of it is written one by one.
struct Cost {
    operations: u64,
    written: u64,
}

impl From<u64> for Cost {
    /// Of loops, which are written once.
    fn from(operations: u64) -> Cost {
        Cost { operations, written: 0 }
    }
}

fn part<'a>(program: &'a Program, step: &'a Step) -> Option<(Part<'a>, Cost)> {
    let place = |&(buffer, first): &(BufferId, usize)| {
        let buffer = &program.buffers[buffer.0 as usize];
        (buffer.segment, buffer.offset + first)
    };
    let places = |operands: &[_]| operands.iter().map(place).collect::<Vec<_>>();
    Some(match step {
        Step::Loop { kernel, operands, .. } => {
            let kernel = &program.kernels[kernel.0 as usize];
            (Part::Loops(Cow::Borrowed(kernel), places(operands)), operations(kernel).into())
        }
        Step::Call { kernel: Kernel::Contract(plan), operands, epilogue, .. } => {
            let epilogue =
                epilogue.as_ref().map(|(kernel, extra)| (&program.kernels[kernel.0 as usize], places(extra)));
            let is_known = (plan.epilogue == Epilogue::Generated) == epilogue.is_some();
            if plan.chunks() != 1
                || plan.maxima > 0
                || plan.is_by_column()
                || !is_known
                || !has_room(program, plan, operands)
                || epilogue.iter().any(|(kernel, _)| !is_by_column(kernel))
            {
                return None;
            }
            let outputs = plan.macs() / plan.terms();
            let after = epilogue.as_ref().map_or(u64::from(plan.operand_count), |(kernel, _)| operations(kernel));
            let operations = plan.macs().saturating_add(outputs.saturating_mul(after));
            let cost = Cost { operations, written: written(plan, after) };
            (Part::Contract { plan, operands: places(operands), epilogue }, cost)
        }
        Step::Call { kernel: Kernel::Copy(plan), operands, .. } => {
            (Part::Loops(Cow::Owned(moves::copy(plan)), places(operands)), plan.len().into())
        }
        Step::Call { kernel: Kernel::Fill(plan), operands, .. } => {
            (Part::Loops(Cow::Owned(moves::fill(plan)), places(operands)), plan.len().into())
        }
        Step::Call { .. } => return None,
        Step::StopUnlessFinite { buffer } => (Part::Judge(place(&(*buffer, 0))), 1.into()),
    })
}

/// Whether the last columns of B can be read in a whole vector: a packed operand has room for it behind them.
fn has_room(program: &Program, plan: &ContractPlan, operands: &[(BufferId, usize)]) -> bool {
    if !plan.b_panels.is_packed() {
        return true;
    }
    let (Some(&(buffer, first)), Ok(reach)) = (operands.get(contract_pointer::B), plan.reach_b()) else { return false };
    let end = first as i64 + reach.high + i64::from(plan.n.next_multiple_of(4) - plan.n);
    end < program.buffers[buffer.0 as usize].elements as i64
}

/// Operations on single numbers of all units; of an epilogue those of one column.
fn operations(kernel: &LoopKernel) -> u64 {
    u64::from(kernel.units).saturating_mul(statements(&kernel.body))
}

fn statements(body: &[Stmt]) -> u64 {
    let each = body.iter().map(|statement| match statement {
        Stmt::For { extent: Extent::Fixed(extent), body, .. } => u64::from(*extent).saturating_mul(statements(body)),
        Stmt::For { extent: Extent::Columns, body, .. } => statements(body),
        Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => 1 + expression(value),
    });
    each.fold(0, u64::saturating_add)
}

fn expression(expr: &Expr) -> u64 {
    match expr {
        Expr::F32(_) | Expr::I32(_) | Expr::Read(_) => 0,
        Expr::Position(_) | Expr::Load { .. } => 1,
        Expr::Unary(op, x) => expression(x).saturating_add(match op {
            Unary::Exp | Unary::Log | Unary::Tanh | Unary::Sigmoid | Unary::Erf => TRANSCENDENTAL,
            Unary::Neg | Unary::Abs | Unary::Sqrt | Unary::Floor | Unary::Relu | Unary::Not => 1,
        }),
        Expr::ToF32(x) | Expr::ToI32(x) => expression(x).saturating_add(1),
        Expr::Binary(_, x, y) => expression(x).saturating_add(expression(y)).saturating_add(1),
        Expr::Select(c, x, y) => [c, x, y].into_iter().map(|part| expression(part)).fold(1, u64::saturating_add),
        Expr::Fold { extent, lets, body, .. } => {
            let turn = lets.iter().map(|(_, value)| expression(value)).fold(expression(body), u64::saturating_add);
            u64::from(*extent).saturating_mul(turn.saturating_add(1))
        }
    }
}
