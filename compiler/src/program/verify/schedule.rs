//! The order of steps: nothing is read before it was written, states change once, late, and for good.

use super::bounds::reach;
use super::owners::{Held, Owners};
use super::ranges::{Area, area, contracted, copied, mapped, stored, weighed};
use super::steps::{buffer, reaches};
use super::{Fault, Violation};
use crate::prim::{Mode, Role};
use crate::program::places::Extents;
use crate::program::{Buffer, BufferId, Entry, Expr, Extent, Kernel, LoopKernel, Program, Segment, Step, Stmt};
use netc_plan::kernels::contract_pointer;
use std::collections::{BTreeMap, BTreeSet};

/// Whether every buffer lies in its segment.
pub(super) fn check_buffers(program: &Program) -> Result<(), Fault> {
    let sizes = &program.sizes;
    if program.constants.len() != sizes.constants {
        return Err(Fault::Segment);
    }
    for buffer in &program.buffers {
        let size = match buffer.segment {
            Segment::Params => sizes.params,
            Segment::State => sizes.state,
            Segment::Derived => sizes.derived,
            Segment::Arena => sizes.arena,
            Segment::Constants => sizes.constants,
            Segment::Scratch => sizes.scratch,
            Segment::Inputs => sizes.inputs,
            Segment::Outputs => sizes.outputs,
            Segment::Scalars => sizes.scalars,
        };
        if buffer.offset.checked_add(buffer.elements).is_none_or(|end| end > size) {
            return Err(Fault::Segment);
        }
    }
    Ok(())
}

/// Walks all entries in order.
pub(super) fn check(program: &Program) -> Result<(), Violation> {
    let mut walk = Walk::new(program);
    for entry in &program.entries {
        walk.entry(entry)?;
    }
    for (_, _, result) in &program.results {
        walk.read_all(*result).map_err(Violation::from)?;
    }
    Ok(())
}

struct Walk<'a> {
    program: &'a Program,
    owners: BTreeMap<Segment, Owners>,
    replaced: BTreeSet<BufferId>,
    is_judged: bool,
    /// Per kernel, what it loads and stores; filled at first use.
    areas: BTreeMap<u32, KernelAreas>,
}

/// Loads, and areas of stores per parameter.
struct KernelAreas {
    loads: Vec<Load>,
    stores: Vec<(u16, Vec<(i64, i64)>)>,
}

