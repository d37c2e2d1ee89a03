//! The meaning of a contraction, to the bit.

use super::{Element, Memory, for_each_position};
use crate::kernels::{ContractPlan, Epilogue, Panels, contract_pointer};
use crate::winograd::Lane;

/// Computes `plan` on `memory`.
///
/// A generated epilogue is called as `epilogue(memory, offsets, columns)` for each segment of an output row, after the
/// sums were stored: `offsets[0]` is the segment's first element in C (pointer [`contract_pointer::C`]),
/// `offsets[1 + i]` that of operand `i` (pointer [`contract_pointer::OPERANDS`]` + i`). Other kinds never call it.
pub fn contract<M: Memory>(plan: &ContractPlan, memory: &mut M, mut epilogue: impl FnMut(&mut M, &[i64; 9], u32)) {
    let outer_extents = plan.outer.map(|axis| axis.extent);
    for_each_position(outer_extents, |outer| {
        for panel in 0..plan.n.div_ceil(Panels::COLUMNS) {
            let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
            for m in 0..plan.m.extent {
                let offsets = output_offsets(plan, outer, panel, m);
                for lane in 0..columns {
                    let sum = sum(plan, memory, outer, panel, m, lane);
                    let at = offsets[0] + i64::from(lane);
                    let joined = plan.written()..outer.len();
                    let is_first = outer[joined.clone()].iter().all(|&position| position == 0);
                    let is_last = joined.clone().all(|axis| outer[axis] + 1 == plan.outer[axis].extent);
                    let kept = if is_first { sum } else { maximum(memory.load(contract_pointer::C, at), sum) };
                    let value = if is_last { finish(plan, memory, &offsets, lane, kept) } else { kept };
                    memory.store(contract_pointer::C, at, value);
                }
                if plan.epilogue == Epilogue::Generated {
                    epilogue(memory, &offsets, columns);
                }
            }
        }
    });
}

/// The larger of what is stored and a further value; NaN sticks.
pub(super) fn maximum<E: Element>(stored: E, value: E) -> E {
    let is_nan = value.partial_cmp(&value).is_none();
    if stored < value || is_nan { value } else { stored }
}

/// Offsets of C and of the epilogue's operands at the first column of `panel` in row `m`.
fn output_offsets(plan: &ContractPlan, outer: &[u32; 6], panel: u32, m: u32) -> [i64; 9] {
    let mut offsets = [0; 9];
    let at = |panels: Panels, strides: [i64; 6], row: i64| {
        let mut offset = i64::from(panel) * panels.stride + i64::from(m) * panels.scale(row, panel, plan.n);
        for axis in 0..6 {
            offset += i64::from(outer[axis]) * panels.scale_outer(axis, strides[axis], panel, plan.n);
        }
        offset
    };
    offsets[0] = at(plan.c_panels, plan.outer.map(|axis| axis.c), plan.m.c);
    for (index, operand) in plan.operands[..plan.operand_count as usize].iter().enumerate() {
        let panels = operand.columns();
        offsets[1 + index] = at(panels, operand.outer, operand.m);
    }
    offsets
}

/// The sum of one output element: chunks of fused multiply-adds, added in order.
fn sum<M: Memory>(plan: &ContractPlan, memory: &M, outer: &[u32; 6], panel: u32, m: u32, lane: u32) -> M::Element {
    let mut a_base = i64::from(m) * plan.m.a + i64::from(panel * Panels::COLUMNS + lane) * plan.a_column;
    let mut b_base = i64::from(panel) * plan.b_panels.stride + i64::from(lane);
    for (index, (axis, &at)) in plan.outer.iter().zip(outer).enumerate() {
        a_base += i64::from(at) * axis.a;
        b_base += i64::from(at) * plan.b_panels.scale_outer(index, axis.b, panel, plan.n);
    }
    let [t0, t1, t2, t3] = plan.taps;
    let axes = [t0, t1, t2, t3, plan.k];
    let outermost = axes.iter().position(|axis| axis.extent > 1).unwrap_or(4);
    let mut total = None;
    let mut chunk = M::Element::ZERO;
    let mut chunk_index = 0;
    for_each_position(axes.map(|axis| axis.extent), |position| {
        let index = position[outermost].checked_div(plan.chunk).unwrap_or(0);
        if index != chunk_index {
            total = Some(total.map_or(chunk, |total| total + chunk));
            chunk = M::Element::ZERO;
            chunk_index = index;
        }
        let (mut a, mut b) = (a_base, b_base);
        for (axis, &at) in axes.iter().zip(position) {
            a += i64::from(at) * axis.a;
            b += i64::from(at) * plan.b_panels.scale(axis.b, panel, plan.n);
        }
        let (a, b) = (memory.load(contract_pointer::A, a), memory.load(contract_pointer::B, b));
        chunk = a.mul_add(b, chunk);
    });
    total.map_or(chunk, |total| total + chunk)
}

/// The closed set of epilogues on one sum; a generated one leaves it as it is.
fn finish<M: Memory>(plan: &ContractPlan, memory: &M, offsets: &[i64; 9], lane: u32, sum: M::Element) -> M::Element {
    plan.epilogue.finish(sum, |index| {
        let offset = offsets[1 + index] + plan.operands[index].n * i64::from(lane);
        memory.load(contract_pointer::OPERANDS + index, offset)
    })
}
