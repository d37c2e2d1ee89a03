//! Executes calls of the runtime's kernels by their plans.

use super::column::largest;
use super::kernel::{Base, Frame};
use super::{Memory, base};
use crate::program::{BufferId, Kernel, KernelId, Program};
use netc_plan::kernels::contract_pointer;
use netc_plan::{ContractPlan, Epilogue, Panels, WinogradPlan, reference};

type Operand = (BufferId, usize);

pub(super) fn call(
    program: &Program,
    kernel: &Kernel,
    operands: &[Operand],
    epilogue: Option<&(KernelId, Vec<Operand>)>,
    memory: &mut Memory,
) {
    let bases: Vec<Base> = operands.iter().map(|&operand| base(program, operand)).collect();
    match kernel {
        Kernel::Contract(plan) => contract(program, plan, bases, epilogue, memory),
        Kernel::Attend(plan) => reference::attend(plan, &mut Pointers { bases, memory }),
        Kernel::Winograd(plan) => winograd(program, plan, bases, epilogue, memory),
        Kernel::WinogradWeights(plan) => reference::winograd_weights(plan, &mut Pointers { bases, memory }),
        Kernel::WinogradFilter(plan) => reference::winograd_filter(plan, &mut Pointers { bases, memory }),
        Kernel::Copy(plan) => reference::copy(plan, &mut Pointers { bases, memory }),
        Kernel::Fill(plan) => reference::fill(plan, &mut Pointers { bases, memory }),
        Kernel::Random(plan) => {
            let word = |at: i64| {
                let Base { segment, offset } = bases[1];
                u64::from(memory.segments[segment][(offset + at) as usize].to_bits())
            };
            let (seed, step) = (word(0) | word(1) << 32, word(2) | word(3) << 32);
            reference::random(plan, &mut Pointers { bases, memory }, seed, step);
        }
    }
}

/// A call's pointer table over the interpreter's memory.
struct Pointers<'a> {
    bases: Vec<Base>,
    memory: &'a mut Memory,
}

impl reference::Memory for Pointers<'_> {
    type Element = f32;

    fn load(&self, pointer: usize, offset: i64) -> f32 {
        let base = self.bases[pointer];
        self.memory.segments[base.segment][(base.offset + offset) as usize]
    }

    fn store(&mut self, pointer: usize, offset: i64, value: f32) {
        let base = self.bases[pointer];
        self.memory.segments[base.segment][(base.offset + offset) as usize] = value;
    }
}

fn winograd(
    program: &Program,
    plan: &WinogradPlan,
    mut bases: Vec<Base>,
    epilogue: Option<&(KernelId, Vec<Operand>)>,
    memory: &mut Memory,
) {
    if plan.shared_floats() == 0 {
        bases.insert(contract_pointer::SLOTS, bases[contract_pointer::C]);
    }
    bases.extend(epilogue.iter().flat_map(|(_, extra)| extra).map(|&operand| base(program, operand)));
    let starts = bases.clone();
    reference::winograd(plan, &mut Pointers { bases, memory }, |pointers, offsets, columns| {
        let Some((kernel, extra)) = epilogue else { return };
        let pointer = |index: usize| if index == 0 { 0 } else { contract_pointer::OPERANDS + index - 1 };
        let segment = |index: usize| {
            let Base { segment, offset } = starts[pointer(index)];
            Base { segment, offset: offset + offsets[index] }
        };
        let segments = (0..=extra.len()).map(segment).collect();
        let mut frame = Frame::new(&program.kernels[kernel.0 as usize], segments, pointers.memory);
        frame.columns = columns;
        frame.unit(0);
    });
}