/// What is loaded of a parameter: elements of an area within a hull.
struct Load {
    param: u16,
    low: i64,
    high: i64,
    area: Area,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program) -> Walk<'a> {
        let mut owners: BTreeMap<Segment, Owners> = BTreeMap::new();
        let mut given: Vec<BufferId> = program.inputs.iter().map(|input| input.2).collect();
        given.extend(program.states.iter().map(|state| state.1));
        for (index, buffer) in program.buffers.iter().enumerate() {
            if let Segment::Constants | Segment::Scalars = buffer.segment {
                given.push(BufferId(index as u32));
            }
        }
        for id in given {
            if let Some(buffer) = program.buffers.get(id.0 as usize) {
                let memory = buffer.offset..buffer.offset + buffer.elements;
                owners.entry(buffer.segment).or_default().claim(memory, id).write(0, buffer.elements as i64);
            }
        }
        let is_judged = program.mode != Mode::Step || program.results.iter().all(|(role, ..)| *role != Role::Loss);
        Walk { program, owners, replaced: BTreeSet::new(), is_judged, areas: BTreeMap::new() }
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), Violation> {
        self.owners.entry(Segment::Arena).or_default().clear();
        for (position, step) in entry.steps.iter().enumerate() {
            let within = |fault| Violation { kernel: None, step: Some((entry.name, position)), fault };
            self.step(step, entry.name == "prepare").map_err(within)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, prepares: bool) -> Result<(), Fault> {
        match step {
            Step::Loop { kernel, operands, .. } => {
                let index = kernel.0;
                let kernel = &self.program.kernels[index as usize];
                let areas = self.areas.remove(&index).unwrap_or_else(|| KernelAreas::of(kernel));
                for load in &areas.loads {
                    let (operand, base) = operands[usize::from(load.param)];
                    self.load(operand, base as i64, load)?;
                }
                for (param, runs) in &areas.stores {
                    let (operand, base) = operands[usize::from(*param)];
                    let held = self.claim(operand, prepares)?;
                    for (start, length) in runs {
                        held.write(base as i64 + start, base as i64 + start + length);
                    }
                }
                self.areas.insert(index, areas);
                self.replace(operands.iter().enumerate().filter(|(at, _)| kernel.params[*at].written).map(|x| x.1.0))
            }
            Step::Call { kernel, operands, epilogue, .. } => {
                let reaches = reaches(kernel)?;
                let extra = epilogue.iter().flat_map(|(_, extra)| extra);
                let all: Vec<_> = operands.iter().chain(extra).copied().collect();
                let slots = kernel.shared_floats() > 0;
                for (at, (&(operand, base), reach)) in all.iter().zip(&reaches).enumerate().skip(1) {
                    if slots && at == contract_pointer::SLOTS {
                        self.claim(operand, prepares)?.write(base as i64, base as i64 + reach.high + 1);
                    } else {
                        self.read(operand, base as i64 + reach.low, base as i64 + reach.high)?;
                    }
                }
                let (target, base) = all[0];
                let boxed = |axes: &[netc_plan::Axis; 8]| {
                    Area::new(0, axes.iter().map(|axis| (u64::from(axis.extent), axis.stride)))
                };
                let area = match kernel {
                    Kernel::Contract(plan) => contracted(plan),
                    Kernel::Attend(plan) => boxed(&plan.written()),
                    Kernel::Winograd(plan) => mapped(plan),
                    Kernel::WinogradWeights(plan) => weighed(plan),
                    Kernel::WinogradFilter(plan) => Area::new(0, [(plan.len(), 1)]),
                    Kernel::Copy(plan) => copied(plan),
                    Kernel::Fill(plan) => boxed(&plan.axes),
                    Kernel::Random(plan) => boxed(&plan.axes),
                };
                let held = self.claim(target, prepares)?;
                area.runs(|start, length| held.write(base as i64 + start, base as i64 + start + length));
                self.replace([target].into_iter())
            }
            Step::StopUnlessFinite { buffer } => {
                self.is_judged = true;
                self.read_all(*buffer)
            }
        }
    }

    fn read_all(&mut self, id: BufferId) -> Result<(), Fault> {
        let elements = buffer(self.program, id)?.elements as i64;
        self.read(id, 0, elements - 1)
    }

    fn read(&mut self, id: BufferId, low: i64, high: i64) -> Result<(), Fault> {
        let buffer = buffer(self.program, id)?;
        if self.replaced.contains(&id) {
            return Err(Fault::Order);
        }
        let owners = self.owners.entry(buffer.segment).or_default();
        if owners.holds(id, low, high) { Ok(()) } else { Err(Fault::Uninitialised) }
    }

    /// A load of elements that may lie among others which hold no value yet, as parts of a concatenation do.
    fn load(&mut self, id: BufferId, base: i64, load: &Load) -> Result<(), Fault> {
        let &Load { low, high, ref area, .. } = load;
        let Err(fault) = self.read(id, base + low, base + high) else { return Ok(()) };
        let mut result = if fault == Fault::Uninitialised { Ok(()) } else { Err(fault) };
        area.runs(|start, length| {
            let (start, end) = (start.max(low), (start + length - 1).min(high));
            if result.is_ok() {
                result = self.read(id, base + start, base + end);
            }
        });
        result
    }

    /// A buffer that may be written now, as the owner of its memory.
    fn claim(&mut self, id: BufferId, prepares: bool) -> Result<&mut Held, Fault> {
        let Buffer { segment, offset, elements, .. } = *buffer(self.program, id)?;
        match segment {
            Segment::Arena | Segment::Outputs | Segment::Scratch => {}
            Segment::Derived if prepares => {}
            Segment::Params | Segment::State if self.program.mode == Mode::Step => {
                if !self.is_judged || self.replaced.contains(&id) {
                    return Err(Fault::Order);
                }
            }
            _ => return Err(Fault::ReadOnly),
        }
        Ok(self.owners.entry(segment).or_default().claim(offset..offset + elements, id))
    }

    /// States among these have their new version now. The copies of one value may write it in parts.
    fn replace(&mut self, written: impl Iterator<Item = BufferId>) -> Result<(), Fault> {
        for id in written {
            if let Segment::Params | Segment::State = buffer(self.program, id)?.segment {
                self.replaced.insert(id);
            }
        }
        Ok(())
    }
}

impl KernelAreas {
    fn of(kernel: &LoopKernel) -> KernelAreas {
        let mut loads = Vec::new();
        let mut vars: Extents = vec![(kernel.unit, kernel.units)];
        block(&kernel.body, &mut vars, &mut loads);
        let stores = stored(kernel).into_iter().map(|(param, area)| {
            let mut runs = Vec::new();
            area.runs(|start, length| runs.push((start, length)));
            (param, runs)
        });
        KernelAreas { stores: stores.collect(), loads }
    }
}

fn block(body: &[Stmt], vars: &mut Extents, loads: &mut Vec<Load>) {
    for stmt in body {
        match stmt {
            Stmt::For { var, extent, body, .. } => {
                vars.push((*var, if let Extent::Fixed(extent) = extent { *extent } else { super::kernel::COLUMNS }));
                block(body, vars, loads);
                vars.pop();
            }
            Stmt::Let { value, .. } | Stmt::Assign { value, .. } | Stmt::Store { value, .. } => {
                expr(value, vars, loads);
            }
        }
    }
}

fn expr(value: &Expr, vars: &mut Extents, loads: &mut Vec<Load>) {
    match value {
        Expr::F32(_) | Expr::I32(_) | Expr::Read(_) | Expr::Position(_) => {}
        Expr::Load { param, index, bounds, .. } => {
            if let Ok(Some((low, high))) = reach(index, bounds, vars) {
                loads.push(Load { param: *param, low, high, area: area(index, vars) });
            }
        }
        Expr::Unary(_, x) | Expr::ToF32(x) | Expr::ToI32(x) => expr(x, vars, loads),
        Expr::Binary(_, x, y) => [x, y].into_iter().for_each(|part| expr(part, vars, loads)),
        Expr::Select(c, x, y) => [c, x, y].into_iter().for_each(|part| expr(part, vars, loads)),
        Expr::Fold { var, extent, lets, body, .. } => {
            vars.push((*var, *extent));
            lets.iter().for_each(|(_, value)| expr(value, vars, loads));
            expr(body, vars, loads);
            vars.pop();
        }
    }
}
