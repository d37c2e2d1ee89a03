//! Steps against memory: operands fit, every element is written before it is read, in-place steps are safe.

use super::kernel::{COLUMNS, Facts, Touched};
use super::units::Apart;
use crate::program::{BufferId, Extent, KernelId, LoopKernel, Program, Scalar, Segment, Step, Stmt};
use netc_plan::kernels::contract_pointer;
use netc_plan::{Kernel, Reach};
use std::collections::BTreeMap;

/// What each segment holds at a point of the schedule.
pub(super) struct Memory<'p> {
    program: &'p Program,
    /// Per segment: start → (end, buffer that wrote last), apart from each other.
    written: BTreeMap<Segment, BTreeMap<usize, (usize, BufferId)>>,
    entry: &'p str,
}

/// One operand of a step: the buffer's elements from `first + low` to `first + high`.
struct Use {
    buffer: BufferId,
    first: usize,
    touched: Touched,
    apart: Apart,
}

/// Segments that a step writes to.
pub(super) fn writes<'p>(program: &'p Program, step: &'p Step) -> impl Iterator<Item = Segment> + 'p {
    let buffers: Vec<BufferId> = match step {
        Step::Loop { kernel: KernelId(kernel), operands, .. } => {
            let params = program.kernels.get(*kernel as usize).map_or(&[][..], |kernel| &kernel.params);
            params.iter().zip(operands).filter(|(param, _)| param.written).map(|(_, operand)| operand.0).collect()
        }
        Step::Call { operands, .. } => operands.first().map(|operand| operand.0).into_iter().collect(),
        Step::StopUnlessFinite { .. } => vec![],
    };
    buffers.into_iter().filter_map(|buffer| program.buffers.get(buffer.0 as usize).map(|buffer| buffer.segment))
}

impl<'p> Memory<'p> {
    pub(super) fn new(program: &'p Program) -> Memory<'p> {
        Memory { program, written: BTreeMap::new(), entry: "" }
    }

    /// Entries run one by one: only derived values stay.
    pub(super) fn enter(&mut self, entry: &'p str) {
        self.entry = entry;
        self.written.retain(|segment, _| *segment == Segment::Derived);
    }

    pub(super) fn step(&mut self, step: &Step, facts: &[Facts]) -> Result<(), String> {
        let (uses, units) = match step {
            Step::Loop { kernel, operands, .. } => {
                let (kernel, facts) = self.kernel(*kernel, facts)?;
                if operands.len() != kernel.params.len() {
                    return Err(format!("{} operands for {} parameters", operands.len(), kernel.params.len()));
                }
                if has_columns(&kernel.body) {
                    return Err("an epilogue runs as a step".to_string());
                }
                let mut uses = Vec::new();
                for (index, (&(buffer, first), param)) in operands.iter().zip(&kernel.params).enumerate() {
                    self.fits(buffer, first, param.elements as i64 - 1, Some(param.scalar))?;
                    uses.push(Use { buffer, first, touched: facts.touched[index], apart: facts.apart[index] });
                }
                (uses, kernel.units)
            }
            Step::Call { kernel, operands, epilogue, .. } => {
                (self.call(kernel, operands, epilogue.as_ref(), facts)?, 1)
            }
            Step::StopUnlessFinite { buffer } => {
                let touched = Touched { read: Some((0, 0)), written: None };
                (vec![Use { buffer: *buffer, first: 0, touched, apart: Apart::Trivially }], 1)
            }
        };
        self.shared(&uses, units, matches!(step, Step::Call { .. }))?;
        for used in &uses {
            if let Some(range) = used.touched.read {
                self.read(used.buffer, used.first, range)?;
            }
        }
        for used in &uses {
            if let Some(range) = used.touched.written {
                self.write(used.buffer, used.first, range)?;
            }
        }
        Ok(())
    }

    pub(super) fn read_whole(&self, buffer: BufferId) -> Result<(), String> {
        let elements = self.buffer(buffer)?.elements as i64;
        self.read(buffer, 0, (0, elements - 1))
    }

    fn buffer(&self, buffer: BufferId) -> Result<&'p crate::program::Buffer, String> {
        self.program.buffers.get(buffer.0 as usize).ok_or_else(|| format!("there is no b{}", buffer.0))
    }