/// The meaning of `reference::contract` with the columns of a panel side by side.
fn contract(
    program: &Program,
    plan: &ContractPlan,
    mut bases: Vec<Base>,
    epilogue: Option<&(KernelId, Vec<Operand>)>,
    memory: &mut Memory,
) {
    if plan.slot_floats() > 0 {
        bases.remove(contract_pointer::SLOTS);
    }
    let (c, a, b) = (bases[0], bases[1], bases[2]);
    let mut operands = bases.split_off(3);
    operands.extend(epilogue.iter().flat_map(|(_, extra)| extra).map(|&operand| base(program, operand)));
    let mut outer = [0u32; 6];
    loop {
        let joined = plan.written()..outer.len();
        let is_first = outer[joined.clone()].iter().all(|&position| position == 0);
        let is_last = joined.clone().all(|axis| outer[axis] + 1 == plan.outer[axis].extent);
        for panel in 0..plan.n.div_ceil(Panels::COLUMNS) {
            let columns = (plan.n - panel * Panels::COLUMNS).min(Panels::COLUMNS);
            let place = |panels: &Panels, stride: i64, inner: &dyn Fn(usize) -> i64| {
                let outside: i64 = (0..6)
                    .map(|axis| i64::from(outer[axis]) * panels.scale_outer(axis, inner(axis), panel, plan.n))
                    .sum();
                i64::from(panel) * stride + outside
            };
            let c_start = c.offset + place(&plan.c_panels, plan.c_panels.stride, &|axis| plan.outer[axis].c);
            let b_start = b.offset + place(&plan.b_panels, plan.b_panels.stride, &|axis| plan.outer[axis].b);
            let a_outer: i64 = (0..6).map(|axis| i64::from(outer[axis]) * plan.outer[axis].a).sum();
            let a_start = a.offset + a_outer + i64::from(panel * Panels::COLUMNS) * plan.a_column;
            for m in 0..plan.m.extent {
                let row = i64::from(m);
                let at = Row { outer, m, a: a_start + row * plan.m.a, b: b_start, panel, columns };
                let sums = sums(plan, memory, (a.segment, b.segment), at);
                let start = c_start + row * plan.c_panels.scale(plan.m.c, panel, plan.n);
                let begin: Vec<Base> = operands
                    .iter()
                    .zip(&plan.operands)
                    .map(|(base, operand)| {
                        let panels = operand.columns();
                        let inner = place(&panels, panels.stride, &|axis| operand.outer[axis]);
                        let offset = base.offset + inner + row * panels.scale(operand.m, panel, plan.n);
                        Base { segment: base.segment, offset }
                    })
                    .collect();
                for (lane, &sum) in sums[..columns as usize].iter().enumerate() {
                    let at = (start + lane as i64) as usize;
                    let kept = if is_first { sum } else { largest(memory.segments[c.segment][at], sum) };
                    let finish = |kept| {
                        plan.epilogue.finish(kept, |index| {
                            let (base, n) = (&begin[index], plan.operands[index].n);
                            memory.segments[base.segment][(base.offset + n * lane as i64) as usize]
                        })
                    };
                    memory.segments[c.segment][at] = if is_last { finish(kept) } else { kept };
                }
                if let (Epilogue::Generated, Some((kernel, _))) = (plan.epilogue, epilogue) {
                    let segment = Base { segment: c.segment, offset: start };
                    let bases = std::iter::once(segment).chain(begin).collect();
                    let mut frame = Frame::new(&program.kernels[kernel.0 as usize], bases, memory);
                    frame.columns = columns;
                    frame.unit(0);
                }
            }
        }
        let Some(axis) = (0..6).rev().find(|&axis| outer[axis] + 1 < plan.outer[axis].extent) else { return };
        outer[axis] += 1;
        outer[axis + 1..].fill(0);
    }
}

/// Where a row of A, at the panel's first column, and a panel of B begin.
#[derive(Clone, Copy)]
struct Row {
    outer: [u32; 6],
    m: u32,
    a: i64,
    b: i64,
    panel: u32,
    columns: u32,
}

/// The sums of one row's columns in a panel: chains of fused multiply-adds per chunk, chunks added in order.
fn sums(plan: &ContractPlan, memory: &Memory, (a, b): (usize, usize), row: Row) -> [f32; 32] {
    let (a, b) = (&memory.segments[a], &memory.segments[b]);
    let [t0, t1, t2, t3] = plan.taps;
    let axes = [t0, t1, t2, t3, plan.k];
    let outermost = axes.iter().position(|axis| axis.extent > 1).unwrap_or(4);
    let width = row.columns as usize;
    let steps = axes.map(|axis| plan.b_panels.scale(axis.b, row.panel, plan.n));
    let mut total: Option<[f32; 32]> = None;
    let mut chunk = [0.0f32; 32];
    let mut position = [0u32; 5];
    let close = |total: Option<[f32; 32]>, chunk: [f32; 32]| match total {
        Some(total) => std::array::from_fn(|lane| total[lane] + chunk[lane]),
        None => chunk,
    };
    loop {
        let mut a_at = row.a + (0..4).map(|axis| i64::from(position[axis]) * axes[axis].a).sum::<i64>();
        let mut b_at = row.b + (0..4).map(|axis| i64::from(position[axis]) * steps[axis]).sum::<i64>();
        for k in 0..plan.k.extent {
            let starts = plan.chunk > 0
                && if outermost == 4 {
                    k > 0 && k % plan.chunk == 0
                } else {
                    k == 0
                        && position[outermost] > 0
                        && position[outermost].is_multiple_of(plan.chunk)
                        && position[outermost + 1..4].iter().all(|&at| at == 0)
                };
            if starts {
                total = Some(close(total, chunk));
                chunk = [0.0; 32];
            }
            let [t0, t1, t2, t3, _] = position;
            let is_beyond = plan.is_beyond(&row.outer, row.m, [t0, t1, t2, t3, k]);
            let line = &b[b_at as usize..b_at as usize + width];
            for (lane, (sum, &b)) in chunk.iter_mut().zip(line).enumerate() {
                let factor = a[(a_at + lane as i64 * plan.a_column) as usize];
                assert!(!is_beyond || factor == 0.0, "a border of {plan} hides {factor}");
                *sum = factor.mul_add(b, *sum);
            }
            a_at += plan.k.a;
            b_at += steps[4];
        }
        let Some(axis) = (0..4).rev().find(|&axis| position[axis] + 1 < axes[axis].extent) else { break };
        position[axis] += 1;
        position[axis + 1..4].fill(0);
    }
    close(total, chunk)
}
