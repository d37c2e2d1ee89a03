//! Operands of single steps: numbers, types, reach, shared memory.

use super::Fault;
use crate::program::touch::may_share;
use crate::program::{Buffer, BufferId, Kernel, Param, Program, Scalar, Step};
use netc_plan::{Epilogue, Reach};

/// For each kernel whether it is an epilogue; an error if it is used in both ways.
pub(super) fn epilogues(program: &Program) -> Result<Vec<bool>, Fault> {
    let mut uses = vec![(false, false); program.kernels.len()];
    for step in program.entries.iter().flat_map(|entry| &entry.steps) {
        let (kernel, finishes) = match step {
            Step::Loop { kernel, .. } => (kernel, false),
            Step::Call { epilogue: Some((kernel, _)), .. } => (kernel, true),
            _ => continue,
        };
        let known = uses.get_mut(kernel.0 as usize).ok_or(Fault::Missing)?;
        *known = (known.0 | !finishes, known.1 | finishes);
        if *known == (true, true) {
            return Err(Fault::Extent);
        }
    }
    Ok(uses.into_iter().map(|known| known.1).collect())
}

/// Checks a step apart from what came before it.
pub(super) fn check(program: &Program, step: &Step) -> Result<(), Fault> {
    match step {
        Step::Loop { kernel, operands, .. } => {
            let kernel = program.kernels.get(kernel.0 as usize).ok_or(Fault::Missing)?;
            check_params(program, &kernel.params, operands)?;
            for (index, param) in kernel.params.iter().enumerate().filter(|(_, param)| param.written) {
                for (other, operand) in operands.iter().enumerate().filter(|(other, _)| *other != index) {
                    let (own, elsewhere) = (operands[index], *operand);
                    if !overlap(program, (own, param.elements), (elsewhere, kernel.params[other].elements))? {
                        continue;
                    }
                    let same = address(program, own)? == address(program, elsewhere)?;
                    let apt = !kernel.params[other].written && may_share(kernel, index as u16, other as u16);
                    if !same || !apt {
                        return Err(Fault::Overlap);
                    }
                }
            }
            Ok(())
        }
        Step::Call { kernel, operands, epilogue, .. } => {
            kernel.check().map_err(Fault::Plan)?;
            if kernel.scratch_floats() > program.sizes.scratch as u64 {
                return Err(Fault::Segment);
            }
            let reaches = reaches(kernel)?;
            let mut all = operands.clone();
            match (kernel.epilogue(), epilogue) {
                (Some((Epilogue::Generated, count)), Some((finish, extra))) => {
                    let finish = program.kernels.get(finish.0 as usize).ok_or(Fault::Missing)?;
                    if finish.params.len() != extra.len() + 1 || extra.len() != count as usize {
                        return Err(Fault::Operands);
                    }
                    for (index, (param, operand)) in finish.params[1..].iter().zip(extra).enumerate() {
                        let wanted = if column_stride(kernel, index) == 0 { 1 } else { 32 };
                        let own = buffer(program, operand.0)?;
                        if param.elements > wanted || param.scalar != own.scalar || param.written {
                            return Err(Fault::Type);
                        }
                    }
                    all.extend(extra);
                }
                (Some((Epilogue::Generated, _)), None) | (_, Some(_)) => return Err(Fault::Operands),
                (_, None) => {}
            }
            if all.len() != reaches.len() {
                return Err(Fault::Operands);
            }
            for (&(operand, base), reach) in all.iter().zip(&reaches) {
                let elements = buffer(program, operand)?.elements as i64;
                if (base as i64) + reach.low < 0 || base as i64 + reach.high >= elements {
                    return Err(Fault::Bounds);
                }
            }
            if let Kernel::Contract(_)
            | Kernel::Attend(_)
            | Kernel::Winograd(_)
            | Kernel::WinogradFilter(_)
            | Kernel::WinogradWeights(_) = kernel
                && operands.iter().any(|&(operand, _)| buffer(program, operand).is_ok_and(|b| b.scalar != Scalar::F32))
            {
                return Err(Fault::Type);
            }
            for other in 1..all.len() {
                let (c, d) = (shift(all[0], reaches[0]), shift(all[other], reaches[other]));
                if overlap(program, c, d)? {
                    return Err(Fault::Overlap);
                }
            }
            Ok(())
        }
        Step::StopUnlessFinite { buffer: judged } => {
            let Buffer { scalar, elements, .. } = buffer(program, *judged)?;
            if *scalar == Scalar::F32 && *elements == 1 { Ok(()) } else { Err(Fault::Type) }
        }
    }
}

/// Elements from one column to the next of an operand of a kernel's generated epilogue.
fn column_stride(kernel: &Kernel, operand: usize) -> i64 {
    match kernel {
        Kernel::Contract(plan) => plan.operands[operand].n,
        Kernel::Winograd(plan) => plan.operands[operand].n,
        _ => 0,
    }
}

/// What a call touches of each operand.
pub(super) fn reaches(kernel: &Kernel) -> Result<Vec<Reach>, Fault> {
    (0..kernel.operands()).map(|operand| kernel.reach(operand).map_err(Fault::Plan)).collect()
}

/// A buffer and where in it an operand begins.
type Operand = (BufferId, usize);

fn check_params(program: &Program, params: &[Param], operands: &[Operand]) -> Result<(), Fault> {
    if params.len() != operands.len() {
        return Err(Fault::Operands);
    }
    for (param, &(operand, base)) in params.iter().zip(operands) {
        let buffer = buffer(program, operand)?;
        if buffer.scalar != param.scalar {
            return Err(Fault::Type);
        }
        if base + param.elements > buffer.elements {
            return Err(Fault::Bounds);
        }
    }
    Ok(())
}

pub(super) fn buffer(program: &Program, id: BufferId) -> Result<&Buffer, Fault> {
    program.buffers.get(id.0 as usize).ok_or(Fault::Missing)
}

/// First element in the segment.
fn address(program: &Program, (id, base): Operand) -> Result<usize, Fault> {
    Ok(buffer(program, id)?.offset + base)
}

fn shift((id, base): Operand, reach: Reach) -> (Operand, usize) {
    ((id, (base as i64 + reach.low) as usize), (reach.high - reach.low + 1) as usize)
}

/// Whether two ranges of operands have an element in common.
fn overlap(program: &Program, x: (Operand, usize), y: (Operand, usize)) -> Result<bool, Fault> {
    if buffer(program, x.0.0)?.segment != buffer(program, y.0.0)?.segment {
        return Ok(false);
    }
    let (first, second) = (address(program, x.0)?, address(program, y.0)?);
    Ok(first < second + y.1 && second < first + x.1)
}
