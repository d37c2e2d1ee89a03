//! Small matrix products: rows of at most 32 columns as loops over lanes, with the epilogue at their end.
//!
//! A product of a few thousand terms is done before the tiles of a large one are chosen. The bits are the same: each
//! element is the chain of its plan.

use core::marker::PhantomData;

use netc_plan::{ContractPlan, Epilogue as Closed, Panels};

use super::epilogue::{Epilogue, Segment};
use crate::lanes::{self, Float, Lanes, Mask, blocks};

/// Most multiply-adds of a small product.
const MOST: u64 = 4096;
/// Most operands of its epilogue.
const EXTRA: usize = 4;
/// Pointers of a call: C, A, B, operands.
pub(super) const POINTERS: usize = 3 + EXTRA;

/// An extent, and two strides in elements.
#[derive(Clone, Copy, Debug)]
struct Walk {
    extent: u32,
    first: isize,
    second: isize,
}

/// A product without outer axes and taps, in one panel and one chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct SmallPlan {
    /// Rows in A and C.
    rows: Walk,
    columns: u32,
    /// Terms in A and B.
    terms: Walk,
    epilogue: Closed,
    operand_count: u32,
    /// Strides of operands over rows, and whether they have an element per column.
    operands: [(isize, bool); EXTRA],
}

impl SmallPlan {
    /// A plan that was checked, if it is small.
    pub const fn of(plan: &ContractPlan) -> Option<Self> {
        let mut axis = 0;
        while axis < plan.taps.len() {
            if plan.taps[axis].extent != 1 {
                return None;
            }
            axis += 1;
        }
        let macs = plan.m.extent as u64 * plan.n as u64 * plan.k.extent as u64;
        let is_flat =
            plan.outer_positions() == 1 && plan.maxima == 0 && plan.chunks() == 1 && plan.n <= Panels::COLUMNS;
        if !is_flat || plan.is_by_column() || macs > MOST || plan.operand_count as usize > EXTRA {
            return None;
        }
        let mut operands = [(0, false); EXTRA];
        let mut index = 0;
        while index < plan.operand_count as usize {
            let operand = &plan.operands[index];
            let panels = operand.columns();
            operands[index] = (panels.scale(operand.m, 0, plan.n) as isize, operand.n != 0);
            index += 1;
        }
        Some(Self {
            rows: Walk {
                extent: plan.m.extent,
                first: plan.m.a as isize,
                second: plan.c_panels.scale(plan.m.c, 0, plan.n) as isize,
            },
            columns: plan.n,
            terms: Walk {
                extent: plan.k.extent,
                first: plan.k.a as isize,
                second: plan.b_panels.scale(plan.k.b, 0, plan.n) as isize,
            },
            epilogue: plan.epilogue,
            operand_count: plan.operand_count,
            operands,
        })
    }

    /// Pointers that a call gives.
    pub const fn pointers(&self) -> usize {
        3 + self.operand_count as usize
    }
}

/// Runs a small product.
///
/// # Safety
/// The pointers are C, A, B and the operands of the plan's epilogue, which is `E`'s if it is generated, and reach as
/// far as the plan says; nobody else uses C meanwhile.
pub(super) type SmallFn = unsafe fn(&SmallPlan, &[*mut f32; POINTERS]);

/// What follows the sums of a row.
trait Ending {
    /// # Safety
    /// `row` points to the row's C and operands.
    unsafe fn end<L: Lanes>(plan: &SmallPlan, row: &[*mut f32; 1 + EXTRA]);
}

/// A generated epilogue.
struct Generated<E>(PhantomData<E>);

impl<E: Epilogue> Ending for Generated<E> {
    #[inline(always)]
    unsafe fn end<L: Lanes>(plan: &SmallPlan, row: &[*mut f32; 1 + EXTRA]) {
        // SAFETY: by the caller's promise; that operands fit the epilogue was checked when the call was prepared.
        E::run::<L>(unsafe { Segment::new(row.as_ptr(), plan.columns as usize, E::OPERANDS) });
    }
}

/// One of the closed set, or none.
struct OfPlan;

impl Ending for OfPlan {
    #[inline(always)]
    unsafe fn end<L: Lanes>(plan: &SmallPlan, row: &[*mut f32; 1 + EXTRA]) {
        if let Closed::None = plan.epilogue {
            return;
        }
        let columns = plan.columns as usize;
        // SAFETY: a row of C is written by this call alone.
        let c = unsafe { core::slice::from_raw_parts_mut(row[0], columns) };
        for (at, count) in blocks(columns) {
            let mut value = L::F::load(c, at);
            let (gate, zero) = (plan.epilogue.gate(), L::F::splat(0.0));
            for index in 0..plan.operand_count as usize {
                let is_wide = plan.operands[index].1;
                let length = if is_wide { columns } else { 1 };
                // SAFETY: an operand has an element per column, or one.
                let operand = unsafe { core::slice::from_raw_parts(row[1 + index].cast_const(), length) };
                let operand = if is_wide { L::F::load(operand, at) } else { L::F::splat(operand[0]) };
                value = if gate == Some(index) { zero.less(operand).select(value, zero) } else { value + operand };
            }
            let value = if plan.epilogue.rectifies() { value.relu() } else { value };
            value.store(c, at, count);
        }
    }
}

struct Small<'a, D> {
    plan: &'a SmallPlan,
    pointers: &'a [*mut f32; POINTERS],
    ending: PhantomData<D>,
}

impl<D: Ending> lanes::Kernel for Small<'_, D> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { plan, pointers, .. } = self;
        let [c, a, b, operands @ ..] = *pointers;
        let columns = plan.columns as usize;
        for row in 0..plan.rows.extent as isize {
            let a = a.wrapping_offset(row * plan.rows.first);
            let c = c.wrapping_offset(row * plan.rows.second);
            for (at, count) in blocks(columns) {
                let mut sum = L::F::splat(0.0);
                for term in 0..plan.terms.extent as isize {
                    // SAFETY: by the promise of `SmallFn`.
                    let (factor, terms) = unsafe {
                        let terms = b.wrapping_offset(term * plan.terms.second).cast_const();
                        (*a.wrapping_offset(term * plan.terms.first), core::slice::from_raw_parts(terms, columns))
                    };
                    sum = L::F::splat(factor).mul_add_first(L::F::load(terms, at), sum, count);
                }
                // SAFETY: as above; a row of C is written by this call alone.
                sum.store(unsafe { core::slice::from_raw_parts_mut(c, columns) }, at, count);
            }
            let mut ends = [c; 1 + EXTRA];
            for (index, end) in ends[1..].iter_mut().enumerate() {
                *end = operands[index].wrapping_offset(row * plan.operands[index].0);
            }
            // SAFETY: as above.
            unsafe { D::end::<L>(plan, &ends) };
        }
    }
}

/// A small product with a generated epilogue.
///
/// # Safety
/// As [`SmallFn`] says.
pub(super) unsafe fn generated<E: Epilogue>(plan: &SmallPlan, pointers: &[*mut f32; POINTERS]) {
    lanes::dispatch(Small { plan, pointers, ending: PhantomData::<Generated<E>> });
}

/// A small product with an epilogue of the closed set.
///
/// # Safety
/// As [`SmallFn`] says.
pub(super) unsafe fn closed(plan: &SmallPlan, pointers: &[*mut f32; POINTERS]) {
    lanes::dispatch(Small { plan, pointers, ending: PhantomData::<OfPlan> });
}