    fn kernel<'f>(&self, kernel: KernelId, facts: &'f [Facts]) -> Result<(&'p LoopKernel, &'f Facts), String> {
        let index = kernel.0 as usize;
        self.program.kernels.get(index).zip(facts.get(index)).ok_or_else(|| format!("there is no k{index}"))
    }

    fn fits(&self, buffer: BufferId, first: usize, high: i64, scalar: Option<Scalar>) -> Result<(), String> {
        let known = self.buffer(buffer)?;
        if first as i64 + high >= known.elements as i64 {
            let message =
                format!("b{} has {} elements, element {} is touched", buffer.0, known.elements, first as i64 + high);
            return Err(message);
        }
        match scalar {
            Some(scalar) if scalar != known.scalar => {
                Err(format!("b{} holds {:?}, not {scalar:?}", buffer.0, known.scalar))
            }
            _ => Ok(()),
        }
    }

    /// Checks a call's plan and gives its uses.
    fn call(
        &self,
        kernel: &Kernel,
        operands: &[(BufferId, usize)],
        epilogue: Option<&(KernelId, Vec<(BufferId, usize)>)>,
        facts: &[Facts],
    ) -> Result<Vec<Use>, String> {
        kernel.check().map_err(|error| format!("refused plan: {error:?}"))?;
        let reach = |reach: Result<Reach, netc_plan::PlanError>| {
            reach.map(|reach| (reach.low, reach.high)).map_err(|error| format!("refused plan: {error:?}"))
        };
        let mut hulls = Vec::new();
        let mut table: Vec<(BufferId, usize)> = operands.to_vec();
        match kernel {
            Kernel::Contract(plan) => {
                hulls.extend([reach(plan.reach_c())?, reach(plan.reach_a())?, reach(plan.reach_b())?]);
                if plan.slot_floats() > 0 {
                    hulls.push((0, plan.slot_floats() as i64 - 1));
                }
                for index in 0..plan.operand_count as usize {
                    hulls.push(reach(plan.reach_operand(index))?);
                }
                if let Some((kernel, extra)) = epilogue {
                    self.epilogue(*kernel, plan, facts)?;
                    table.extend(extra);
                }
            }
            Kernel::Copy(plan) => hulls.extend([reach(plan.reach_destination())?, reach(plan.reach_source())?]),
            Kernel::Fill(plan) => hulls.push(reach(plan.reach())?),
            Kernel::Random(plan) => hulls.extend([reach(plan.reach())?, (0, 3)]),
        }
        if table.len() != hulls.len() {
            return Err(format!("{} operands for a kernel that takes {}", table.len(), hulls.len()));
        }
        let slots = matches!(kernel, Kernel::Contract(plan) if plan.slot_floats() > 0);
        let mut uses = Vec::new();
        for (index, (&(buffer, first), &(low, high))) in table.iter().zip(&hulls).enumerate() {
            if first as i64 + low < 0 {
                return Err(format!("b{} is touched {} elements before its start", buffer.0, -(first as i64 + low)));
            }
            self.fits(buffer, first, high, None)?;
            let is_written = index == 0 || (slots && index == contract_pointer::SLOTS);
            let range = Some((low, high));
            let touched = Touched { read: range.filter(|_| !is_written), written: range.filter(|_| is_written) };
            uses.push(Use { buffer, first, touched, apart: Apart::Trivially });
        }
        Ok(uses)
    }

    /// An epilogue touches the columns of its segment and nothing else.
    fn epilogue(&self, kernel: KernelId, plan: &netc_plan::ContractPlan, facts: &[Facts]) -> Result<(), String> {
        let (kernel, facts) = self.kernel(kernel, facts)?;
        if kernel.params.len() != 1 + plan.operand_count as usize || kernel.units != 1 {
            return Err("an epilogue with other operands than its plan".to_string());
        }
        for (index, touched) in facts.touched.iter().enumerate() {
            let last = if index == 0 || plan.operands[index - 1].n == 1 { i64::from(COLUMNS) - 1 } else { 0 };
            for (low, high) in [touched.read, touched.written].into_iter().flatten() {
                if low < 0 || high > last {
                    return Err(format!("an epilogue touches {low}..={high} of operand {index}"));
                }
            }
            if index > 0 && touched.written.is_some() {
                return Err("an epilogue writes to an operand".to_string());
            }
        }
        Ok(())
    }

    /// Operands that share memory and of which one is written: their units must keep apart together.
    fn shared(&self, uses: &[Use], units: u32, is_call: bool) -> Result<(), String> {
        for (index, one) in uses.iter().enumerate() {
            for other in &uses[index + 1..] {
                let (Some(a), Some(b)) = (self.span(one)?, self.span(other)?) else { continue };
                let apart = a.0 != b.0 || a.2 < b.1 || b.2 < a.1;
                let is_written = one.touched.written.is_some() || other.touched.written.is_some();
                if apart || !is_written {
                    continue;
                }
                if is_call {
                    return Err(format!("operands b{} and b{} of a call overlap", one.buffer.0, other.buffer.0));
                }
                let (from, to) =
                    (self.buffer(one.buffer)?.offset + one.first, self.buffer(other.buffer)?.offset + other.first);
                let joined = one.apart.join(other.apart.shifted(to as i64 - from as i64));
                if units > 1 && !joined.is_some_and(|joined| joined.holds(units)) {
                    return Err(format!(
                        "units of b{} and b{}, which overlap, are not apart",
                        one.buffer.0, other.buffer.0
                    ));
                }
            }
        }
        Ok(())
    }

    /// Segment, first and last element of a use.
    fn span(&self, used: &Use) -> Result<Option<(Segment, i64, i64)>, String> {
        let buffer = self.buffer(used.buffer)?;
        let start = (buffer.offset + used.first) as i64;
        let hulls = [used.touched.read, used.touched.written].into_iter().flatten();
        let hull = hulls.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        Ok(hull.map(|(low, high)| (buffer.segment, start + low, start + high)))
    }

    fn read(&self, id: BufferId, first: usize, (low, high): (i64, i64)) -> Result<(), String> {
        let buffer = self.buffer(id)?;
        let start = buffer.offset as i64 + first as i64;
        let (begin, end) = ((start + low) as usize, (start + high + 1) as usize);
        match buffer.segment {
            Segment::Inputs | Segment::Scalars | Segment::Constants => return Ok(()),
            Segment::Params | Segment::State => {
                // What was written in this entry is the next step's: nobody may read it as the old version.
                let is_stale = self.overlaps(buffer.segment, begin, end).next().is_some();
                return if is_stale { Err(format!("b{} is read after its update", id.0)) } else { Ok(()) };
            }
            _ => {}
        }
        let mut at = begin;
        for (from, to, owner) in self.overlaps(buffer.segment, begin, end) {
            if from > at || owner != id {
                break;
            }
            at = at.max(to);
        }
        if at < end {
            return Err(format!("b{} ({}) is read at {} before it is written", id.0, buffer.name, at - buffer.offset));
        }
        Ok(())
    }

    fn write(&mut self, id: BufferId, first: usize, (low, high): (i64, i64)) -> Result<(), String> {
        let buffer = self.buffer(id)?;
        let is_allowed = match buffer.segment {
            Segment::Inputs | Segment::Constants | Segment::Scalars => false,
            Segment::Params | Segment::State => self.entry == "step",
            Segment::Derived => self.entry == "prepare",
            Segment::Arena | Segment::Scratch | Segment::Outputs => true,
        };
        if !is_allowed {
            return Err(format!("b{} of {:?} is written in `{}`", id.0, buffer.segment, self.entry));
        }
        let start = buffer.offset as i64 + first as i64;
        let (begin, end) = ((start + low) as usize, (start + high + 1) as usize);
        let old: Vec<(usize, usize, BufferId)> = self.overlaps(buffer.segment, begin, end).collect();
        let map = self.written.entry(buffer.segment).or_default();
        let (mut from, mut to) = (begin, end);
        for (old_from, old_to, owner) in old {
            map.remove(&old_from);
            if owner == id {
                from = from.min(old_from);
                to = to.max(old_to);
                continue;
            }
            if old_from < begin {
                map.insert(old_from, (begin, owner));
            }
            if old_to > end {
                map.insert(end, (old_to, owner));
            }
        }
        map.insert(from, (to, id));
        Ok(())
    }

    /// Written ranges that meet `begin..end`, ascending.
    fn overlaps(
        &self,
        segment: Segment,
        begin: usize,
        end: usize,
    ) -> impl Iterator<Item = (usize, usize, BufferId)> + '_ {
        let map = self.written.get(&segment);
        let before = map.and_then(|map| map.range(..begin).next_back()).into_iter();
        let within = map.into_iter().flat_map(move |map| map.range(begin..end));
        before.chain(within).map(|(&from, &(to, owner))| (from, to, owner)).filter(move |&(_, to, _)| to > begin)
    }
}

fn has_columns(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match statement {
        Stmt::For { extent, body, .. } => *extent == Extent::Columns || has_columns(body),
        _ => false,
    })
}
